/**
 * KLL quantile sketch of doubles (or floats): ranks within a bound that depends on k alone, mergeable, and exact
 * up to k numbers. Same levels and binary format as Apache DataSketches (kll-format.ts).
 *
 * All levels lie in one array, level 0 first, free room before it: an update is one store, a compaction moves
 * within the array, and serialising copies its tail. Coins come from a seeded generator: the same numbers in the
 * same order give the same bits.
 */
import { invariant } from "../base/errors.ts";
import { CHUNK_LENGTH_MIN, SPLITTER_COUNT, sortChunk, splittersOf } from "./chunk-sort.ts";
import { concat, fitLevels, levelsOfWeighted } from "./kll-build.ts";
import { halveDown, halveUp, mergeRuns, mergeStrided, moveRange } from "./kll-compact.ts";
import {
  capacitiesByDepth,
  KLL_K_MAX,
  KLL_K_MIN,
  LEVELS_MAX,
  normalizedRankError,
  totalCapacity,
} from "./kll-levels.ts";

const SQUARED_WEIGHTS = Float64Array.from({ length: LEVELS_MAX + 1 }, (_, level) => 4 ** level);

export interface KllOptions {
  readonly k: number;
  /** Of the coins. Any 32-bit integer. */
  readonly seed: number;
  /** "float" rounds every value to float32 and is serialised in half the bytes. @default "double" */
  readonly precision?: "double" | "float";
  /** Rank variance that the content brings with it (profile.ts). @default 0 */
  readonly rankVariance?: number;
}

/** The levels of a sketch as they lie in its array; what the format stores. */
export interface KllState {
  readonly k: number;
  readonly minK: number;
  readonly precision: "double" | "float";
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly level0Sorted: boolean;
  /** Retained items, level 0 first; every level but 0 ascending. */
  readonly items: Float64Array;
  /** Items in each level. */
  readonly levelSizes: readonly number[];
}

export class KllSketch {
  readonly k: number;
  readonly precision: "double" | "float";
  /** Smallest k that was ever merged in; the published error follows from it. */
  minK: number;
  rankVariance: number;
  /** Of the settled numbers; infinite the other way round while there are none. */
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #levelCount = 1;
  /** Where each level begins; one more for the end. */
  readonly #starts = new Int32Array(LEVELS_MAX + 2);
  readonly #capacities: Int32Array;
  #items: Float64Array;
  /** Items before this are free. From here to the start of level 0 lie new numbers that are not counted yet. */
  #free: number;
  #level0Sorted = false;
  /** How the numbers were spread when level 0 was last long (chunk-sort.ts). */
  #splitters: Float64Array | null = null;
  #coin: number;

  constructor(options: KllOptions) {
    const { k } = options;
    invariant(
      Number.isInteger(k) && k >= KLL_K_MIN && k <= KLL_K_MAX,
      `KLL k is ${k}; it must be 8 to 65535`,
    );
    this.k = k;
    this.minK = k;
    this.precision = options.precision ?? "double";
    this.rankVariance = options.rankVariance ?? 0;
    this.#capacities = capacitiesByDepth(k);
    this.#items = new Float64Array(k);
    this.#starts[0] = k;
    this.#starts[1] = k;
    this.#free = k;
    // Any seed will do but 0, from which xorshift never moves.
    this.#coin = Math.imul(options.seed ^ 0x9e3779b9, 0x85ebca6b) | 1;
  }

  /** A sketch of an ascending weighted sample: an item of weight w goes to the levels of the bits of w, so nothing is lost. */
  static fromWeighted(items: Float64Array, weights: Float64Array, options: KllOptions): KllSketch {
    const sketch = new KllSketch(options);
    if (items.length === 0) return sketch;
    const rounded = sketch.precision === "float" ? items.map(Math.fround) : items;
    sketch.#widen(rounded[0]!, rounded[rounded.length - 1]!);
    for (let i = 0; i < weights.length; i++) sketch.#count += weights[i]!;
    sketch.#adopt(levelsOfWeighted(rounded, weights));
    return sketch;
  }

  /** From levels as they were stored. The caller (kll-format.ts) has checked them. */
  static fromState(state: KllState, seed: number): KllSketch {
    const sketch = new KllSketch({ k: state.k, seed, precision: state.precision });
    sketch.minK = state.minK;
    sketch.#count = state.count;
    if (state.count > 0) sketch.#widen(state.min, state.max);
    sketch.#place(state.items, state.levelSizes);
    sketch.#level0Sorted = state.level0Sorted;
    return sketch;
  }

  get count(): number {
    this.#settle();
    return this.#count;
  }

  /** NaN while it is empty. */
  get min(): number {
    return this.count === 0 ? Number.NaN : this.#min;
  }

