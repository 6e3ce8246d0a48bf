/** How many distinct strings and booleans a profile has seen (DistinctSummary). */

import type { HllSketch } from "./hll.ts";
import { COUPON_NONE, couponOfString, SLOT_BITS } from "./hll-coupon.ts";
import { compositeEstimate } from "./hll-estimate.ts";
import { registersOf } from "./hll-union.ts";
import type { CategorySummary, DistinctSummary, Profile } from "./profile.ts";
import { DISTINCT_LG_K } from "./profile.ts";

/** Exact while every name is kept, else an estimate (1.6% standard error). */
export function distinctCountOf(profile: Pick<Profile, "categories" | "emptyCount">): number {
  const { names, distinct } = profile.categories;
  if (distinct === null) return names.length;
  const estimate = Math.round(compositeEstimate(distinct.lgK, registersOf(distinct.registers)));
  // HyperLogLog does not count the empty string.
  return Math.max(names.length, estimate + (profile.emptyCount > 0 ? 1 : 0));
}

/** All names of all parts; parts that are exact give theirs, the others their registers. */
export function mergeDistinct(parts: readonly CategorySummary[]): DistinctSummary {
  const lgK = Math.min(DISTINCT_LG_K, ...parts.map((part) => part.distinct?.lgK ?? DISTINCT_LG_K));
  const registers = new Uint8Array(1 << lgK);
  for (const { distinct, names } of parts) {
    if (distinct === null) {
      for (const name of names) raiseByCoupon(registers, couponOfString(name));
      continue;
    }
    distinct.registers.forEach((value, slot) => {
      const at = slot & (registers.length - 1);
      if (value > registers[at]!) registers[at] = value;
    });
  }
  return { lgK, registers };
}

export function raiseByCoupon(registers: Uint8Array, coupon: number): void {
  if (coupon === COUPON_NONE) return;
  const slot = coupon & (registers.length - 1);
  if (coupon >>> SLOT_BITS > registers[slot]!) registers[slot] = coupon >>> SLOT_BITS;
}

/** Registers of the given names, and of those that `others` have seen. */
export function registersOfNames(names: Iterable<string>, others?: Uint8Array): Uint8Array {
  const registers = others?.slice() ?? new Uint8Array(1 << DISTINCT_LG_K);
  for (const name of names) raiseByCoupon(registers, couponOfString(name));
  return registers;
}

/** Registers of an HLL sketch made elsewhere, folded to our size where it is larger. */
export function registersOfSketch(sketch: HllSketch): DistinctSummary {
  const lgK = Math.min(sketch.lgK, DISTINCT_LG_K);
  const registers = new Uint8Array(1 << lgK);
  sketch.forEachCoupon((coupon) => raiseByCoupon(registers, coupon));
  return { lgK, registers };
}
