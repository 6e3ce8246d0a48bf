/**
 * Many profiles as one list of numbers and one of names: what a database takes and gives back as two values instead of
 * some forty for each profile. Only what cannot be derived is in it; nobody selects from it (columns are codec.ts's).
 *
 * Of each profile, in this order: the scalars, the length of each list, the lists. A number that is not finite is NaN.
 */
import { invariant } from "../base/errors.ts";
import type { Profile } from "./profile.ts";
import { packRegisters, unpackRegisters } from "./register-columns.ts";
import { onesOf, sharedName } from "./shared-lists.ts";

const SCALARS = 21;
const LISTS = 6;
const NO_NUMBERS = new Float64Array(0);

/** Writes profiles one after another. */
export class ProfileListWriter {
  #numbers = new Float64Array(256);
  #length = 0;

  /** Numbers written so far. */
  get length(): number {
    return this.#length;
  }

  /** The names of its categories are the caller's to keep. */
  add(profile: Profile): void {
    const { quantiles, categories, histogram } = profile;
    const isExact = quantiles.weights.every((weight) => weight === 1);
    const lists = [
      quantiles.items,
      isExact ? NO_NUMBERS : quantiles.weights,
      categories.counts,
      categories.distinct === null ? NO_NUMBERS : packRegisters(categories.distinct.registers),
      histogram?.edges ?? NO_NUMBERS,
      histogram?.counts ?? NO_NUMBERS,
    ];
    this.#reserve(SCALARS + LISTS + lists.reduce((sum, list) => sum + list.length, 0));
    for (const scalar of scalarsOf(profile)) this.#push(Number.isFinite(scalar) ? scalar : Number.NaN);
    for (const list of lists) this.#push(list.length);
    for (const list of lists) {
      this.#numbers.set(list, this.#length);
      this.#length += list.length;
    }
  }

  /** All numbers, in a list of their own; the writer begins anew. */
  take(): Float64Array {
    const taken = this.#numbers.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #push(value: number): void {
    this.#numbers[this.#length++] = value;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#numbers.length) return;
    const larger = new Float64Array(Math.max(needed, 2 * this.#numbers.length));
    larger.set(this.#numbers.subarray(0, this.#length));
    this.#numbers = larger;
  }
}

/** Reads back what {@link ProfileListWriter} wrote. */
export class ProfileListReader {
  readonly #numbers: Float64Array;
  #at = 0;

  constructor(numbers: Float64Array) {
    this.#numbers = numbers;
  }

  /** @param names of its categories. */
  next(names: readonly string[]): Profile {
    const from = this.#at;
    const numbers = this.#numbers;
    invariant(from + SCALARS + LISTS <= numbers.length, "a list of profiles ends within a profile");
    const at = (i: number) => numbers[from + i]!;
    this.#at = from + SCALARS + LISTS;
    const list = (i: number) => this.#take(at(SCALARS + i));
    const [items, weights, counts, registers] = [list(0), list(1), list(2), list(3)];
    const [edges, histogramCounts] = [list(4), list(5)];
    return {
      presentCount: at(0),
      nullCount: at(1),
      nullElementCount: at(2),
      numberCount: at(3),
      stringCount: at(4),
      booleanCount: at(5),
      nonFiniteCount: at(6) + at(7) + at(8),
      nanCount: at(6),
      positiveInfinityCount: at(7),
      negativeInfinityCount: at(8),
      zeroCount: at(9),
      emptyCount: at(10),
      min: at(11),
      max: at(12),
      mean: at(13),
      m2: at(14),
      m3: at(15),
      m4: at(16),
      quantiles: {
        k: at(17),
        items,
        weights: weights.length === 0 ? onesOf(items.length) : weights,
        rankVariance: at(18),
      },
      categories: {
        namesMax: at(19),
        names: names.map(sharedName),
        counts,
        errorMax: at(20),
        distinct: registers.length === 0 ? null : unpackRegisters(registers),
      },
      histogram: edges.length === 0 ? null : { edges, counts: histogramCounts },
    };
  }

  /** A copy, so that one list that is kept does not keep all. */
  #take(length: number): Float64Array {
    invariant(this.#at + length <= this.#numbers.length, "a list of profiles ends within a profile");
    const taken = this.#numbers.slice(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }
}

function scalarsOf(p: Profile): readonly number[] {
  return [
    p.presentCount,
    p.nullCount,
    p.nullElementCount,
    p.numberCount,
    p.stringCount,
    p.booleanCount,
    p.nanCount,
    p.positiveInfinityCount,
    p.negativeInfinityCount,
    p.zeroCount,
    p.emptyCount,
    p.min,
    p.max,
    p.mean,
    p.m2,
    p.m3,
    p.m4,
    p.quantiles.k,
    p.quantiles.rankVariance,
    p.categories.namesMax,
    p.categories.errorMax,
  ];
}
