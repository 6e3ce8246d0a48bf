/**
 * Does a window keep the owner's own bounds? Asked from the first window, of what was counted, and of nothing else:
 * no past is learned and no page budget spent, so that whatever a limit says, the other rules say what they would.
 */
import type { DistributionSnapshot, Verdict } from "../../detectors/contract.ts";
import type { CompleteWindow } from "../rollup/complete-window.ts";
import { snapshotOf } from "../sketch/snapshot.ts";
import type { VerdictRow, WindowRow } from "../store/contract.ts";
import type { LaneMemory } from "./lane-memory.ts";
import { absentFeature } from "./verdict/absent-feature.ts";
import { limitName } from "./verdict/verdict-name.ts";
import { verdictRow } from "./verdict/verdict-row.ts";

export interface OwnerLimit {
  /** As its owner calls it; its measure by default. */
  readonly name: string;
  /** What is bounded, for the explanation: "null-share". */
  readonly of: string;
  /** As written; "*" is the lane's records as a whole. */
  readonly feature: string;
  readonly pattern: RegExp;
  /** Windows in a row that must break it. */
  readonly for: number;
  /** @param ageMs from the end of the newest window with a value to the end of this one; NaN before the first. */
  judge(held: {
    readonly snapshot: DistributionSnapshot;
    readonly windowSizeMs: number;
    readonly ageMs: number;
  }): Verdict;
}

/** What is remembered of limits. */
export interface LimitMemory {
  /** Windows in a row, up to the newest, that broke each limit with a `for`, by "limit@name feature". */
  runs: Record<string, number>;
  /** End of the newest window with a value, by feature; "*" with a record. */
  lastEndMs: Record<string, number>;
}

const WHOLE = "*";

/** Of limits with one name on one feature the first holds, as with the rules of lanes. */
export function judgeLimits(
  { window, profiles }: CompleteWindow,
  limits: readonly OwnerLimit[],
  memory: LaneMemory,
  muted: boolean,
): VerdictRow[] {
  if (limits.length === 0) return [];
  memory.limits ??= { runs: {}, lastEndMs: {} };
  const own = memory.limits;
  const snapshots = snapshotsOf({ window, profiles }, limits, memory);
  noteValues(window, snapshots, own);
  const rows = new Map<string, VerdictRow>();
  for (const limit of limits) {
    const detector = limitName(limit.name);
    for (const [feature, snapshot] of snapshots) {
      const key = `${detector} ${feature}`;
      if (rows.has(key) || !holds(limit, feature)) continue;
      const ageMs = endOf(window) - (own.lastEndMs[feature] ?? Number.NaN);
      const verdict = limit.judge({ snapshot, windowSizeMs: window.windowSizeMs, ageMs });
      const subject = { window, feature, detector, muted };
      const told = lasting(verdict, limit.for, key, own);
      rows.set(key, verdictRow(subject, told, 0, undefined, { limit: limit.of }));
    }
  }
  return [...rows.values()];
}

function holds(limit: OwnerLimit, feature: string): boolean {
  return limit.feature === WHOLE || feature === WHOLE
    ? limit.feature === feature
    : limit.pattern.test(feature);
}

/** Of what some limit is about, and "*" for the records. A feature that the lane once had lacks in every record. */
function snapshotsOf(
  { window, profiles }: CompleteWindow,
  limits: readonly OwnerLimit[],
  memory: LaneMemory,
): Map<string, DistributionSnapshot> {
  const absent = absentFeature(window.recordCount);
  const snapshots = new Map([[WHOLE, { ...absent, presentCount: window.recordCount }]]);
  const isHeld = (feature: string) => feature !== WHOLE && limits.some((limit) => holds(limit, feature));
  for (const feature of [...Object.keys(memory.features), ...Object.keys(memory.limits?.lastEndMs ?? {})])
    if (isHeld(feature)) snapshots.set(feature, absent);
  for (const { feature, profile, recordCount } of profiles)
    if (isHeld(feature)) snapshots.set(feature, snapshotOf(profile, recordCount));
  return snapshots;
}

function noteValues(
  window: WindowRow,
  snapshots: ReadonlyMap<string, DistributionSnapshot>,
  memory: LimitMemory,
): void {
  for (const [feature, { presentCount, nullCount }] of snapshots)
    if (presentCount > nullCount) memory.lastEndMs[feature] = endOf(window);
}

function endOf({ windowStartMs, windowSizeMs }: WindowRow): number {
  return windowStartMs + windowSizeMs;
}

/** Lets a broken limit speak only from the window on in which it has been broken as often as its owner asks. */
function lasting(verdict: Verdict, windowCount: number, key: string, { runs }: LimitMemory): Verdict {
  if (windowCount === 1) return verdict;
  const run = verdict.answer === "anomalous" ? (runs[key] ?? 0) + 1 : 0;
  if (run === 0) delete runs[key];
  else runs[key] = run;
  if (run === 0) return verdict;
  const summary = `${verdict.summary} (window ${run} in a row, told from ${windowCount} on)`;
  if (run >= windowCount) return { ...verdict, summary };
  return { ...verdict, answer: "ok", severity: "info", certain: false, summary };
}
