/**
 * What a count of things that a reference never had may weigh, when the reference is not much larger than the window.
 *
 * Detectors of novelty take the reference's rate for known, as it nearly is in a lane's long past. Against a reference
 * of N rows, by the exchangeability of rows alone, k of n new ones go beyond its a-th record with a chance of about
 * C(k + a − 1, k) · (n / (N + n))^k, however the values are distributed; nothing may count for more than that.
 */
import type { DistributionSnapshot, Verdict } from "../../../detectors/contract.ts";

/** Beyond any limit; summing further would change nothing. */
const SIGNIFICANCE_MAX = 300;

/** −log10 of that chance. @param prior a, at least 0.5 */
export function exchangeableSignificance(
  hits: number,
  rows: number,
  prior: number,
  referenceRows: number,
): number {
  if (hits < 1 || rows <= 0) return 0;
  const share = rows / (referenceRows + rows);
  let significance = 0;
  for (let i = 1; i <= hits && significance < SIGNIFICANCE_MAX; i++)
    significance -= Math.log10(((prior + i - 1) / i) * share);
  return Math.max(0, significance);
}

/** The most that a novelty verdict of this detector may weigh; Infinity for detectors that count nothing new. */
export function noveltyLimit(
  detector: string,
  verdict: Verdict,
  reference: DistributionSnapshot,
  current: DistributionSnapshot,
): number {
  switch (detector) {
    case "range": {
      const rows = current.numberCount - current.nonFiniteCount;
      const of = reference.numberCount - reference.nonFiniteCount;
      return exchangeableSignificance(Math.round(verdict.statistic * rows), rows, 2, of);
    }
    case "categories": {
      const rows = current.stringCount + current.booleanCount;
      const hits = Math.round(verdict.statistic * rows);
      // A name that the reference did not keep was seen, and so was one that it kept once and may have lost.
      const singles = reference.categories.filter(({ count }) => count === 1).length;
      const prior = 1 + singles + reference.categoryOtherCount;
      return exchangeableSignificance(hits, rows, prior, reference.stringCount + reference.booleanCount);
    }
    case "null-rate": {
      const hits = Math.round(verdict.statistic * current.recordCount);
      const nulls = reference.nullCount + Math.max(0, reference.recordCount - reference.presentCount);
      return verdict.selfCalibrated === true
        ? exchangeableSignificance(hits, current.recordCount, nulls + 0.5, reference.recordCount)
        : Number.POSITIVE_INFINITY;
    }
    default:
      return Number.POSITIVE_INFINITY;
  }
}
