/**
 * Sorts the chunks of one series. Whole numbers close to those of the last chunk (counts, codes, ages) are counted and
 * written down again. Of others the last chunk tells how the next one is spread: each number goes at once to about
 * where it will end up, as far between two quantiles as it lies in value, and an insertion sort puts right what is left,
 * half a move a number where the spread is even. A quarter of the time of the engine's sort. Where that does not pay
 * (most of a series within a thousandth of its range), splitters are used from then on (chunk-sort.ts).
 */
import { CHUNK_LENGTH_MAX, SPLITTER_COUNT, sortChunk, splittersOf } from "./chunk-sort.ts";

const PLACES = 256;
/** Places before and behind the two quantiles, for the thirty-second part of the numbers on either side. */
const MARGIN = 8;
/** An insertion sort that has moved more numbers than this for each is given up. */
const MOVES_EACH_MAX = 6;

/** Numbers in a row of which each has a counter, the last chunk's in their middle. */
const COUNTED = 256;

const placeOf = new Uint8Array(CHUNK_LENGTH_MAX);
const ends = new Int32Array(PLACES + 1);
const scattered = new Float64Array(CHUNK_LENGTH_MAX);
const counts = new Int32Array(COUNTED);

export class ChunkSorter {
  #low = Number.NaN;
  #placesEach = Number.NaN;
  #splitters: Float64Array | null = null;
  #isUneven = false;
  /** The lowest whole number that is counted; NaN while the numbers are no such. */
  #countedFrom = Number.NaN;

  /** Sorts `values[0..length)` in place, at most {@link CHUNK_LENGTH_MAX} finite numbers, none of them -0. */
  sort(values: Float64Array, length: number): void {
    if (!(!Number.isNaN(this.#countedFrom) && sortCounted(values, length, this.#countedFrom)))
      this.#sortSpread(values, length);
    if (length === CHUNK_LENGTH_MAX) this.#learn(values, length);
  }

  #sortSpread(values: Float64Array, length: number): void {
    if (this.#placesEach > 0 && sortSpread(values, length, this.#low, this.#placesEach)) return;
    this.#isUneven ||= this.#placesEach > 0;
    sortChunk(values, 0, length, this.#splitters);
  }

  clone(): ChunkSorter {
    const copy = new ChunkSorter();
    copy.#low = this.#low;
    copy.#placesEach = this.#placesEach;
    copy.#splitters = this.#splitters?.slice() ?? null;
    copy.#isUneven = this.#isUneven;
    copy.#countedFrom = this.#countedFrom;
    return copy;
  }

  #learn(sorted: Float64Array, length: number): void {
    this.#countedFrom = countedFrom(sorted[0]!, sorted[length >> 1]!, sorted[length - 1]!);
    if (this.#isUneven) {
      this.#placesEach = Number.NaN;
      this.#splitters ??= new Float64Array(SPLITTER_COUNT);
      splittersOf(sorted, 0, length, this.#splitters);
      return;
    }
    const low = sorted[length >> 5]!;
    const high = sorted[length - 1 - (length >> 5)]!;
    // Of a series that mostly has one value, the others are few enough to be moved one by one.
    this.#placesEach = high > low ? (PLACES - 2 * MARGIN) / (high - low) : Number.MIN_VALUE;
    this.#low = low - MARGIN / this.#placesEach;
  }
}

/** NaN when three numbers of a chunk say that it does not hold whole numbers close to each other. */
function countedFrom(low: number, middle: number, high: number): number {
  const isCounted =
    Number.isSafeInteger(low) &&
    Number.isSafeInteger(high) &&
    Number.isInteger(middle) &&
    high - low < COUNTED;
  return isCounted ? low - ((COUNTED - (high - low)) >> 1) : Number.NaN;
}

/** @returns false, with the numbers as they were, when one of them is not whole or not within {@link COUNTED} of `from`. */
function sortCounted(values: Float64Array, length: number, from: number): boolean {
  counts.fill(0);
  for (let i = 0; i < length; i++) {
    const value = values[i]!;
    const place = (value - from) | 0;
    // Not by the distance, which may be whole by rounding.
    if (from + place !== value || place < 0 || place >= COUNTED) return false;
    counts[place]!++;
  }
  for (let place = 0, i = 0; i < length; place++) {
    const value = from + place;
    for (let left = counts[place]!; left > 0; left--) values[i++] = value;
  }
  return true;
}

/** @returns false, with the numbers as they were, when they are not spread evenly enough. */
function sortSpread(values: Float64Array, length: number, low: number, placesEach: number): boolean {
  ends.fill(0);
  for (let i = 0; i < length; i++) {
    const place = ((values[i]! - low) * placesEach) | 0;
    const within = place < 0 ? 0 : place >= PLACES ? PLACES - 1 : place;
    placeOf[i] = within;
    ends[within + 1]!++;
  }
  for (let place = 0; place < PLACES; place++) ends[place + 1]! += ends[place]!;
  // ends[place] is where the place begins, and once it is filled, where it ends.
  for (let i = 0; i < length; i++) scattered[ends[placeOf[i]!]!++] = values[i]!;
  let movesLeft = MOVES_EACH_MAX * length;
  for (let i = 1; i < length; i++) {
    const value = scattered[i]!;
    let j = i - 1;
    while (j >= 0 && scattered[j]! > value) {
      scattered[j + 1] = scattered[j]!;
      j--;
    }
    scattered[j + 1] = value;
    movesLeft -= i - 1 - j;
    if (movesLeft < 0) return false;
  }
  for (let i = 0; i < length; i++) values[i] = scattered[i]!;
  return true;
}
