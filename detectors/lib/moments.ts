/** Moments of finite numbers. NaN where one is not defined (no values, or no spread for the shape). */
export interface Moments {
  readonly count: number;
  readonly sum: number;
  readonly mean: number;
  readonly varianceSample: number;
  readonly variancePopulation: number;
  readonly skewness: number;
  readonly kurtosisExcess: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Moments in two passes: the mean first, then powers of the distance to it, so that values of 10^9 with a spread
 * of 1 lose nothing. Neumaier's compensated sum keeps the mean exact to rounding for millions of rows.
 */
export function momentsOf(values: ArrayLike<number>): Moments {
  const count = values.length;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    min = Math.min(min, values[i]!);
    max = Math.max(max, values[i]!);
  }
  const sum = compensatedSum(count, (i) => values[i]!);
  const mean = sum / count;
  const power = (exponent: number) => compensatedSum(count, (i) => (values[i]! - mean) ** exponent) / count;
  const variance = power(2);
  const spread = variance > 0 ? Math.sqrt(variance) : Number.NaN;
  return {
    count,
    sum,
    mean,
    varianceSample: count > 1 ? (variance * count) / (count - 1) : Number.NaN,
    variancePopulation: variance,
    skewness: power(3) / spread ** 3,
    kurtosisExcess: power(4) / spread ** 4 - 3,
    min: count > 0 ? min : Number.NaN,
    max: count > 0 ? max : Number.NaN,
  };
}

/** Neumaier's sum: what a plain sum loses is carried along and added at the end. */
function compensatedSum(length: number, termAt: (index: number) => number): number {
  let sum = 0;
  let lost = 0;
  for (let i = 0; i < length; i++) {
    const term = termAt(i);
    const next = sum + term;
    lost += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
    sum = next;
  }
  // Squares of 10^200 overflow: infinite then, as the plain sum says, not "infinity minus infinity".
  return Number.isFinite(sum) ? sum + lost : sum;
}
