/**
 * The open profiles of a process: values come in one by one, a sealed profile comes out.
 *
 * A series is a number, not an object, so that a hundred thousand of them stay small: its common counters lie in columns,
 * its numbers in chained pages (number-pages.ts), its strings in one table (category-table.ts). Each full chunk of
 * 256 numbers is sorted and folded (folded-numbers.ts); a series that never fills one costs only its values.
 * Deterministic: the seed and the values in their order decide every bit.
 */
import { invariant } from "../base/errors.ts";
import { summaryOfCounts } from "./categories.ts";
import { CategoryOverflow } from "./category-overflow.ts";
import { CategoryTable } from "./category-table.ts";
import { CHUNK_LENGTH_MAX } from "./chunk-sort.ts";
import { registersOfNames } from "./distinct.ts";
import { FoldedNumbers } from "./folded-numbers.ts";
import { NO_PAGE, NumberPages, PAGE_LENGTH } from "./number-pages.ts";
import type { CategorySummary, Profile } from "./profile.ts";
import { CATEGORIES_MAX_DEFAULT, DISTINCT_LG_K, KLL_K_DEFAULT } from "./profile.ts";
import {
  EMPTY,
  FALSE,
  NAN,
  NEGATIVE_INFINITY,
  NULL,
  NULL_ELEMENT,
  POSITIVE_INFINITY,
  PRESENT,
  SeriesCounters,
  STRING,
  TRUE,
} from "./series-counters.ts";

export interface ArenaOptions {
  /** Distinct numbers kept exactly, and the k of the sketch beyond. @default 1024 */
  readonly k?: number;
  /** Distinct strings counted exactly. @default 384 */
  readonly categoriesMax?: number;
}

const CLOSED = 0;
/** Every number so far survives rounding to float32, and is kept as one. */
const NARROW = 1;
const WIDE = 2;
const NO_ENTRY = -1;

/** Rows to begin with: 4 MB of address space, of which the system gives only what is touched. */
const SERIES_START = 1 << 16;

const chunk = new Float64Array(CHUNK_LENGTH_MAX);

export class ProfileArena {
  readonly #k: number;
  readonly #categoriesMax: number;
  readonly #narrowPages = new NumberPages((length) => new Float32Array(length));
  readonly #widePages = new NumberPages((length) => new Float64Array(length));
  readonly #categories = new CategoryTable();
  readonly #counters = new SeriesCounters(SERIES_START);
  // One row a series.
  #state = new Uint8Array(SERIES_START);
  #seed = new Int32Array(SERIES_START);
  #lastPage = new Int32Array(SERIES_START);
  #chunkLength = new Uint16Array(SERIES_START);
  #newestEntry = new Int32Array(SERIES_START);
  #nameCount = new Uint16Array(SERIES_START);
  // What only long, or compared, or many-valued series have.
  /** Long series keep the numbers to be folded next in a chunk of their own, not in pages: one store a number. */
  readonly #folded: (FoldedNumbers | undefined)[] = [];
  readonly #edges = new Map<number, Float64Array>();
  readonly #overflow = new Map<number, CategoryOverflow>();
  readonly #free: number[] = [];
  #seriesCount = 0;
  #liveCount = 0;

