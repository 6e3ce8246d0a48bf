import { createHash } from "node:crypto";
import type { Severity } from "../../detectors/contract.ts";
import type { IncidentRow } from "../store/contract.ts";

/** Lanewatch about itself: it is behind, its store is away, a lane uses up its budget. Never a page about data. */
export interface MonitorAlert {
  /** One of a closed set, such as "ingest-lag"; with it the alert keeps its key. */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence for a person. */
  readonly summary: string;
  /** False ends it. */
  readonly active: boolean;
}

/** The swimlane that the monitor speaks for. */
const MONITOR_LANE = "lanewatch";
const ID_PREFIX = "mon-";

/** Whether an incident's id is one of the monitor's own. */
export function isMonitorId(incidentId: string): boolean {
  return incidentId.startsWith(ID_PREFIX);
}

/**
 * Its key, the same on every replica and after every restart. Receivers may be shared by several installations, which
 * must not end each other's alerts: each has a name.
 */
function idOf(code: string, deployment: string): string {
  const text = deployment === "" ? code : `${deployment}/${code}`;
  return `${ID_PREFIX}${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
}

/** An incident's row for it; not of the table of incidents, since it is about no data. Times are wall clock. */
export function monitorRow(
  alert: MonitorAlert,
  before: IncidentRow | undefined,
  nowMs: number,
  deployment = "",
): IncidentRow {
  const state = alert.active ? "open" : "resolved";
  const goesOn = before !== undefined && before.state === state;
  const startMs = before !== undefined && before.state === "open" ? before.startMs : nowMs;
  return {
    id: idOf(alert.code, deployment),
    swimlane: MONITOR_LANE,
    state,
    severity: alert.severity,
    startMs,
    endMs: nowMs,
    changedAtMs: goesOn ? before.changedAtMs : nowMs,
    resolvedAtMs: alert.active ? Number.NaN : nowMs,
    title: `Lanewatch itself${deployment === "" ? "" : ` (${deployment})`}: ${alert.summary}`,
    members: `*:${alert.code}`,
    verdictCount: 0,
    explanation: JSON.stringify(explanationOf(alert, startMs, nowMs)),
    acknowledgedBy: "",
  };
}

/** The part of an incident's explanation that notifiers read. */
function explanationOf(
  alert: MonitorAlert,
  startMs: number,
  nowMs: number,
): Readonly<Record<string, unknown>> {
  return {
    what: alert.summary,
    where: { swimlane: MONITOR_LANE, sources: [] },
    since: new Date(startMs).toISOString(),
    until: new Date(nowMs).toISOString(),
    howMuch: alert.summary,
    openedAtMs: startMs,
    closing: null,
    worsenedCount: 0,
    parentId: "",
    children: [],
    causes: [],
    together: [],
    verdicts: [],
    sql: [],
    memory: null,
  };
}
