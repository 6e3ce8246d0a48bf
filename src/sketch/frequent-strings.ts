/**
 * Frequent strings: the items that make up more than a given share of a stream, with a lower and an upper bound for
 * each, in bounded memory. The Misra–Gries family with a purge by the median, as Apache DataSketches has it; exact
 * while at most three quarters of the map's size are distinct.
 * @see Anderson et al. 2017, "A High-Performance Algorithm for Identifying Frequent Items in Data Streams".
 */
import { invariant } from "../base/errors.ts";

export const FREQUENT_LG_MIN = 3;
export const FREQUENT_LG_MAX = 26;
const LOAD_FACTOR = 0.75;
/** Counts among which the purge looks for the median; a sample of the first ones is enough beyond. */
const PURGE_SAMPLE_MAX = 1024;

export interface FrequentRow {
  readonly item: string;
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

export class FrequentStrings {
  readonly lgMapMax: number;
  /** Most that a count is too low. */
  offset = 0;
  totalWeight = 0;
  readonly #counts = new Map<string, number>();
  readonly #itemsMax: number;

  constructor(lgMapMax: number) {
    invariant(
      Number.isInteger(lgMapMax) && lgMapMax >= FREQUENT_LG_MIN && lgMapMax <= FREQUENT_LG_MAX,
      `the map's lg size ${lgMapMax} is not ${FREQUENT_LG_MIN} to ${FREQUENT_LG_MAX}`,
    );
    this.lgMapMax = lgMapMax;
    this.#itemsMax = Math.floor(LOAD_FACTOR * 2 ** lgMapMax);
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  get activeCount(): number {
    return this.#counts.size;
  }

  /** The error is at most this share of the total weight. */
  get epsilon(): number {
    return 3.5 / 2 ** this.lgMapMax;
  }

  /** Items with their lower bounds, in order of arrival. */
  entries(): IterableIterator<[string, number]> {
    return this.#counts.entries();
  }

  update(item: string, weight = 1): void {
    invariant(weight > 0 && Number.isSafeInteger(weight), `weight ${weight} is not a whole positive number`);
    this.totalWeight += weight;
    this.#add(item, weight);
  }

  /** Adds all that `other` holds; the errors add up. */
  merge(other: FrequentStrings): void {
    if (other.totalWeight === 0) return;
    const total = this.totalWeight + other.totalWeight;
    for (const [item, count] of other.entries()) this.#add(item, count);
    this.offset += other.offset;
    this.totalWeight = total;
  }

  has(item: string): boolean {
    return this.#counts.has(item);
  }

  lowerBound(item: string): number {
    return this.#counts.get(item) ?? 0;
  }

  upperBound(item: string): number {
    return this.lowerBound(item) + this.offset;
  }

  /** The upper bound of an item that is kept, 0 for others. */
  estimate(item: string): number {
    return this.#counts.has(item) ? this.upperBound(item) : 0;
  }

  /**
   * Items above the error, most frequent first: without false negatives (every item whose upper bound is above,
   * some may not be), or without false positives (every item whose lower bound is above).
   * @param ties what a bound equal to the error counts as: DataSketches documents "below" and its C++ core does
   * that; its Java code says "above".
   */
  frequent(
    kind: "no_false_negatives" | "no_false_positives",
    ties: "below" | "above" = "below",
  ): FrequentRow[] {
    const rows: FrequentRow[] = [];
    for (const [item, lower] of this.#counts) {
      const upper = lower + this.offset;
      const bound = kind === "no_false_negatives" ? upper : lower;
      if (bound > this.offset || (bound === this.offset && ties === "above")) {
        rows.push({ item, estimate: upper, lower, upper });
      }
    }
    return rows.sort((a, b) => b.estimate - a.estimate || (a.item < b.item ? -1 : 1));
  }

  /** Takes over counts as they were stored. */
  static ofCounts(lgMapMax: number, counts: Iterable<[string, number]>, offset: number, totalWeight: number) {
    const sketch = new FrequentStrings(lgMapMax);
    for (const [item, count] of counts) sketch.#counts.set(item, count);
    sketch.offset = offset;
    sketch.totalWeight = totalWeight;
    return sketch;
  }

  #add(item: string, weight: number): void {
    const counts = this.#counts;
    const old = counts.get(item);
    counts.set(item, (old ?? 0) + weight);
    if (old === undefined && counts.size > this.#itemsMax) this.#purge();
  }

  /** Takes the median count off every item; at least half of them go. */
  #purge(): void {
    const sample = new Float64Array(Math.min(this.#counts.size, PURGE_SAMPLE_MAX));
    let at = 0;
    for (const count of this.#counts.values()) {
      if (at === sample.length) break;
      sample[at++] = count;
    }
    const median = sample.sort()[sample.length >>> 1]!;
    for (const [item, count] of this.#counts) {
      if (count > median) this.#counts.set(item, count - median);
      else this.#counts.delete(item);
    }
    this.offset += median;
  }
}
