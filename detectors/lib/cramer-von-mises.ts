/**
 * Cramér–von Mises for two samples: the squared gap between the CDFs, averaged over all values. Less sharp than KS
 * on one wide gap, better on a small one that runs through the whole range.
 */
import { countsOf, eachMergedStep } from "./merged-steps.ts";
import type { Steps } from "./steps.ts";

export interface CramerVonMises {
  readonly statistic: number;
  /** ln of the limit p-value. */
  readonly logP: number;
}

/** @see Anderson 1962, Ann. Math. Stat. 33(3):1148–1159, formulas 9, 10 and 14; midranks for ties. */
export function cramerVonMises(reference: Steps, current: Steps): CramerVonMises {
  const counts = countsOf(reference, current);
  if (!counts) return { statistic: Number.NaN, logP: Number.NaN };
  const [n, m] = counts;
  const [sumReference, sumCurrent] = rankGapSums(reference, current);
  const total = n + m;
  const product = n * m;
  const statistic = (n * sumReference + m * sumCurrent) / (product * total) - (4 * product - 1) / (6 * total);
  const mean = (1 + 1 / total) / 6;
  const variance =
    ((total + 1) * (4 * product * total - 3 * (n * n + m * m) - 2 * product)) /
    (45 * total * total * 4 * product);
  const standardised = 1 / 6 + (statistic - mean) / Math.sqrt(45 * variance);
  return { statistic, logP: logMisesTail(standardised) };
}

/** Σ (midrank in the pooled sample − rank in the own)² by side, a whole tie at a time. */
function rankGapSums(reference: Steps, current: Steps): [number, number] {
  const sums: [number, number] = [0, 0];
  eachMergedStep(reference, current, (step) => {
    const together = step.countReference + step.countCurrent;
    const midrank = step.upToReference + step.upToCurrent - together + (together + 1) / 2;
    sums[0] += gapSquares(midrank, step.upToReference, step.countReference);
    sums[1] += gapSquares(midrank, step.upToCurrent, step.countCurrent);
  });
  return sums;
}

/** Σ (midrank − i)² over the own ranks i = last − count + 1 … last: about their mean, plus their own spread. */
function gapSquares(midrank: number, last: number, count: number): number {
  const middle = last - (count - 1) / 2;
  return count * (midrank - middle) ** 2 + (count * (count * count - 1)) / 12;
}

/**
 * ln P(W² ≥ x) of the limit law. Below 0.2 one minus the series of Bessel functions; above it Smirnov's integral,
 * whose leading term carries the whole tail, so that 10^-200 keeps its digits.
 * @see Csörgő and Faraway 1996, J. R. Stat. Soc. B 58(1):221–234, formulas 1.2 and 1.3.
 */
export function logMisesTail(x: number): number {
  if (!(x > 0.003)) return 0;
  return x < 0.2 ? Math.log1p(-belowByBessel(x)) : aboveByIntegral(x);
}

function belowByBessel(x: number): number {
  let sum = 0;
  let weight = Math.sqrt(Math.PI);
  for (let k = 0; k < 20; k++) {
    const y = 4 * k + 1;
    const q = (y * y) / (16 * x);
    sum += weight * Math.sqrt(y) * Math.exp(-q) * besselQuarter(q);
    // Γ(k + ½) / k!, one factor at a time.
    weight *= (k + 0.5) / (k + 1);
  }
  return sum / (Math.PI ** 1.5 * Math.sqrt(x));
}

/** K of order ¼, by the trapezoid rule on ∫ exp(−q·cosh t)·cosh(t/4) dt, which converges faster than any power. */
function besselQuarter(q: number): number {
  const step = 1 / 32;
  let sum = Math.exp(-q) / 2;
  for (let t = step; t < 12; t += step) {
    const term = Math.exp(-q * Math.cosh(t)) * Math.cosh(t / 4);
    sum += term;
    if (term < sum * 1e-18) break;
  }
  return sum * step;
}

/** (2/π) Σ (−1)^(j+1) ∫ e^(−x·u²/2) / √(u·|sin u|) du over ((2j − 1)π, 2jπ), scaled by e^(x·π²/2). */
function aboveByIntegral(x: number): number {
  let sum = 0;
  for (let j = 1; j <= 8; j++) sum += (j % 2 === 1 ? 1 : -1) * archIntegral(x, j);
  return Math.log((2 / Math.PI) * sum) - (x * Math.PI * Math.PI) / 2;
}

/** One arch by tanh–sinh quadrature: both ends have an inverse square root, and for large x all mass is at the left. */
function archIntegral(x: number, j: number): number {
  const start = (2 * j - 1) * Math.PI;
  const step = 1 / 16;
  let sum = 0;
  for (let i = -80; i <= 80; i++) {
    const inner = (Math.PI / 2) * Math.sinh(i * step);
    // Distance from the left end, without cancellation: π·e^inner / (e^inner + e^−inner).
    const left = Math.PI / (1 + Math.exp(-2 * inner));
    const right = Math.PI / (1 + Math.exp(2 * inner));
    const weight = ((Math.PI * Math.PI) / 4) * (Math.cosh(i * step) / Math.cosh(inner) ** 2);
    const u = start + left;
    const decay = (-x * (u * u - Math.PI * Math.PI)) / 2;
    const sine = Math.sin(Math.min(left, right));
    if (sine > 0 && Number.isFinite(weight)) sum += (weight * Math.exp(decay)) / Math.sqrt(u * sine);
  }
  return sum * step;
}
