/**
 * Regularised incomplete beta function as a logarithm: the tails of the binomial and of Student's t.
 *
 * Continued fraction by the modified Lentz method, on whichever side of the mean it converges fast.
 * @see NIST Digital Library of Mathematical Functions, 8.17.22.
 */
import { gammaln } from "simple-statistics";

/** Enough for parameters of 10^9 at the mean, where it converges slowest. */
const TERMS_MAX = 200_000;
const PRECISION = 4e-16;
const TINY = 1e-300;

/** ln I_x(a, b), the share of a Beta(a, b) variable at or below x. @param a > 0 @param b > 0 @param x in [0, 1] */
export function logBetaLower(a: number, b: number, x: number): number {
  if (x <= 0) return Number.NEGATIVE_INFINITY;
  if (x >= 1) return 0;
  const logFront = a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b);
  if (x < (a + 1) / (a + b + 2)) return logFront + Math.log(fraction(a, b, x) / a);
  return Math.log1p(-Math.exp(logFront) * (fraction(b, a, 1 - x) / b));
}

/** ln of the complete beta function. */
function logBeta(a: number, b: number): number {
  return gammaln(a) + gammaln(b) - gammaln(a + b);
}

function fraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < TERMS_MAX; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return value;
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
