import type { CalendarEvent } from "../audit/known-events.ts";

/** A known event of some lanes. Anomalies within it open no incident; they stay in the table of verdicts. */
export interface LaneEvent extends CalendarEvent {
  /** Glob over swimlanes: "prod", "prod-*". @default "*" */
  readonly swimlane?: string;
}

/** When anomalies become an incident, when it ends, and how much of it is remembered. All times are event time. */
export interface IncidentOptions {
  /** Windows over which an anomaly that is neither certain nor a page must persist. @default 3 */
  readonly persistenceWindows: number;
  /** Of those, how many must be anomalous for the same feature. 1 opens at once. @default 2 */
  readonly persistenceAnomalous: number;
  /** Windows in a row without the anomaly before an incident is resolved. @default 3 */
  readonly resolveWindows: number;
  /** Windows that nobody could judge (insufficient, or none came) before an incident is closed as unobserved. @default 24 */
  readonly unobservedWindowsMax: number;
  /** An effect this many times the one last told has worsened. @default 2 */
  readonly worsenedFactor: number;
  /** Lanes that must show the same pattern before one incident is put above theirs. 0 never groups. @default 2 */
  readonly groupLanes: number;
  /** Starts at most this many windows apart count as the same stretch. @default 3 */
  readonly groupWindows: number;
  /** Windows remembered in detail per incident; older ones are folded into totals and can't be re-judged. @default 32 */
  readonly noteCountMax: number;
  /** Anomalies remembered per window; the rest are counted. @default 50 */
  readonly sightingCountMax: number;
  /** Resolved incidents kept per lane, for late data and for coarser windows that see them again. @default 16 */
  readonly resolvedCountMax: number;
  /** @default none */
  readonly knownEvents: readonly LaneEvent[];
}

export const incidentDefaults: IncidentOptions = {
  persistenceWindows: 3,
  persistenceAnomalous: 2,
  resolveWindows: 3,
  unobservedWindowsMax: 24,
  worsenedFactor: 2,
  groupLanes: 2,
  groupWindows: 3,
  noteCountMax: 32,
  sightingCountMax: 50,
  resolvedCountMax: 16,
  knownEvents: [],
};
