/**
 * The open profiles of a process: values come in one by one, a sealed profile comes out.
 *
 * A series is a number, not an object, so that a hundred thousand of them stay small. Sealing reads and changes
 * nothing; releasing gives the room back. Deterministic: the seed and the values in their order decide every bit.
 */
import { invariant } from "../base/errors.ts";
import { categoryName, summaryOfCounts } from "./categories.ts";
import { addMoments, momentsOf, zeroMoments } from "./moments.ts";
import type { Profile, QuantileSummary } from "./profile.ts";
import { CATEGORIES_MAX_DEFAULT, KLL_K_DEFAULT } from "./profile.ts";
import { mergeQuantiles } from "./quantiles.ts";
import { sampleOfRun } from "./weighted.ts";

export interface ArenaOptions {
  /** Distinct numbers kept exactly, and the k of the sketch beyond. @default 1024 */
  readonly k?: number;
  /** Distinct strings counted exactly. @default 384 */
  readonly categoriesMax?: number;
}

interface OpenSeries {
  readonly seed: number;
  presentCount: number;
  nullCount: number;
  nullElementCount: number;
  stringCount: number;
  trueCount: number;
  falseCount: number;
  nanCount: number;
  positiveInfinityCount: number;
  negativeInfinityCount: number;
  zeroCount: number;
  emptyCount: number;
  numbers: number[];
  folded: QuantileSummary | null;
  moments: ReturnType<typeof zeroMoments>;
  foldCount: number;
  min: number;
  max: number;
  categories: Map<string, number>;
}

export class ProfileArena {
  readonly #k: number;
  readonly #categoriesMax: number;
  readonly #series: (OpenSeries | undefined)[] = [];
  readonly #free: number[] = [];
  #liveCount = 0;

  constructor(options: ArenaOptions = {}) {
    this.#k = options.k ?? KLL_K_DEFAULT;
    this.#categoriesMax = options.categoriesMax ?? CATEGORIES_MAX_DEFAULT;
  }

  /** Series that are open. */
  get liveCount(): number {
    return this.#liveCount;
  }

  /** A new, empty series. @param seed of its coins: a hash of what the series is, so that replays agree. */
  open(seed: number): number {
    const series = this.#free.pop() ?? this.#series.length;
    this.#series[series] = newSeries(seed);
    this.#liveCount++;
    return series;
  }

  /** A record whose value is a number. */
  addNumber(series: number, value: number): void {
    this.#series[series]!.presentCount++;
    this.addElementNumber(series, value);
  }

  addString(series: number, value: string): void {
    this.#series[series]!.presentCount++;
    this.addElementString(series, value);
  }

  addBoolean(series: number, value: boolean | number): void {
    this.#series[series]!.presentCount++;
    this.addElementBoolean(series, value);
  }

  addNull(series: number): void {
    const s = this.#series[series]!;
    s.presentCount++;
    s.nullCount++;
  }

  /** A record that has the feature as an array: once per record, beside its elements. */
  addPresent(series: number): void {
    this.#series[series]!.presentCount++;
  }

  /** An element of an array; like the other `addElement…`, it leaves the count of records alone. */
  addElementNumber(series: number, value: number): void {
    const s = this.#series[series]!;
    if (value - value !== 0) {
      if (Number.isNaN(value)) s.nanCount++;
      else if (value > 0) s.positiveInfinityCount++;
      else s.negativeInfinityCount++;
      return;
    }
    if (value === 0) s.zeroCount++;
    if (!(value >= s.min)) s.min = value;
    if (!(value <= s.max)) s.max = value;
    // -0 becomes +0, so that equal numbers have equal bits.
    s.numbers.push(value + 0);
    if (s.numbers.length === 4096) this.#fold(s);
  }

  addElementString(series: number, value: string): void {
    const s = this.#series[series]!;
    s.stringCount++;
    if (value === "") s.emptyCount++;
    const name = categoryName(value);
    s.categories.set(name, (s.categories.get(name) ?? 0) + 1);
  }

  addElementBoolean(series: number, value: boolean | number): void {
    const s = this.#series[series]!;
    if (value) s.trueCount++;
    else s.falseCount++;
  }

  addElementNull(series: number): void {
    this.#series[series]!.nullElementCount++;
  }

  /** The profile of all that was added so far. The series stays open and unchanged. */
  seal(series: number): Profile {
    const open = this.#series[series];
    invariant(open, `series ${series} is not open`);
    const s: OpenSeries = { ...open, moments: { ...open.moments } };
    this.#fold(s);
    const nonFiniteCount = s.nanCount + s.positiveInfinityCount + s.negativeInfinityCount;
    const counts = new Map(s.categories);
    if (s.trueCount > 0) counts.set("true", (counts.get("true") ?? 0) + s.trueCount);
    if (s.falseCount > 0) counts.set("false", (counts.get("false") ?? 0) + s.falseCount);
    const some = s.moments.count > 0;
    return {
      presentCount: s.presentCount,
      nullCount: s.nullCount,
      nullElementCount: s.nullElementCount,
      numberCount: s.moments.count + nonFiniteCount,
      stringCount: s.stringCount,
      booleanCount: s.trueCount + s.falseCount,
      nonFiniteCount,
      nanCount: s.nanCount,
      positiveInfinityCount: s.positiveInfinityCount,
      negativeInfinityCount: s.negativeInfinityCount,
      zeroCount: s.zeroCount,
      emptyCount: s.emptyCount,
      min: s.min + 0,
      max: s.max + 0,
      mean: some ? s.moments.mean : Number.NaN,
      m2: some ? s.moments.m2 : Number.NaN,
      m3: some ? s.moments.m3 : Number.NaN,
      m4: some ? s.moments.m4 : Number.NaN,
      quantiles: s.folded ?? {
        k: this.#k,
        items: new Float64Array(0),
        weights: new Float64Array(0),
        rankVariance: 0,
      },
      categories: summaryOfCounts(counts, this.#categoriesMax, 0),
      histogram: null,
    };
  }

  /** Gives the room of a series back. Its handle may be given out again. */
  release(series: number): void {
    invariant(this.#series[series], `series ${series} is not open`);
    this.#series[series] = undefined;
    this.#free.push(series);
    this.#liveCount--;
  }

  #fold(s: OpenSeries): void {
    if (s.numbers.length === 0) return;
    addMoments(s.moments, momentsOf(s.numbers, s.numbers.length));
    const ascending = sampleOfRun(Float64Array.from(s.numbers).sort(), s.numbers.length);
    const chunk = { k: this.#k, ...ascending, rankVariance: 0 };
    s.folded = mergeQuantiles(s.folded ? [s.folded, chunk] : [chunk], this.#k, s.seed + s.foldCount++);
    s.numbers = [];
  }
}

function newSeries(seed: number): OpenSeries {
  return {
    seed,
    presentCount: 0,
    nullCount: 0,
    nullElementCount: 0,
    stringCount: 0,
    trueCount: 0,
    falseCount: 0,
    nanCount: 0,
    positiveInfinityCount: 0,
    negativeInfinityCount: 0,
    zeroCount: 0,
    emptyCount: 0,
    numbers: [],
    folded: null,
    moments: zeroMoments(),
    foldCount: 0,
    min: Number.NaN,
    max: Number.NaN,
    categories: new Map(),
  };
}
