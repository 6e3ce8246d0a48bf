/**
 * Tail of Kolmogorov's distribution: how often the gap between two empirical CDFs of one population exceeds D.
 *
 * The limit law with Stephens's correction, in log space. It needs the sizes only through the effective size
 * n·m/(n+m), is within a few per cent of the exact p for 20 rows and more, and costs a handful of exponentials.
 * @see Stephens 1970, J. R. Stat. Soc. B 32(1):115–122.
 */

/** The size of one sample that is as noisy as comparing samples of `n` and `m`. */
export function effectiveSize(n: number, m: number): number {
  return n > 0 && m > 0 ? 1 / (1 / n + 1 / m) : 0;
}

/** ln of the limit p-value with Stephens's small-sample correction. @param gap D in [0, 1] */
export function logStephensTail(gap: number, size: number): number {
  const root = Math.sqrt(size);
  return size > 0 ? logKolmogorovLimit((root + 0.12 + 0.11 / root) * gap) : 0;
}

/** ln of the limit p-value as it stands. */
export function logLimitTail(gap: number, size: number): number {
  return logKolmogorovLimit(Math.sqrt(size) * gap);
}

/** ln P(K ≥ lambda) of Kolmogorov's limit law. */
export function logKolmogorovLimit(lambda: number): number {
  if (!(lambda > 0)) return 0;
  return lambda < 1 ? Math.log1p(-belowByTheta(lambda)) : aboveBySeries(lambda);
}

/** P(K < lambda) for small lambda, by Jacobi's identity: three terms are exact to rounding below 1. */
function belowByTheta(lambda: number): number {
  const exponent = -(Math.PI * Math.PI) / (8 * lambda * lambda);
  const sum = Math.exp(exponent) + Math.exp(9 * exponent) + Math.exp(25 * exponent) + Math.exp(49 * exponent);
  return (Math.sqrt(2 * Math.PI) / lambda) * sum;
}

/** 2·(e^(−2λ²) − e^(−8λ²) + e^(−18λ²) − …), the first factor taken out so that it can't underflow. */
function aboveBySeries(lambda: number): number {
  const square = 2 * lambda * lambda;
  const rest =
    -Math.exp(-3 * square) + Math.exp(-8 * square) - Math.exp(-15 * square) + Math.exp(-24 * square);
  return Math.LN2 - square + Math.log1p(rest);
}
