/**
 * The empirical CDF of finite numbers as a step function: what KS, Wasserstein, Anderson–Darling and the rest read.
 *
 * A snapshot is one already (`values` and `cumulativeCounts`); raw samples become one by sorting. Ties are merged in
 * both, so no statistic below can go wrong on flags, counts and constants, which is where sketch libraries do.
 */
export interface Steps {
  /** Distinct values, ascending. */
  readonly values: Float64Array;
  /** Numbers at or below `values[i]`; the last one is the count. */
  readonly cumulativeCounts: Float64Array;
}

/** How many numbers the steps stand for. */
export function countOf(steps: Steps): number {
  return steps.cumulativeCounts.length === 0 ? 0 : steps.cumulativeCounts[steps.cumulativeCounts.length - 1]!;
}

/** Numbers that equal `values[i]` exactly (or that the sketch lets it stand for). */
export function countAt(steps: Steps, index: number): number {
  return steps.cumulativeCounts[index]! - (index === 0 ? 0 : steps.cumulativeCounts[index - 1]!);
}

/** Steps of raw numbers; NaN and infinities are left out, −0 equals 0. */
export function stepsOf(sample: Iterable<number>): Steps {
  const sorted = Float64Array.from(sample).filter(Number.isFinite).sort();
  const values = new Float64Array(sorted.length);
  const cumulativeCounts = new Float64Array(sorted.length);
  let size = 0;
  for (let i = 0; i < sorted.length; i++) {
    if (size === 0 || sorted[i]! !== values[size - 1]!) values[size++] = sorted[i]! + 0;
    cumulativeCounts[size - 1] = i + 1;
  }
  return { values: values.slice(0, size), cumulativeCounts: cumulativeCounts.slice(0, size) };
}

/** How many numbers are at or below `value`. */
export function countUpTo(steps: Steps, value: number): number {
  return countOfFirst(steps, upperIndex(steps.values, value));
}

/** How many numbers are below `value`. */
export function countBelow(steps: Steps, value: number): number {
  return countOfFirst(steps, lowerIndex(steps.values, value));
}

/** How many numbers the first so many of `values` stand for. */
export function countOfFirst(steps: Steps, valueCount: number): number {
  return valueCount === 0 ? 0 : steps.cumulativeCounts[valueCount - 1]!;
}

/** The value at 1-based `rank` in the sorted sample. */
export function valueAtRank(steps: Steps, rank: number): number {
  return steps.values[Math.min(lowerIndex(steps.cumulativeCounts, rank), steps.values.length - 1)]!;
}

/** First index whose entry is at least `value`; the length when there is none. */
export function lowerIndex(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First index whose entry is above `value`; the length when there is none. */
export function upperIndex(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
