import { effectiveSize } from "./kolmogorov.ts";

/** Largest n·m for which all lattice paths are walked; 4·10⁶ steps take some 20 ms. */
const EXACT_STEPS_MAX = 4e6;

/**
 * Exact two-sample p-value: the share of all orderings of n + m values whose CDFs come at least `gap` apart.
 *
 * An ordering is a lattice path from (0, 0) to (n, m). The walk carries the probability of paths that have stayed
 * inside the band and adds up what leaves it. Only positive terms are added, so that a p of 10^-200 keeps its
 * digits. With ties it is conservative, as SciPy's is.
 * @returns ln p, or NaN when n·m is beyond `EXACT_STEPS_MAX`
 */
export function logExactTail(gap: number, n: number, m: number): number {
  if (n * m > EXACT_STEPS_MAX) return Number.NaN;
  // The gap is a multiple of 1/(n·m); half a step of slack keeps rounding from moving a path across the border.
  const border = gap * n * m - 0.5;
  if (border < 0) return 0;
  const inside = new Float64Array(m + 1);
  let outside = 0;
  inside[0] = 1;
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      const probability = inside[j]!;
      if (probability === 0) continue;
      if (Math.abs(i * m - j * n) > border) {
        outside += probability;
        inside[j] = 0;
        continue;
      }
      const left = n + m - i - j;
      if (j < m) inside[j + 1]! += (probability * (m - j)) / left;
      inside[j] = left === 0 ? 0 : (probability * (n - i)) / left;
    }
  }
  return Math.min(0, Math.log(outside));
}

/** The effective size of two samples as a whole number, for the one-sample law. */
export function wholeEffectiveSize(n: number, m: number): number {
  const size = effectiveSize(n, m);
  const floor = Math.floor(size);
  // Half to even, as numpy rounds: the reference p-values of SciPy were made so.
  if (size - floor === 0.5) return floor % 2 === 0 ? floor : floor + 1;
  return Math.round(size);
}