  constructor(options: ArenaOptions = {}) {
    this.#k = options.k ?? KLL_K_DEFAULT;
    this.#categoriesMax = options.categoriesMax ?? CATEGORIES_MAX_DEFAULT;
    invariant(this.#categoriesMax >= 1 && this.#categoriesMax < 65_535, "categoriesMax must be 1 to 65534");
  }

  /** Series that are open. */
  get liveCount(): number {
    return this.#liveCount;
  }

  /**
   * A new, empty series.
   * @param seed of its coins: a hash of what the series is, so that replays agree.
   * @param edges frozen edges of a reference, for a histogram (histogram.ts); shared, not copied.
   */
  open(seed: number, edges?: Float64Array): number {
    const series = this.#free.pop() ?? this.#seriesCount++;
    if (series === this.#state.length) this.#grow();
    if (series === this.#folded.length) this.#folded.push(undefined);
    this.#state[series] = NARROW;
    this.#seed[series] = seed;
    this.#lastPage[series] = NO_PAGE;
    this.#newestEntry[series] = NO_ENTRY;
    if (edges !== undefined) this.#edges.set(series, edges);
    this.#liveCount++;
    return series;
  }

  /** A record whose value is a number. */
  addNumber(series: number, value: number): void {
    this.#counters.add(series, PRESENT);
    this.addElementNumber(series, value);
  }

  addString(series: number, value: string): void {
    this.#counters.add(series, PRESENT);
    this.addElementString(series, value);
  }

  addBoolean(series: number, value: boolean | number): void {
    this.#counters.add(series, PRESENT);
    this.addElementBoolean(series, value);
  }

  addNull(series: number): void {
    this.#counters.add(series, PRESENT);
    this.#counters.add(series, NULL);
  }

  /** A record whose value is null, which {@link addPresent} counts. */
  addNullValue(series: number): void {
    this.#counters.add(series, NULL);
  }

  /** Records that have the feature, apart from their values: the other `add…Value` and `addElement…` leave them alone. */
  addPresent(series: number, recordCount = 1): void {
    this.#counters.add(series, PRESENT, recordCount);
  }

  /** An element of an array; like the other `addElement…`, it leaves the count of records alone. */
  addElementNumber(series: number, value: number): void {
    if (value - value !== 0) {
      this.#counters.add(
        series,
        Number.isNaN(value) ? NAN : value > 0 ? POSITIVE_INFINITY : NEGATIVE_INFINITY,
      );
      return;
    }
    // -0 becomes +0, so that equal numbers have equal bits.
    const number = value + 0;
    const folded = this.#folded[series];
    if (folded !== undefined) {
      if (folded.add(number)) folded.foldPending();
      return;
    }
    this.#addToPage(series, number);
  }

  #addToPage(series: number, number: number): void {
    if (this.#state[series] === NARROW && Math.fround(number) !== number) this.#widen(series);
    const pages = this.#state[series] === NARROW ? this.#narrowPages : this.#widePages;
    const length = this.#chunkLength[series]!;
    const index = length & (PAGE_LENGTH - 1);
    if (index === 0) this.#lastPage[series] = pages.take(this.#lastPage[series]!);
    pages.set(this.#lastPage[series]!, index, number);
    this.#chunkLength[series] = length + 1;
    if (length + 1 === CHUNK_LENGTH_MAX) this.#foldChunk(series);
  }

  addElementString(series: number, value: string): void {
    this.#counters.add(series, STRING);
    if (value.length === 0) this.#counters.add(series, EMPTY);
    if (this.#nameCount[series]! > this.#categoriesMax) {
      this.#overflow.get(series)!.add(value);
      return;
    }
    const newest = this.#newestEntry[series]!;
    const entry = this.#categories.add(series, newest, value);
    if (entry === newest) return;
    this.#newestEntry[series] = entry;
    if (++this.#nameCount[series]! > this.#categoriesMax) this.#overflowCategories(series);
  }

  addElementBoolean(series: number, value: boolean | number): void {
    this.#counters.add(series, value ? TRUE : FALSE);
  }

  addElementNull(series: number): void {
    this.#counters.add(series, NULL_ELEMENT);
  }

  /** The profile of all that was added so far. The series stays open and unchanged. */
  seal(series: number): Profile {
    invariant(this.#state[series], `series ${series} is not open`);
    const counter = (column: number) => this.#counters.of(series, column);
    const numbers = this.#foldedNumbers(series).summary();
    const nonFiniteCount = counter(NAN) + counter(POSITIVE_INFINITY) + counter(NEGATIVE_INFINITY);
    const { count, mean, m2, m3, m4 } = numbers.moments;
    return {
      presentCount: counter(PRESENT),
      nullCount: counter(NULL),
      nullElementCount: counter(NULL_ELEMENT),
      numberCount: count + nonFiniteCount,
      stringCount: counter(STRING),
      booleanCount: counter(TRUE) + counter(FALSE),
      nonFiniteCount,
      nanCount: counter(NAN),
      positiveInfinityCount: counter(POSITIVE_INFINITY),
      negativeInfinityCount: counter(NEGATIVE_INFINITY),
      zeroCount: numbers.zeroCount,
      emptyCount: counter(EMPTY),
      min: numbers.min,
      max: numbers.max,
      mean: count === 0 ? Number.NaN : mean,
      m2: finiteOrNaN(count, m2),
      m3: finiteOrNaN(count, m3),
      m4: finiteOrNaN(count, m4),
      quantiles: numbers.quantiles,
      categories: this.#categorySummary(series),
      histogram: numbers.histogram?.summary(counter(NULL), nonFiniteCount) ?? null,
    };
  }

  /** Gives the room of a series back. Its handle may be given out again. */
  release(series: number): void {
    invariant(this.#state[series], `series ${series} is not open`);
    this.#releasePages(series);
    this.#categories.release(this.#newestEntry[series]!);
    this.#folded[series] = undefined;
    this.#edges.delete(series);
    this.#overflow.delete(series);
    this.#counters.clear(series);
    this.#nameCount[series] = 0;
    this.#state[series] = CLOSED;
    this.#free.push(series);
    this.#liveCount--;
  }

  /** The first full chunk: from here on the series is a long one. */
  #foldChunk(series: number): void {
    const folded = this.#newFolded(series);
    folded.fold(chunk, this.#gather(series));
    this.#folded[series] = folded;
    this.#releasePages(series);
  }

  /** All numbers of the series, also those that are not folded yet. */
  #foldedNumbers(series: number): FoldedNumbers {
    const folded = this.#folded[series];
    if (folded !== undefined) return folded.whole();
    const all = this.#newFolded(series);
    all.fold(chunk, this.#gather(series));
    return all;
  }

  #newFolded(series: number): FoldedNumbers {
    return new FoldedNumbers(this.#k, this.#seed[series]!, this.#edges.get(series) ?? null);
  }

  /** Copies the numbers in pages to `chunk`. */
  #gather(series: number): number {
    const length = this.#chunkLength[series]!;
    this.#pagesOf(series).gather(this.#lastPage[series]!, length, chunk);
    return length;
  }

  /** Moves the numbers in pages from floats to doubles: one came that floats cannot hold. */
  #widen(series: number): void {
    const length = this.#gather(series);
    this.#releasePages(series);
    this.#state[series] = WIDE;
    for (let i = 0; i < length; i++) {
      if ((i & (PAGE_LENGTH - 1)) === 0)
        this.#lastPage[series] = this.#widePages.take(this.#lastPage[series]!);
      this.#widePages.set(this.#lastPage[series]!, i & (PAGE_LENGTH - 1), chunk[i]!);
    }
    this.#chunkLength[series] = length;
  }

  #releasePages(series: number): void {
    this.#pagesOf(series).release(this.#lastPage[series]!);
    this.#lastPage[series] = NO_PAGE;
    this.#chunkLength[series] = 0;
  }

  #pagesOf(series: number): NumberPages<Float32Array> | NumberPages<Float64Array> {
    return this.#state[series] === NARROW ? this.#narrowPages : this.#widePages;
  }

  #overflowCategories(series: number): void {
    const newest = this.#newestEntry[series]!;
    // Oldest first, as they came: the order in which a purge looks at them.
    const entries = [...this.#categories.entries(newest)].reverse();
    this.#overflow.set(series, new CategoryOverflow(this.#categoriesMax, entries));
    this.#categories.release(newest);
    this.#newestEntry[series] = NO_ENTRY;
  }

  #categorySummary(series: number): CategorySummary {
    const overflow = this.#overflow.get(series);
    const counts = new Map(
      overflow?.frequent.entries() ?? this.#categories.entries(this.#newestEntry[series]!),
    );
    for (const [name, column] of [
      ["true", TRUE],
      ["false", FALSE],
    ] as const) {
      const count = this.#counters.of(series, column);
      if (count > 0) counts.set(name, (counts.get(name) ?? 0) + count);
    }
    return summaryOfCounts(counts, this.#categoriesMax, overflow?.frequent.offset ?? 0, () => ({
      lgK: DISTINCT_LG_K,
      registers: registersOfNames(counts.keys(), overflow?.registers),
    }));
  }

  #grow(): void {
    const size = this.#state.length * 2;
    const copy = <A extends Uint8Array | Uint16Array | Int32Array>(from: A, into: A): A => {
      into.set(from);
      return into;
    };
    this.#counters.grow(size);
    this.#state = copy(this.#state, new Uint8Array(size));
    this.#seed = copy(this.#seed, new Int32Array(size));
    this.#lastPage = copy(this.#lastPage, new Int32Array(size));
    this.#chunkLength = copy(this.#chunkLength, new Uint16Array(size));
    this.#newestEntry = copy(this.#newestEntry, new Int32Array(size));
    this.#nameCount = copy(this.#nameCount, new Uint16Array(size));
  }
}

/** NaN for no numbers, and for a power that left the range of doubles (numbers beyond 1e77). */
function finiteOrNaN(count: number, value: number): number {
  return count > 0 && Number.isFinite(value) ? value : Number.NaN;
}
