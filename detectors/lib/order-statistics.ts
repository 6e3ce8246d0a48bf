/** Order statistics of a small, unsorted list, without changing it. One or two of some two hundred are wanted: no sort. */
import { quickselect } from "simple-statistics";

/** The middle value, the upper of two. @param values at least one, finite */
export function upperMedian(values: ArrayLike<number>): number {
  const parted = new Float64Array(values);
  const middle = Math.floor(parted.length / 2);
  quickselect(parted as unknown as number[], middle);
  return parted[middle]!;
}

/** The `q` quantile by linear interpolation, or 0 where it is negative. @param values at least one, finite */
export function quantileAboveZero(values: readonly number[], q: number): number {
  const position = q * (values.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, values.length - 1);
  // Half of the time, on a lane that moves by sampling alone: counting is cheaper than finding.
  if (positiveCount(values) < values.length - above) return 0;
  const parted = new Float64Array(values);
  quickselect(parted as unknown as number[], below);
  let next = parted[above]!;
  for (let i = above + 1; i < parted.length; i++) if (parted[i]! < next) next = parted[i]!;
  return Math.max(0, parted[below]! + (position - below) * (next - parted[below]!));
}

function positiveCount(values: readonly number[]): number {
  let count = 0;
  // By index: an iterator over a list of doubles costs five times the sum.
  for (let i = 0; i < values.length; i++) if (values[i]! > 0) count++;
  return count;
}