  get max(): number {
    return this.count === 0 ? Number.NaN : this.#max;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** Tells it extremes that its numbers had, and that were dropped from the sample that it was made of. */
  widen(min: number, max: number): void {
    this.#settle();
    this.#widen(min, max);
  }

  /** True once numbers were dropped, so that answers are estimates. */
  get isEstimating(): boolean {
    return this.#levelCount > 1;
  }

  get retainedCount(): number {
    this.#settle();
    return this.#starts[this.#levelCount]! - this.#starts[0]!;
  }

  /** Published error at 99% confidence, of one rank or (`pmf`) of a difference of two; k decides, not the data. */
  normalizedRankError(pmf = false): number {
    return normalizedRankError(this.minK, pmf);
  }

  /** NaN is ignored, as in DataSketches; infinities are values like others. */
  update(value: number): void {
    if (Number.isNaN(value)) return;
    if (this.#free === 0) this.#makeRoom();
    // One store. Counting and comparing wait until room is made or something is asked (#settle).
    this.#items[--this.#free] = this.precision === "float" ? Math.fround(value) : value;
  }

  /**
   * Adds an ascending run of numbers at once: one merge in place of `length` updates. Where there is room the whole
   * run joins level 0 and nothing is lost. Else it is thinned before it joins a level above, as compactions of its
   * own would have done: every second number of weight 2, or where k is small every fourth of weight 4, and so on.
   */
  updateSortedRun(run: Float64Array, length: number): void {
    this.#settle();
    if (this.#free >= length && length > 0) {
      this.#widen(run[0]!, run[length - 1]!);
      this.#count += length;
      this.#mergeIntoLevel0(run, length);
      return;
    }
    let level = 1;
    while (length >>> level > this.k) level++;
    const thinned = length >>> level;
    for (let i = thinned << level; i < length; i++) this.update(run[i]!);
    this.#settle();
    if (thinned === 0) return;
    this.#widen(run[0]!, run[(thinned << level) - 1]!);
    while (this.#levelCount <= level) this.#addTopLevel();
    while (this.#free < thinned) this.#makeRoom();
    this.#count += thinned << level;
    this.#mergeIntoLevel(level, run, thinned);
  }

  /** Adds all that `other` holds; `other` is unchanged. Different k are allowed: the smaller one decides the error. */
  merge(other: KllSketch): void {
    if (other.count === 0) return;
    this.#settle();
    this.#widen(other.min, other.max);
    this.#count += other.count;
    this.rankVariance += other.rankVariance;
    if (other.isEstimating) this.minK = Math.min(this.minK, other.minK);
    const levels: Float64Array[] = [];
    for (let l = 0; l < Math.max(this.#levelCount, other.#levelCount); l++) {
      const both = concat([this.#level(l), other.#level(l)]);
      levels.push((this.precision === "float" ? both.map(Math.fround) : both).sort());
    }
    this.#adopt(levels);
  }

  /** The levels, each ascending, with the weight of their items. */
  levels(): { readonly items: Float64Array; readonly weight: number }[] {
    this.#settle();
    const levels = [];
    for (let l = 0; l < this.#levelCount; l++) {
      const items = this.#level(l).slice();
      if (l === 0 && !this.#level0Sorted) items.sort();
      levels.push({ items, weight: 2 ** l });
    }
    return levels;
  }

  state(): KllState {
    this.#settle();
    const levelSizes: number[] = [];
    for (let l = 0; l < this.#levelCount; l++) levelSizes.push(this.#starts[l + 1]! - this.#starts[l]!);
    const { k, minK, precision, count, min, max } = this;
    const items = this.#items.slice(this.#starts[0], this.#starts[this.#levelCount]);
    return { k, minK, precision, count, min, max, items, levelSizes, level0Sorted: this.#level0Sorted };
  }

  clone(): KllSketch {
    const copy = KllSketch.fromState(this.state(), 0);
    copy.rankVariance = this.rankVariance;
    copy.#coin = this.#coin;
    return copy;
  }

  #level(level: number): Float64Array {
    if (level >= this.#levelCount) return new Float64Array(0);
    return this.#items.subarray(this.#starts[level], this.#starts[level + 1]);
  }

  #widen(min: number, max: number): void {
    this.#min = Math.min(this.#min, min);
    this.#max = Math.max(this.#max, max);
  }

  /** Counts the numbers that came since, and takes them into level 0. */
  #settle(): void {
    const end = this.#starts[0]!;
    if (this.#free === end) return;
    const items = this.#items;
    let min = this.#min;
    let max = this.#max;
    for (let i = this.#free; i < end; i++) {
      const value = items[i]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.#min = min;
    this.#max = max;
    this.#count += end - this.#free;
    this.#starts[0] = this.#free;
    this.#level0Sorted = false;
  }

  /** 0 or 1, xorshift32. */
  #flip(): number {
    let x = this.#coin;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#coin = x;
    return (x >>> 16) & 1;
  }

  /** Halves the lowest level that is full; adds a level when that is the top one. */
  #makeRoom(): void {
    this.#settle();
    const level = this.#lowestFullLevel();
    if (level === this.#levelCount - 1) this.#addTopLevel();
    this.#compact(level);
    this.#free = this.#starts[0]!;
  }

  #lowestFullLevel(): number {
    const starts = this.#starts;
    const top = this.#levelCount - 1;
    for (let l = 0; l <= top; l++) if (starts[l + 1]! - starts[l]! >= this.#capacities[top - l]!) return l;
    // All full together, none alone: rounding of capacities never lets that happen, an uneven fill may.
    let widest = 0;
    for (let l = 1; l < this.#levelCount; l++) {
      const size = (i: number) => starts[i + 1]! - starts[i]!;
      if (size(l) > size(widest)) widest = l;
    }
    return widest;
  }

  /** Grows the array at its front by what one more level adds to the total capacity. */
  #addTopLevel(): void {
    invariant(this.#levelCount < LEVELS_MAX, "a KLL sketch outgrew 2^61 numbers");
    const grown = totalCapacity(this.k, this.#levelCount + 1);
    const delta = grown - this.#items.length;
    const items = new Float64Array(grown);
    items.set(this.#items.subarray(this.#starts[0]!), this.#starts[0]! + delta);
    this.#items = items;
    for (let l = 0; l <= this.#levelCount; l++) this.#starts[l]! += delta;
    this.#levelCount++;
    this.#starts[this.#levelCount] = grown;
    this.#free = this.#starts[0]!;
  }

  #sortLevel0(from: number, end: number): void {
    sortChunk(this.#items, from, end, this.#splitters);
    if (end - from < CHUNK_LENGTH_MIN) return;
    this.#splitters ??= new Float64Array(SPLITTER_COUNT);
    splittersOf(this.#items, from, end, this.#splitters);
  }

  #compact(level: number): void {
    const starts = this.#starts;
    const items = this.#items;
    const begin = starts[level]!;
    const end = starts[level + 1]!;
    const odd = (end - begin) & 1;
    const half = (end - begin - odd) >>> 1;
    const from = begin + odd;
    const above = starts[level + 2]! - end;
    if (level === 0 && !this.#level0Sorted) this.#sortLevel0(from, end);
    if (above === 0) halveUp(items, from, half, this.#flip());
    else {
      halveDown(items, from, half, this.#flip());
      mergeRuns(items, from, half, end, above);
    }
    this.rankVariance += SQUARED_WEIGHTS[level]!;
    starts[level + 1] = end - half;
    starts[level] = end - half - odd;
    // The odd one stays behind at this level.
    if (odd === 1) items[end - half - 1] = items[begin]!;
    if (level > 0) {
      moveRange(items, starts[0]!, begin, half);
      for (let l = 0; l < level; l++) starts[l]! += half;
    }
  }

  #mergeIntoLevel0(run: Float64Array, length: number): void {
    const starts = this.#starts;
    if (!this.#level0Sorted) this.#sortLevel0(starts[0]!, starts[1]!);
    const begin = starts[0]!;
    starts[0] = begin - length;
    this.#free = starts[0];
    mergeStrided(this.#items, starts[0]!, begin, starts[1]! - begin, run, length, 1, 0);
    this.#level0Sorted = true;
  }

  /** Puts `thinned` numbers of the run into `level`; the levels below move down to make the room. */
  #mergeIntoLevel(level: number, run: Float64Array, thinned: number): void {
    const starts = this.#starts;
    const begin = starts[level]!;
    let offset = 0;
    for (let l = 0; l < level; l++) {
      offset += this.#flip() << l;
      this.rankVariance += SQUARED_WEIGHTS[l]!;
    }
    moveRange(this.#items, starts[0]!, begin, -thinned);
    for (let l = 0; l <= level; l++) starts[l]! -= thinned;
    this.#free = starts[0]!;
    const above = starts[level + 1]! - begin;
    mergeStrided(this.#items, begin - thinned, begin, above, run, thinned, 1 << level, offset);
  }

  /** Takes over ascending levels of any size. */
  #adopt(levels: Float64Array[]): void {
    const fitted = fitLevels(levels, this.#capacities, () => this.#flip());
    this.rankVariance += fitted.rankVariance;
    this.#level0Sorted = true;
    const sizes = fitted.levels.map((level) => level.length);
    this.#place(concat(fitted.levels), sizes);
  }

  #place(items: Float64Array, levelSizes: readonly number[]): void {
    this.#levelCount = levelSizes.length;
    const capacity = Math.max(totalCapacity(this.k, levelSizes.length), items.length);
    this.#items = new Float64Array(capacity);
    this.#items.set(items, capacity - items.length);
    this.#starts[0] = capacity - items.length;
    this.#free = this.#starts[0];
    levelSizes.forEach((size, l) => {
      this.#starts[l + 1] = this.#starts[l]! + size;
    });
  }
}
