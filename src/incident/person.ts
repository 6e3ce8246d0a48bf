/** What people do to an incident through the API. Pure: row in, row out, so that any process may do it. */
import type { IncidentRow } from "../store/contract.ts";
import type { Life } from "./lifecycle.ts";
import { parseObject } from "./sighting.ts";

interface Living {
  readonly life: Life;
  readonly acknowledgedBy: string;
  readonly changedAtMs: number;
  readonly resolvedAtMs: number;
}

export function isLive(incident: Pick<Living, "life">): boolean {
  return incident.life.state !== "resolved";
}

/** Someone has it: no more reminders, though it is told again when it gets worse. Only an open incident changes. */
export function acknowledgeRow(row: IncidentRow, by: string, atMs: number): IncidentRow {
  if (row.state !== "open") return row;
  return { ...row, state: "acknowledged", acknowledgedBy: by, changedAtMs: Math.max(row.changedAtMs, atMs) };
}

/** Ends it by hand. Should the anomaly go on, its next window begins a new incident. */
export function resolveRow(row: IncidentRow, by: string, atMs: number): IncidentRow {
  if (row.state === "resolved") return row;
  const changedAtMs = Math.max(row.changedAtMs, atMs);
  const closing = { reason: "person", text: `${by} resolved it.` };
  const explanation = JSON.stringify({ ...parseObject(row.explanation), closing });
  return { ...row, state: "resolved", changedAtMs, resolvedAtMs: changedAtMs, explanation };
}

/** The incident with what a person did to its row taken over; anything else of the row may be older and is left. */
export function acknowledgedLife<T extends Living>(incident: T, row: IncidentRow): T {
  const { changedAtMs } = row;
  if (row.state === "acknowledged" && incident.life.state === "open") {
    return {
      ...incident,
      life: { state: "acknowledged", closing: undefined },
      acknowledgedBy: row.acknowledgedBy,
      changedAtMs,
    };
  }
  const closing = parseObject(row.explanation)["closing"] as { reason?: unknown } | null | undefined;
  if (row.state === "resolved" && isLive(incident) && closing?.reason === "person") {
    return {
      ...incident,
      life: { state: "resolved", closing: "person" },
      changedAtMs,
      resolvedAtMs: row.resolvedAtMs,
    };
  }
  return incident;
}
