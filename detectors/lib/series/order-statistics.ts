/**
 * Medians and quantiles of a few numbers, without allocating: a step of a series takes several.
 * The caller's scratch array is sorted in place by insertion, which beats every other sort below some 30 numbers.
 */

/** Median of the first `count` numbers of `scratch`, which is left sorted. NaN when there are none. */
export function medianInPlace(scratch: Float64Array, count: number): number {
  if (count === 0) return Number.NaN;
  sortFirst(scratch, count);
  const middle = count >> 1;
  return count % 2 === 1 ? scratch[middle]! : (scratch[middle - 1]! + scratch[middle]!) / 2;
}

/** Quantile `q` of ascending numbers, linear between neighbours (type 7 of Hyndman and Fan 1996). */
export function quantileOfSorted(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

function sortFirst(numbers: Float64Array, count: number): void {
  for (let i = 1; i < count; i++) {
    const moving = numbers[i]!;
    let j = i - 1;
    while (j >= 0 && numbers[j]! > moving) {
      numbers[j + 1] = numbers[j]!;
      j--;
    }
    numbers[j + 1] = moving;
  }
}
