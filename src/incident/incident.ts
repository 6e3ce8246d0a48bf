import type { Severity } from "../../detectors/contract.ts";
import type { Evidence } from "./evidence.ts";
import type { Gravity } from "./gravity.ts";
import type { Ledger } from "./ledger.ts";
import type { Life } from "./lifecycle.ts";
import type { PackedLedger } from "./pack.ts";
import type { Witness } from "./sighting.ts";

/** One incident of one lane. Plain and read-only: every change makes a new one. */
export interface Incident {
  readonly id: string;
  readonly swimlane: string;
  readonly life: Life;
  /** First anomalous window when it began; never moves, since with the lane it is the id. */
  readonly startMs: number;
  /** Size of that window. */
  readonly windowSizeMs: number;
  /** Event time at which it was first worth telling; NaN while it never was. */
  readonly openedAtMs: number;
  readonly changedAtMs: number;
  readonly resolvedAtMs: number;
  readonly acknowledgedBy: string;
  readonly ledger: Ledger;
  readonly evidence: readonly Evidence[];
  /** As of the last time it opened or got worse. */
  readonly gravity: Gravity;
  /** How often it has got worse since it opened. */
  readonly worsenedCount: number;
  /** The incident above it, "" when there is none. */
  readonly parentId: string;
}

/** What must survive a restart and is nowhere else in the row. Part of the explanation's JSON, under `memory`. */
export interface IncidentMemory {
  readonly kind: "lane";
  readonly windowSizeMs: number;
  /** Without its witnesses: they are the explanation's `verdicts`. */
  readonly ledger: PackedLedger;
  readonly evidence: readonly Evidence[];
  readonly gravity: Gravity;
}

/** One incident above several lanes' that show the same pattern in the same stretch. */
export interface Group {
  readonly id: string;
  readonly life: Life;
  readonly startMs: number;
  readonly openedAtMs: number;
  readonly changedAtMs: number;
  readonly resolvedAtMs: number;
  readonly acknowledgedBy: string;
  /** By start, then id. */
  readonly children: readonly Child[];
  readonly gravity: Gravity;
  readonly worsenedCount: number;
}

/** As much of an incident as the one above it tells. */
export interface Child {
  readonly id: string;
  readonly swimlane: string;
  readonly live: boolean;
  readonly severityRank: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly members: readonly string[];
  readonly sources: readonly string[];
  readonly verdictCount: number;
  readonly what: string;
  readonly witness: Witness | undefined;
}

export interface GroupMemory {
  readonly kind: "group";
  readonly children: readonly Child[];
  readonly gravity: Gravity;
}

const SEVERITIES: readonly Severity[] = ["info", "warn", "page"];

/** The severity whose rank that is; "info" below all. */
export function severityOf(rank: number): Severity {
  return SEVERITIES[Math.max(0, rank)]!;
}

/** The anomalous stretch, for people: the start moves with re-judged windows though the row's `startMs` does not. */
export function spanOf(incident: Incident): { readonly sinceMs: number; readonly untilMs: number } {
  const seen = incident.ledger.notes.filter((note) => note.sightings.some((s) => s.severity !== "info"));
  const folded = incident.ledger.folded.verdictCount > 0;
  const untilMs = seen.reduce(
    (max, note) => Math.max(max, note.windowStartMs + note.windowSizeMs),
    Number.NEGATIVE_INFINITY,
  );
  const sinceMs = seen.reduce((min, note) => Math.min(min, note.windowStartMs), Number.POSITIVE_INFINITY);
  return {
    sinceMs: folded || seen.length === 0 ? incident.startMs : sinceMs,
    untilMs: seen.length === 0 ? incident.startMs + incident.windowSizeMs : untilMs,
  };
}
