/**
 * Counts by (series, category) of all short category series in one hash table. A category's text is kept once,
 * whatever series it is in, and only while one of them has it, so the table is bounded by the open series.
 */
import { categoryName } from "./categories.ts";

const NONE = -1;
const LOAD_MAX = 0.75;
const RECENT_BITS = 11;
const RECENT = 1 << RECENT_BITS;
/** From this length on, a string may be a slice that keeps a whole batch alive; a copy does not. */
const SLICE_LENGTH_MIN = 13;
/** Strings lie in memory in several ways, and the engine looks up a method of them anew each time: this is found once. */
const { charCodeAt } = String.prototype;

export class CategoryTable {
  /** Category numbers by text. */
  readonly #ids = new Map<string, number>();
  readonly #names: string[] = [];
  /** Entries that have the category; at 0 it is forgotten. */
  readonly #uses: number[] = [];
  readonly #freeIds: number[] = [];
  #buckets = new Int32Array(1024).fill(NONE);
  // Entries, as columns; a free one has the series -1. `#next` chains a bucket, or the free ones; `#older` a series.
  #series = new Int32Array(512);
  #category = new Int32Array(512);
  #count = new Float64Array(512);
  #next = new Int32Array(512);
  #older = new Int32Array(512);
  /** Entries counted lately, by series and a glance at the text: most strings of a stream are found here. */
  readonly #recent = new Int32Array(RECENT).fill(NONE);
  #used = 0;
  #freeEntry = NONE;
  #entryCount = 0;

  /**
   * Counts one `value` of `series`, whose newest entry is `newest`.
   * @returns `newest`, or the entry that was made for it.
   */
  add(series: number, newest: number, value: string): number {
    const place = recentPlace(series, value);
    const recent = this.#recent[place]!;
    if (
      recent !== NONE &&
      this.#series[recent] === series &&
      this.#names[this.#category[recent]!] === value
    ) {
      this.#count[recent]!++;
      return newest;
    }
    return this.#addAnew(series, newest, value, place);
  }

  #addAnew(series: number, newest: number, value: string, place: number): number {
    const id = this.#ids.get(value);
    if (id !== undefined) {
      for (
        let entry = this.#buckets[this.#bucketOf(series, id)]!;
        entry !== NONE;
        entry = this.#next[entry]!
      ) {
        if (this.#category[entry] === id && this.#series[entry] === series) {
          this.#count[entry]!++;
          this.#recent[place] = entry;
          return newest;
        }
      }
      return this.#insert(series, newest, id);
    }
    const name = categoryName(value);
    // A very long string is known by its shorter name, and its own text is not kept.
    if (name !== value) return this.add(series, newest, name);
    return this.#insert(series, newest, this.#intern(name));
  }

  /** Names and counts of a series, newest name first. */
  *entries(newest: number): IterableIterator<[string, number]> {
    for (let entry = newest; entry !== NONE; entry = this.#older[entry]!) {
      yield [this.#names[this.#category[entry]!]!, this.#count[entry]!];
    }
  }

  /** Forgets a series. */
  release(newest: number): void {
    for (let entry = newest; entry !== NONE; ) {
      const older = this.#older[entry]!;
      this.#unlink(entry);
      this.#dropUse(this.#category[entry]!);
      this.#series[entry] = NONE;
      this.#next[entry] = this.#freeEntry;
      this.#freeEntry = entry;
      this.#entryCount--;
      entry = older;
    }
  }

  #insert(series: number, newest: number, id: number): number {
    if (this.#entryCount >= this.#buckets.length * LOAD_MAX) this.#rehash();
    let entry = this.#freeEntry;
    if (entry === NONE) {
      entry = this.#used++;
      if (entry === this.#series.length) this.#growEntries();
    } else this.#freeEntry = this.#next[entry]!;
    const bucket = this.#bucketOf(series, id);
    this.#series[entry] = series;
    this.#category[entry] = id;
    this.#count[entry] = 1;
    this.#next[entry] = this.#buckets[bucket]!;
    this.#older[entry] = newest;
    this.#buckets[bucket] = entry;
    this.#uses[id]!++;
    this.#entryCount++;
    return entry;
  }

  #bucketOf(series: number, id: number): number {
    const mixed = Math.imul(series, 0x9e3779b1) ^ Math.imul(id, 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & (this.#buckets.length - 1);
  }

  #unlink(entry: number): void {
    const bucket = this.#bucketOf(this.#series[entry]!, this.#category[entry]!);
    if (this.#buckets[bucket] === entry) {
      this.#buckets[bucket] = this.#next[entry]!;
      return;
    }
    let before = this.#buckets[bucket]!;
    while (this.#next[before] !== entry) before = this.#next[before]!;
    this.#next[before] = this.#next[entry]!;
  }

  #intern(value: string): number {
    const name = value.length < SLICE_LENGTH_MIN ? value : copyOf(value);
    const id = this.#freeIds.pop() ?? this.#names.length;
    this.#names[id] = name;
    this.#uses[id] = 0;
    this.#ids.set(name, id);
    return id;
  }

  #dropUse(id: number): void {
    this.#uses[id]!--;
    if (this.#uses[id] !== 0) return;
    this.#ids.delete(this.#names[id]!);
    this.#names[id] = "";
    this.#freeIds.push(id);
  }

  #rehash(): void {
    this.#buckets = new Int32Array(this.#buckets.length * 2).fill(NONE);
    for (let entry = 0; entry < this.#used; entry++) {
      if (this.#series[entry] === NONE) continue;
      const bucket = this.#bucketOf(this.#series[entry]!, this.#category[entry]!);
      this.#next[entry] = this.#buckets[bucket]!;
      this.#buckets[bucket] = entry;
    }
  }

  #growEntries(): void {
    const size = this.#series.length * 2;
    this.#series = grown(this.#series, new Int32Array(size));
    this.#category = grown(this.#category, new Int32Array(size));
    this.#count = grown(this.#count, new Float64Array(size));
    this.#next = grown(this.#next, new Int32Array(size));
    this.#older = grown(this.#older, new Int32Array(size));
  }
}

function recentPlace(series: number, value: string): number {
  const { length } = value;
  const glance =
    length === 0 ? 0 : (charCodeAt.call(value, 0) << 16) ^ (charCodeAt.call(value, length - 1) << 8) ^ length;
  return Math.imul(series ^ Math.imul(glance, 0x85ebca6b), 0x9e3779b1) >>> (32 - RECENT_BITS);
}

function grown<A extends Int32Array | Float64Array>(from: A, into: A): A {
  into.set(from);
  return into;
}

/** A flat copy; UTF-16, so that a lone surrogate survives. */
function copyOf(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
