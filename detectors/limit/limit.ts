/**
 * Limit: an owner's own bound on one number of a window. No statistics and no past: what is said is what is meant.
 *
 * It is outside the page budget, which counts what Lanewatch decides by itself. Pure: no clock, no I/O, no randomness.
 */
import type { DistributionSnapshot, Severity, Verdict } from "../contract.ts";
import { insufficient, judged } from "../lib/verdicts.ts";
import { percent, spoken } from "../lib/words.ts";

/** What of a window can be bounded. Shares are of the window's records, in [0, 1]. */
export const LIMIT_MEASURES = [
  "null-share",
  "missing-share",
  "mean",
  "quantile",
  "min",
  "max",
  "count",
  "rate-per-minute",
  "distinct",
  "freshness-minutes",
] as const;

export type LimitMeasure = (typeof LIMIT_MEASURES)[number];

export interface Bound {
  readonly of: LimitMeasure;
  /** Rank of the quantile, in [0, 1]; read for "quantile" alone. */
  readonly q?: number;
  /** Broken by anything greater. */
  readonly above?: number;
  /** Broken by anything less. */
  readonly below?: number;
  readonly severity: Extract<Severity, "page" | "warn">;
}

/** What is bounded in one window. */
export interface Measurable {
  /** Of one feature; of the lane's records as a whole every record is present. */
  readonly snapshot: DistributionSnapshot;
  readonly windowSizeMs: number;
  /** From the end of the newest window that held a value to the end of this one, ms; NaN before the first value. */
  readonly ageMs: number;
}

/** NaN where there is nothing to measure. */
export function measured(bound: Bound, { snapshot, windowSizeMs, ageMs }: Measurable): number {
  const { recordCount, presentCount, nullCount } = snapshot;
  const missing = Math.max(0, recordCount - presentCount);
  switch (bound.of) {
    case "null-share":
      return recordCount === 0 ? Number.NaN : Math.min(1, (nullCount + missing) / recordCount);
    case "missing-share":
      return recordCount === 0 ? Number.NaN : missing / recordCount;
    case "count":
      return presentCount;
    case "rate-per-minute":
      return presentCount / (windowSizeMs / 60_000);
    case "distinct":
      return distinctOf(snapshot);
    case "freshness-minutes":
      return ageMs / 60_000;
    default:
      return ofNumbers(bound, snapshot);
  }
}

function ofNumbers({ of, q = 0.5 }: Bound, { values, cumulativeCounts, ...snapshot }: DistributionSnapshot) {
  const count = cumulativeCounts.at(-1) ?? 0;
  if (count === 0) return Number.NaN;
  if (of === "mean") return snapshot.mean;
  if (of === "min") return snapshot.min;
  if (of === "max") return snapshot.max;
  const index = cumulativeCounts.findIndex((seen) => seen >= q * count);
  return values[index]!;
}

/** Numbers are not counted apart once the sketch has thinned them out: then there is nothing to hold. */
function distinctOf(snapshot: DistributionSnapshot): number {
  if (snapshot.stringCount + snapshot.booleanCount > 0) return snapshot.distinctCount;
  return snapshot.rankErrorMax === 0 && snapshot.values.length > 0 ? snapshot.values.length : Number.NaN;
}

/** @param value what was measured; NaN answers "insufficient". */
export function judgeLimit(bound: Bound, value: number): Verdict {
  if (Number.isNaN(value)) return insufficient(`no ${wordsOf(bound)} to hold to the limit`);
  const { above = Number.POSITIVE_INFINITY, below = Number.NEGATIVE_INFINITY, severity } = bound;
  const over = value > above;
  const broken = over || value < below;
  const threshold = over || (!broken && bound.above !== undefined) ? above : below;
  const said = (number: number) => (bound.of.endsWith("share") ? percent(number) : spoken(number));
  const side = threshold === above ? "at most" : "at least";
  return judged(broken, {
    statistic: value,
    threshold,
    effect: broken ? Math.abs(value - threshold) : 0,
    significance: 0,
    sketchError: 0,
    severity,
    certain: true,
    summary: `${wordsOf(bound)} is ${said(value)}; the owner's limit is ${side} ${said(threshold)}`,
    parts: [],
  });
}

const WORDS: Readonly<Record<Exclude<LimitMeasure, "quantile">, string>> = {
  "null-share": "share without a value",
  "missing-share": "share of records that lack it",
  mean: "mean",
  min: "least value",
  max: "greatest value",
  count: "count",
  "rate-per-minute": "records a minute",
  distinct: "number of distinct values",
  "freshness-minutes": "minutes since the last value",
};

/** "null-share", "p99": what a limit without a name is called. */
export function measureName({ of, q = 0.5 }: Bound): string {
  return of === "quantile" ? `p${spoken(q * 100)}` : of;
}

function wordsOf(bound: Bound): string {
  return bound.of === "quantile" ? measureName(bound) : WORDS[bound.of];
}
