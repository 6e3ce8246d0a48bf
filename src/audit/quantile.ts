/** Order statistics of a small, unsorted list, without changing it. */
import { quickselect } from "simple-statistics";

/**
 * The `q` quantile by linear interpolation between order statistics; NaN of nothing.
 * @param values at most a few hundred, finite.
 */
export function quantileOf(values: ArrayLike<number>, q: number): number {
  if (values.length === 0) return Number.NaN;
  const parted = new Float64Array(values);
  const position = q * (parted.length - 1);
  const below = Math.floor(position);
  // Two of some two hundred are wanted: to find them takes half as long as to sort all.
  quickselect(parted as unknown as number[], below);
  const above = below + 1 < parted.length ? leastFrom(parted, below + 1) : parted[below]!;
  return parted[below]! + (position - below) * (above - parted[below]!);
}

function leastFrom(values: Float64Array, start: number): number {
  let least = values[start]!;
  for (let i = start + 1; i < values.length; i++) if (values[i]! < least) least = values[i]!;
  return least;
}

/** As {@link quantileOf} for values that are already ascending. */
export function sortedQuantile(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

/** Appends to a list that keeps its newest `max` values. */
export function pushBounded<T>(list: T[], value: T, max: number): void {
  list.push(value);
  // One too many is the rule; `splice` would make a list of it each time.
  while (list.length > max) list.shift();
}

/** As {@link pushBounded}, in single precision: half the bytes in a stored memory, and plenty for a quantile. */
export function pushSingle(list: number[], value: number, max: number): void {
  pushBounded(list, Math.fround(value), max);
}
