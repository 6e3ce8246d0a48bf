/**
 * The numbers of one long series, folded chunk by chunk: moments, extremes, bins, and a weighted sample that is exact
 * until more than k distinct values have come, a KLL sketch from then on. Short series never get one of these.
 */
import { CHUNK_LENGTH_MAX } from "./chunk-sort.ts";
import { ChunkSorter } from "./chunk-sorter.ts";
import { ExactSample } from "./exact-sample.ts";
import { HistogramCounter } from "./histogram.ts";
import { KllSketch } from "./kll.ts";
import { sampleOfSketch } from "./kll-view.ts";
import { addMoments, type Moments, momentsOf, zeroMoments } from "./moments.ts";
import type { QuantileSummary } from "./profile.ts";

/** Everything of a profile that comes from its finite numbers. */
export interface NumberSummary {
  readonly moments: Readonly<Moments>;
  readonly min: number;
  readonly max: number;
  readonly zeroCount: number;
  readonly quantiles: QuantileSummary;
  readonly histogram: HistogramCounter | null;
}

const NO_NUMBERS = new Float64Array(0);
/** A chunk that is put together for a look at a series, which goes on unchanged. */
const looked = new Float64Array(CHUNK_LENGTH_MAX);

export class FoldedNumbers {
  readonly #k: number;
  readonly #seed: number;
  readonly #moments: Moments = zeroMoments();
  #min = Number.NaN;
  #max = Number.NaN;
  #zeroCount = 0;
  /** Exact, while `#sketch` is null. */
  #exact = new ExactSample();
  #sketch: KllSketch | null = null;
  readonly #histogram: HistogramCounter | null;
  #sorter = new ChunkSorter();
  /** Numbers that wait until they fill a chunk. Made with the first of them: a short series' numbers come all at once. */
  #pending = NO_NUMBERS;
  #pendingCount = 0;

  constructor(k: number, seed: number, edges: Float64Array | null) {
    this.#k = k;
    this.#seed = seed;
    this.#histogram = edges && new HistogramCounter(edges);
  }

  /** Takes one finite number. @returns true when the chunk is full: {@link foldPending} is to follow. */
  add(number: number): boolean {
    if (this.#pending.length === 0) this.#pending = new Float64Array(CHUNK_LENGTH_MAX);
    this.#pending[this.#pendingCount++] = number;
    return this.#pendingCount === CHUNK_LENGTH_MAX;
  }

  foldPending(): void {
    this.fold(this.#pending, this.#pendingCount);
    this.#pendingCount = 0;
  }

  /** All that was taken, folded: itself, or while numbers wait, a copy that has them. */
  whole(): FoldedNumbers {
    if (this.#pendingCount === 0) return this;
    const all = this.clone();
    looked.set(this.#pending);
    all.fold(looked, this.#pendingCount);
    return all;
  }

  /** Folds `chunk[0..length)`, which it sorts in place. At most {@link CHUNK_LENGTH_MAX} finite numbers. */
  fold(chunk: Float64Array, length: number): void {
    if (length === 0) return;
    this.#sorter.sort(chunk, length);
    addMoments(this.#moments, momentsOf(chunk, length));
    this.#min = Number.isNaN(this.#min) ? chunk[0]! : Math.min(this.#min, chunk[0]!);
    this.#max = Number.isNaN(this.#max) ? chunk[length - 1]! : Math.max(this.#max, chunk[length - 1]!);
    if (chunk[0]! <= 0 && chunk[length - 1]! >= 0) this.#countZeros(chunk, length);
    this.#histogram?.addSorted(chunk, length);
    if (this.#sketch !== null) this.#sketch.updateSortedRun(chunk, length);
    else this.#addExactly(chunk, length);
  }

  /** What is folded so far. Changes nothing. */
  summary(): NumberSummary {
    const sample = this.#sketch === null ? this.#exact.sample() : sampleOfSketch(this.#sketch);
    return {
      moments: this.#moments,
      min: this.#min,
      max: this.#max,
      zeroCount: this.#zeroCount,
      quantiles: { k: this.#k, ...sample, rankVariance: this.#sketch?.rankVariance ?? 0 },
      histogram: this.#histogram,
    };
  }

  /** One that goes on from here by itself, without the numbers that wait. */
  clone(): FoldedNumbers {
    const copy = new FoldedNumbers(this.#k, this.#seed, this.#histogram?.edges ?? null);
    Object.assign(copy.#moments, this.#moments);
    copy.#min = this.#min;
    copy.#max = this.#max;
    copy.#zeroCount = this.#zeroCount;
    copy.#exact = this.#exact.clone();
    copy.#sketch = this.#sketch?.clone() ?? null;
    copy.#histogram?.counts.set(this.#histogram!.counts);
    copy.#sorter = this.#sorter.clone();
    return copy;
  }

  #addExactly(chunk: Float64Array, length: number): void {
    this.#exact.addRun(chunk, length);
    if (this.#exact.size <= this.#k) return;
    const { items, weights } = this.#exact.sample();
    this.#sketch = KllSketch.fromWeighted(items, weights, { k: this.#k, seed: this.#seed });
    this.#exact = new ExactSample();
  }

  #countZeros(chunk: Float64Array, length: number): void {
    for (let i = 0; i < length && chunk[i]! <= 0; i++) if (chunk[i] === 0) this.#zeroCount++;
  }
}
