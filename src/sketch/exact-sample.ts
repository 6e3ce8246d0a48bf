/**
 * Distinct numbers, ascending, each with how often it came. Grows in place: a chunk that brings no new number, which is
 * the rule for counts and codes, allocates nothing.
 */
import { CHUNK_LENGTH_MAX } from "./chunk-sort.ts";
import { sharedWeights } from "./shared-lists.ts";
import type { WeightedSample } from "./weighted.ts";

const CAPACITY_START = 32;

// New numbers of the run at hand. One run at a time: adding is synchronous.
const newItems = new Float64Array(CHUNK_LENGTH_MAX);
const newWeights = new Float64Array(CHUNK_LENGTH_MAX);

export class ExactSample {
  #items = new Float64Array(CAPACITY_START);
  #weights = new Float64Array(CAPACITY_START);
  #size = 0;

  /** Distinct numbers. */
  get size(): number {
    return this.#size;
  }

  /** Adds `run[0..length)`, ascending, at most {@link CHUNK_LENGTH_MAX} numbers. */
  addRun(run: Float64Array, length: number): void {
    const newCount = this.#countKnown(run, length);
    if (newCount > 0) this.#insert(newCount);
  }

  /** A copy, which later runs leave alone. */
  sample(): WeightedSample {
    const weights = this.#weights.subarray(0, this.#size);
    const shared = sharedWeights(weights);
    return {
      items: this.#items.slice(0, this.#size),
      weights: shared === weights ? weights.slice() : shared,
    };
  }

  clone(): ExactSample {
    const copy = new ExactSample();
    copy.#items = this.#items.slice();
    copy.#weights = this.#weights.slice();
    copy.#size = this.#size;
    return copy;
  }

  /** Adds to the weights of numbers that are here; lays the others, with their weights, aside. @returns how many. */
  #countKnown(run: Float64Array, length: number): number {
    const items = this.#items;
    const weights = this.#weights;
    const size = this.#size;
    let at = 0;
    let newCount = 0;
    for (let i = 0; i < length; ) {
      const value = run[i]!;
      const first = i++;
      while (i < length && run[i] === value) i++;
      while (at < size && items[at]! < value) at++;
      if (at < size && items[at] === value) weights[at]! += i - first;
      else {
        newItems[newCount] = value;
        newWeights[newCount++] = i - first;
      }
    }
    return newCount;
  }

  /** Merges what was laid aside, from the high end down, so that nothing is moved twice. */
  #insert(newCount: number): void {
    let from = this.#size - 1;
    this.#size += newCount;
    this.#makeRoom();
    const items = this.#items;
    const weights = this.#weights;
    let to = this.#size - 1;
    for (let next = newCount - 1; next >= 0; to--) {
      if (from >= 0 && items[from]! > newItems[next]!) {
        items[to] = items[from]!;
        weights[to] = weights[from--]!;
      } else {
        items[to] = newItems[next]!;
        weights[to] = newWeights[next--]!;
      }
    }
  }

  #makeRoom(): void {
    let capacity = this.#items.length;
    while (capacity < this.#size) capacity *= 2;
    if (capacity === this.#items.length) return;
    const items = new Float64Array(capacity);
    const weights = new Float64Array(capacity);
    items.set(this.#items);
    weights.set(this.#weights);
    this.#items = items;
    this.#weights = weights;
  }
}
