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

/** As {@link quantileOf}, but 0 where it is negative or where there is nothing. */
export function quantileAboveZero(values: readonly number[], q: number): number {
  if (values.length === 0) return 0;
  let positive = 0;
  // By index: an iterator over a list of doubles costs five times the sum.
  for (let i = 0; i < values.length; i++) if (values[i]! > 0) positive++;
  const above = Math.min(Math.floor(q * (values.length - 1)) + 1, values.length - 1);
  // Every other time where a lane moves by sampling alone: counting is cheaper than finding.
  return positive < values.length - above ? 0 : Math.max(0, quantileOf(values, q));
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
