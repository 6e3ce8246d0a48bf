/**
 * Upper tail of the gamma distribution, kept as a logarithm: a window of a million rows gives p-values that no
 * double can hold (chi-square 10,000 on 9 degrees is 10^-2155), and a verdict still has to rank them.
 *
 * Two classical expansions: the series below the mean, the continued fraction (modified Lentz) above it.
 * @see NIST Digital Library of Mathematical Functions, 8.7.1 (series) and 8.9.2 (continued fraction).
 */
import { gammaln } from "simple-statistics";

/** Terms before giving up; near x = a with a = 10^8 some 40,000 are needed. */
const TERMS_MAX = 200_000;
const PRECISION = 1e-16;
const TINY = 1e-300;

/** ln Q(a, x), the share of a Gamma(a, 1) variable above x. @param a > 0 @param x ≥ 0 */
export function logGammaUpper(a: number, x: number): number {
  if (x <= 0) return 0;
  if (x === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  const logFront = a * Math.log(x) - x - gammaln(a);
  return x < a + 1
    ? Math.log1p(-Math.exp(logFront) * lowerSeries(a, x))
    : logFront + Math.log(upperFraction(a, x));
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let i = 1; i < TERMS_MAX && term > sum * PRECISION; i++) {
    term *= x / (a + i);
    sum += term;
  }
  return sum;
}

function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let value = d;
  for (let i = 1; i < TERMS_MAX; i++) {
    const numerator = -i * (i - a);
    b += 2;
    d = 1 / nonZero(numerator * d + b);
    c = nonZero(b + numerator / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < PRECISION * 4) break;
  }
  return value;
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
