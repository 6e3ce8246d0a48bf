/**
 * A detector's own estimate of how much more a statistic moves on a lane than sampling explains, for statistics that
 * the auditor does not follow itself: 1/ν, to be added to 1/n + 1/N.
 *
 * Each squared statistic of an accepted window, over what plain sampling puts at the same quantile, is one estimate
 * of the whole variance; the larger of what the median and the 90 % quantile say is taken.
 */
import { quantileAboveZero } from "./order-statistics.ts";

const SCATTERS_MAX = 200;
const SCATTERS_MIN = 8;
const NORMAL_90 = 1.2816;

export interface Scatter {
  at50: number[];
  at90: number[];
}

export function emptyScatter(): Scatter {
  return { at50: [], at90: [] };
}

/** @param square Σ (q − p)²/p over the cells of an accepted window. @param scale 1/n + 1/N */
export function learnScatter(scatter: Scatter, square: number, degrees: number, scale: number): void {
  if (degrees <= 0) return;
  // Single precision: half the bytes in a stored memory, and plenty for a quantile.
  scatter.at50.push(Math.fround(square / chiSquareQuantile(degrees, 0) - scale));
  scatter.at90.push(Math.fround(square / chiSquareQuantile(degrees, NORMAL_90) - scale));
  if (scatter.at50.length > SCATTERS_MAX) {
    scatter.at50.shift();
    scatter.at90.shift();
  }
}

/** 1/ν, 0 until enough windows were seen. */
export function excessOf(scatter: Scatter): number {
  if (scatter.at50.length < SCATTERS_MIN) return 0;
  return Math.max(quantileAboveZero(scatter.at50, 0.5), quantileAboveZero(scatter.at90, 0.9));
}

/** Wilson and Hilferty 1931, within a per cent from 2 degrees on. */
function chiSquareQuantile(degrees: number, normalQuantile: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * Math.max(0.05, 1 - spread + normalQuantile * Math.sqrt(spread)) ** 3;
}
