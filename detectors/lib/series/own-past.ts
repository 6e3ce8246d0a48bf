/**
 * How rare is this value among all that came before it? Answered from a histogram on a logarithmic scale.
 *
 * Exact ranks would need every past value; 80 bins of 18 % width give the rank to within a bin at 640 bytes. No
 * shape of distribution is assumed, so a surprise of 3 comes once in 1,000 windows whatever the series is like.
 */

const BINS = 80;
const BINS_PER_LOG = 6;
/** Bin of a value of 1; so the bins span about 0.007 to 3,600, in the unit of the caller's evidence. */
const BIN_OF_ONE = 30;

/** Plain data. */
export interface OwnPast {
  readonly bins: Float64Array;
  count: number;
}

export function startOwnPast(): OwnPast {
  return { bins: new Float64Array(BINS), count: 0 };
}

/** −log10 of the share of past values that were at least as high; those in the same bin count half. */
export function surpriseOf(past: OwnPast, value: number): number {
  if (past.count < 1) return 0;
  const bin = binOf(value);
  let above = past.bins[bin]! / 2;
  for (let i = bin + 1; i < BINS; i++) above += past.bins[i]!;
  return -Math.log10((above + 0.5) / (past.count + 1));
}

/** @param countMax beyond which the past is halved, so that it fades instead of growing without end. */
export function addToPast(past: OwnPast, value: number, countMax: number): void {
  const bin = binOf(value);
  past.bins[bin] = past.bins[bin]! + 1;
  past.count++;
  if (past.count < countMax) return;
  for (let i = 0; i < BINS; i++) past.bins[i] = past.bins[i]! / 2;
  past.count /= 2;
}

function binOf(value: number): number {
  if (value <= 1e-6) return 0;
  return Math.max(0, Math.min(BINS - 1, Math.floor(BIN_OF_ONE + BINS_PER_LOG * Math.log(value))));
}
