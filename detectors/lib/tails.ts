/**
 * Tail probabilities as natural logarithms: how often chance alone does at least this much.
 *
 * Logarithms throughout, because the answers range over hundreds of orders of magnitude and are compared, added
 * (Bonferroni) and printed as powers of ten. `Math.exp` of any of them is the ordinary p-value.
 */
import { logBetaLower } from "./beta.ts";
import { logGammaUpper } from "./gamma.ts";

/** ln P(X ≥ x) for a chi-square variable. @param degrees of freedom; 0 means that there is nothing to test */
export function logChiSquareTail(x: number, degrees: number): number {
  return degrees <= 0 ? 0 : logGammaUpper(degrees / 2, x / 2);
}

/** ln P(Z ≥ z) for a standard normal variable. */
export function logNormalTail(z: number): number {
  if (z < 0) return Math.log1p(-Math.exp(logNormalTail(-z)));
  return logGammaUpper(0.5, (z * z) / 2) - Math.LN2;
}

/** ln P(X ≥ hits) for a binomial variable; `trials` and `hits` need not be whole (an effective size, say). */
export function logBinomialUpper(hits: number, trials: number, probability: number): number {
  if (hits <= 0) return 0;
  if (hits > trials) return Number.NEGATIVE_INFINITY;
  if (probability <= 0) return Number.NEGATIVE_INFINITY;
  if (probability >= 1) return 0;
  return logBetaLower(hits, trials - hits + 1, probability);
}

/** ln P(X ≤ hits) for a binomial variable. */
export function logBinomialLower(hits: number, trials: number, probability: number): number {
  if (hits >= trials) return 0;
  if (hits < 0) return Number.NEGATIVE_INFINITY;
  if (probability <= 0) return 0;
  if (probability >= 1) return Number.NEGATIVE_INFINITY;
  return logBetaLower(trials - hits, hits + 1, 1 - probability);
}

/** ln P(|T| ≥ |t|) for Student's t. */
export function logStudentTwoSided(t: number, degrees: number): number {
  return logBetaLower(degrees / 2, 0.5, degrees / (degrees + t * t));
}

/** −log10 of a p-value given as a natural logarithm, never negative and never −0. */
export function significanceOf(logP: number): number {
  return logP >= 0 ? 0 : Math.min(SIGNIFICANCE_MAX, -logP / Math.LN10);
}

/** Stands for "impossible under no change", so that no verdict carries an infinity. */
export const SIGNIFICANCE_MAX = 1e6;
