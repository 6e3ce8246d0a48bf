/** The categories of one series that has too many: frequent strings with an error, and HyperLogLog of all. */
import { categoryName } from "./categories.ts";
import { raiseByCoupon } from "./distinct.ts";
import { FrequentStrings } from "./frequent-strings.ts";
import { couponOfString } from "./hll-coupon.ts";
import { DISTINCT_LG_K } from "./profile.ts";

export class CategoryOverflow {
  readonly frequent: FrequentStrings;
  readonly registers = new Uint8Array(1 << DISTINCT_LG_K);

  /** @param namesMax names to keep; the map holds at least so many. @param entries the counts so far. */
  constructor(namesMax: number, entries: Iterable<[string, number]>) {
    this.frequent = new FrequentStrings(lgMapFor(namesMax));
    for (const [name, count] of entries) this.#add(name, count);
  }

  add(value: string): void {
    this.#add(categoryName(value), 1);
  }

  #add(name: string, count: number): void {
    // A name that is held was hashed when it came in: once for each time that it enters, not for each record.
    if (!this.frequent.has(name)) raiseByCoupon(this.registers, couponOfString(name));
    this.frequent.update(name, count);
  }
}

/** Lg of the smallest map of which three quarters hold `namesMax` names. */
export function lgMapFor(namesMax: number): number {
  return Math.max(3, Math.ceil(Math.log2(namesMax / 0.75)));
}
