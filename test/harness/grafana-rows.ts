/** A small day of rows in every table that the dashboard reads: two lanes, a fault at 14:00 UTC, one late revision. */
import { OUTCOMES, type OutcomeCounts } from "../../src/decode/outcome.ts";
import { IncidentBook } from "../../src/incident/incident-book.ts";
import type { Segment } from "../../src/segment/manifest.ts";
import { emptyProfile, type Profile } from "../../src/sketch/profile.ts";
import type {
  IncidentRow,
  NotificationRow,
  ProfileRow,
  VerdictRow,
  WindowRow,
} from "../../src/store/contract.ts";

const SIZE_MS = 300_000;
const START_MS = Date.parse("2026-03-02T13:30:00Z");
const FAULT_MS = Date.parse("2026-03-02T14:00:00Z");
const WINDOW_COUNT = 12;
const LANES = [
  { swimlane: "prod", source: "clicks" },
  { swimlane: "prod", source: "views" },
  { swimlane: "it's odd", source: "clicks" },
] as const;

export interface GrafanaRows {
  readonly segments: readonly Segment[];
  readonly windows: readonly WindowRow[];
  readonly profiles: readonly ProfileRow[];
  readonly verdicts: readonly VerdictRow[];
  readonly incidents: readonly IncidentRow[];
  readonly notifications: readonly NotificationRow[];
}

export function grafanaRows(): GrafanaRows {
  const windows = LANES.flatMap((lane) => Array.from({ length: WINDOW_COUNT }, (_, i) => windowRow(lane, i)));
  const book = new IncidentBook();
  const incidents = new Map<string, IncidentRow>();
  const verdicts = windows.flatMap((window) => {
    const seen = book.observe(window, verdictsOf(window));
    for (const row of seen.incidents) incidents.set(row.id, row);
    return seen.verdicts;
  });
  return {
    segments: [0, 1, 2].map(segment),
    windows,
    profiles: windows.flatMap((window) => ["*", "age"].map((feature) => profileRow(window, feature))),
    verdicts,
    incidents: [...incidents.values()],
    notifications: [...incidents.values()].map(notification),
  };
}

function windowRow(lane: (typeof LANES)[number], index: number): WindowRow {
  const windowStartMs = START_MS + index * SIZE_MS;
  const recordCount = isFaulty(lane, windowStartMs) ? 10 : 100;
  const counts = { recordCount, profileCount: 2, segmentCount: 1, mergedAtMs: windowStartMs + SIZE_MS };
  return { ...lane, windowStartMs, windowSizeMs: SIZE_MS, revision: index === 0 ? 2 : 1, ...counts };
}

function isFaulty(
  lane: { readonly swimlane: string; readonly source: string },
  windowStartMs: number,
): boolean {
  return (
    lane.swimlane === "prod" &&
    lane.source === "clicks" &&
    windowStartMs >= FAULT_MS &&
    windowStartMs < FAULT_MS + 3 * SIZE_MS
  );
}

function profileRow(window: WindowRow, feature: string): ProfileRow {
  const { windowStartMs, windowSizeMs, swimlane, source, revision, recordCount } = window;
  const kind = feature === "*" ? "records" : "feature";
  return {
    windowStartMs,
    windowSizeMs,
    swimlane,
    source,
    feature,
    kind,
    revision,
    recordCount,
    profile: profile(recordCount),
  };
}

function profile(recordCount: number): Profile {
  return {
    ...emptyProfile(),
    presentCount: recordCount,
    nullCount: 1,
    zeroCount: 1,
    min: 1,
    max: 9,
    mean: 5,
  };
}

function verdictsOf(window: WindowRow): readonly VerdictRow[] {
  const answer = isFaulty(window, window.windowStartMs) ? "anomalous" : "ok";
  const at = {
    windowStartMs: window.windowStartMs,
    windowSizeMs: SIZE_MS,
    swimlane: window.swimlane,
    source: window.source,
  };
  const common = {
    ...at,
    revision: window.revision,
    answer,
    incidentId: "",
    sketchError: 0,
    significance: 7,
  } as const;
  const numbers = { statistic: 9, threshold: 4, effect: -0.9 };
  return [
    {
      ...common,
      ...numbers,
      feature: "*",
      detector: "volume",
      severity: "page",
      summary: "10 records came where 100 were expected.",
      explanation: '{"expected":100}',
    },
    {
      ...common,
      ...numbers,
      feature: "age",
      detector: "ks",
      severity: "warn",
      summary: "It moved.",
      explanation: '{"reference":"trailing"}',
    },
  ];
}

function segment(index: number): Segment {
  const outcomes = {
    ...Object.fromEntries(OUTCOMES.map((name) => [name, 0])),
    ok: 90,
    late: 4,
    undecodable: 5,
    jumped: 1,
  };
  const key = {
    topic: "clicks",
    partition: 0,
    startOffset: index * 100,
    endOffset: (index + 1) * 100,
    shape: "s",
  };
  const times = {
    startedAtMs: START_MS + index * SIZE_MS,
    eventTimeMinMs: START_MS,
    eventTimeMaxMs: START_MS + SIZE_MS,
  };
  return {
    manifest: { ...key, ...times, rowCount: 0, byteCount: 1_000, outcomes: outcomes as OutcomeCounts },
    profiles: [],
  };
}

function notification(incident: IncidentRow): NotificationRow {
  return {
    incidentId: incident.id,
    notifier: "hook",
    state: "open",
    atMs: FAULT_MS + SIZE_MS,
    outcome: "sent",
    detail: "{}",
  };
}
