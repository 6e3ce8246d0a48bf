import { countOf, type Steps } from "./steps.ts";

/** Where the two CDFs are furthest apart. */
export interface CdfGap {
  /** D, the widest vertical distance, in [0, 1]. */
  readonly gap: number;
  /** +1 when the reference's CDF lies above there (the current values are larger), −1 when below. */
  readonly sign: 1 | -1;
  /** The value at which it happens (the first one, where several are equally far). NaN without values. */
  readonly location: number;
}

/**
 * The two-sample Kolmogorov–Smirnov statistic by one merge of both sorted step functions.
 *
 * All equal values are consumed on *both* sides before the CDFs are compared. Comparing half-way through a tie is
 * what makes a constant against itself differ by 0.66 in the sketch library's own test.
 */
export function cdfGap(reference: Steps, current: Steps): CdfGap {
  const n = countOf(reference);
  const m = countOf(current);
  if (n === 0 || m === 0) return { gap: 0, sign: 1, location: Number.NaN };
  const a = reference.values;
  const b = current.values;
  const first = Math.min(a[0]!, b[0]!);
  let above = { gap: 0, sign: 1 as const, location: first };
  let below = { gap: 0, sign: -1 as const, location: first };
  // Past the end of either side one CDF is 1 and the other only rises towards it: the gap can but shrink.
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const value = Math.min(a[i]!, b[j]!);
    if (a[i] === value) i++;
    if (b[j] === value) j++;
    const shareReference = i === 0 ? 0 : reference.cumulativeCounts[i - 1]! / n;
    const shareCurrent = j === 0 ? 0 : current.cumulativeCounts[j - 1]! / m;
    const difference = shareReference - shareCurrent;
    if (difference > above.gap) above = { gap: difference, sign: 1, location: value };
    else if (-difference > below.gap) below = { gap: -difference, sign: -1, location: value };
  }
  return below.gap > above.gap ? below : above;
}
