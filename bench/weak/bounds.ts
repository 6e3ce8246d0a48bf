/** What the best test could find: the power of two tests for a normal mean that moved, at a given level. */
import { logNormalTail } from "../../detectors/lib/tails.ts";

export interface Bound {
  /** In standard deviations. */
  readonly shift: number;
  /** Power of the likelihood-ratio test, which knows the form, the size and the reference (Neyman and Pearson 1933). */
  readonly likelihoodRatio: number;
  /** About that of the Kolmogorov–Smirnov test: the gap at its widest, as a normal variable around its mean. */
  readonly kolmogorov: number;
}

/** @param significance −log10 of the level */
export function bounds(records: number, shifts: readonly number[], significance: number): Bound[] {
  const z = quantileOf(significance + Math.log10(2));
  // Kolmogorov's law far out: 2·exp(−2·d²) = level.
  const gapLimit = Math.sqrt((significance * Math.LN10 + Math.LN2) / 2);
  return shifts.map((shift) => {
    const gap = 1 - 2 * tail(shift / 2);
    const half = (1 + gap) / 2;
    return {
      shift,
      likelihoodRatio: tail(z - shift * Math.sqrt(records)),
      kolmogorov: tail((gapLimit - gap * Math.sqrt(records)) / Math.sqrt(half * (1 - half))),
    };
  });
}

/** The shift that the likelihood-ratio test finds half of the time. */
export function halfPowerShift(records: number, significance: number): number {
  return quantileOf(significance + Math.log10(2)) / Math.sqrt(records);
}

function tail(z: number): number {
  return Math.exp(logNormalTail(z));
}

/** z with P(Z ≥ z) = 10^−significance, by bisection. */
function quantileOf(significance: number): number {
  let [low, high] = [0, 40];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (-logNormalTail(middle) / Math.LN10 < significance) low = middle;
    else high = middle;
  }
  return low;
}
