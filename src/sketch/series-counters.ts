/**
 * Exact counters by series. The five that every series needs lie in one array, 20 bytes a series; the others are kept
 * apart, for the few series that have a NaN, an empty string, a null in an array.
 */
import { InvariantError } from "../base/errors.ts";

export const PRESENT = 0;
export const NULL = 1;
export const STRING = 2;
export const TRUE = 3;
export const FALSE = 4;
const RARE = 5;
export const NULL_ELEMENT = 5;
export const EMPTY = 6;
export const NAN = 7;
export const POSITIVE_INFINITY = 8;
export const NEGATIVE_INFINITY = 9;
const COUNTERS = 10;
const COUNT_MAX = 0xffffffff;

export class SeriesCounters {
  #common: Uint32Array;
  readonly #rare = new Map<number, Float64Array>();

  constructor(seriesCount: number) {
    this.#common = new Uint32Array(RARE * seriesCount);
  }

  add(series: number, counter: number, count = 1): void {
    if (counter >= RARE) {
      this.#addRare(series, counter, count);
      return;
    }
    const at = series * RARE + counter;
    const next = this.#common[at]! + count;
    // A count that wraps would be a lie; a segment that long is a bug.
    if (next > COUNT_MAX)
      throw new InvariantError("a series counted 2^32 records in one segment; cut segments earlier");
    this.#common[at] = next;
  }

  of(series: number, counter: number): number {
    if (counter >= RARE) return this.#rare.get(series)?.[counter - RARE] ?? 0;
    return this.#common[series * RARE + counter]!;
  }

  clear(series: number): void {
    this.#common.fill(0, series * RARE, (series + 1) * RARE);
    this.#rare.delete(series);
  }

  grow(seriesCount: number): void {
    const common = new Uint32Array(RARE * seriesCount);
    common.set(this.#common);
    this.#common = common;
  }

  #addRare(series: number, counter: number, count: number): void {
    let counters = this.#rare.get(series);
    if (counters === undefined) {
      counters = new Float64Array(COUNTERS - RARE);
      this.#rare.set(series, counters);
    }
    counters[counter - RARE]! += count;
  }
}
