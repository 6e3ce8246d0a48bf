/**
 * Standard deviations of a rank that its error stays within. A compaction moves a rank by its weight with
 * probability 1/2 at most, so the variance that sketches carry counts double; the widest error over all ranks of
 * one sketch stayed below this many of its roots in 99 of 100 seeded runs (rank-error.test.ts).
 */
const RANK_DEVIATIONS = 3.2;

/** Most that a rank may be off, as a share of `count` numbers, given the variance of its compactions. */
export function rankErrorOfVariance(rankVariance: number, count: number): number {
  if (rankVariance === 0 || count === 0) return 0;
  return Math.min(1, (RANK_DEVIATIONS * Math.sqrt(rankVariance)) / count);
}

/** The variance that a rank error of `error` (a share of `count`) speaks of: for sketches made elsewhere. */
export function rankVarianceOf(error: number, count: number): number {
  return ((error * count) / RANK_DEVIATIONS) ** 2;
}
