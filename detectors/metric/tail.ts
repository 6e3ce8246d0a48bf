/**
 * How rare is a value so far beyond all that was seen, on this metric's own tail?
 *
 * Ranks among n windows end at 1/n; what is rarer must come from the tail's shape. The Hill estimate over the largest
 * departures from the mean gives its index: about 1/8 on normal values, 1 and more where a duration or a queue
 * now and then runs away. While few windows are known it is led by an index of 1, so that a young lane is held to the
 * heaviest tail that has a middle, and its first records don't spend the page budget.
 * @see Hill 1975, Annals of Statistics 3(5):1163–1174.
 */

/** Plain data. */
export interface TailMemory {
  /** Windows seen. */
  count: number;
  /** Largest departures from the mean, largest first. */
  readonly largest: number[];
}

/** Departures that the estimate is made of; the next smaller one is what they are measured by. */
const LARGEST_MAX = 16;
/** The largest are a tail only where they are a tenth of the windows or less. */
const WINDOWS_PER_DEPARTURE = 10;
/** The index that leads a young lane, and how many departures it counts for. */
const PRIOR_INDEX = 1;
const PRIOR_WEIGHT = 2;
/** No tail is taken for lighter than that of normal values. */
const INDEX_MIN = 0.12;
/** A record's rank says 1/(2n) where the chance of one is 2/n: half a window for ties, and two sides. */
const RANK_OPTIMISM = Math.log10(4);
const DEPARTURE_MIN = 1e-12;

export function startTail(): TailMemory {
  return { count: 0, largest: [] };
}

/** @returns −log10 of how rarely a record lies so far out; 0 for none. To be added to what the rank says. */
export function beyondTail(tail: TailMemory, departure: number): number {
  const largest = tail.largest[0];
  if (largest === undefined || departure <= largest) return 0;
  return Math.max(0, Math.log10(departure / largest) / indexOf(tail) - RANK_OPTIMISM);
}

/** @param fade share by which the extremes shrink with each window, so that a record isn't the measure for ever. */
export function learnTail(tail: TailMemory, departure: number, fade: number): void {
  const { largest } = tail;
  for (let i = 0; i < largest.length; i++) largest[i]! *= 1 - fade;
  tail.count++;
  if (largest.length > LARGEST_MAX && departure <= largest[LARGEST_MAX]!) return;
  let at = largest.length;
  while (at > 0 && largest[at - 1]! < departure) at--;
  largest.splice(at, 0, Math.max(departure, DEPARTURE_MIN));
  if (largest.length > LARGEST_MAX + 1) largest.pop();
}

function indexOf({ count, largest }: TailMemory): number {
  const known = largest.length - 1;
  const least = largest[known]!;
  let sum = 0;
  for (let i = 0; i < known; i++) sum += Math.log(largest[i]! / least);
  const weight = Math.min(1, count / (WINDOWS_PER_DEPARTURE * LARGEST_MAX));
  const index = (weight * sum + PRIOR_WEIGHT * PRIOR_INDEX) / (weight * known + PRIOR_WEIGHT);
  return Math.max(INDEX_MIN, index);
}
