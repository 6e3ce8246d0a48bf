/**
 * HyperLogLog: how many distinct inputs, in 2^lgK registers. Same hash, coupons, estimators and binary format as
 * Apache DataSketches (hll-format.ts).
 *
 * Three modes by content: a list of up to 8 coupons, a hash set of coupons, registers. In memory a register is one
 * byte whatever the type; HLL_4 and HLL_6 pack them only when serialised, so types differ in bytes, not in answers.
 */
import { InvariantError, invariant } from "../base/errors.ts";
import {
  COUPON_NONE,
  couponOfDouble,
  couponOfInteger,
  couponOfString,
  SLOT_BITS,
  SLOT_MASK,
} from "./hll-coupon.ts";
import { compositeEstimate, couponEstimate, hllBounds } from "./hll-estimate.ts";

const INVERSE_POWERS = Float64Array.from({ length: 64 }, (_, value) => 2 ** -value);

export type HllType = 4 | 6 | 8;
export type HllMode = "list" | "set" | "registers";

export const HLL_LG_K_MIN = 4;
export const HLL_LG_K_MAX = 21;
export const LIST_LG_SIZE = 3;
export const SET_LG_SIZE_MIN = 5;
/** Below it a sketch goes from list to registers at once: a set would be as large. */
const SET_LG_K_MIN = 8;

/** Everything that the format stores of a sketch in register mode. */
export interface HllRegisters {
  readonly values: Uint8Array;
  /** Historic inverse probability: the estimate that counts each change of a register; 0 when out of order. */
  hipAccumulator: number;
  /** Sum of 2^-value over the registers below 32, and over the others: apart, so that neither loses digits. */
  kxq0: number;
  kxq1: number;
  zeroCount: number;
  /** True after a union of registers: the history that HIP needs is gone. */
  outOfOrder: boolean;
}

export class HllSketch {
  readonly lgK: number;
  readonly type: HllType;
  #mode: HllMode = "list";
  #coupons = new Int32Array(1 << LIST_LG_SIZE);
  #couponCount = 0;
  #registers: HllRegisters | null = null;

  constructor(lgK: number, type: HllType = 8) {
    invariant(
      Number.isInteger(lgK) && lgK >= HLL_LG_K_MIN && lgK <= HLL_LG_K_MAX,
      `lgK ${lgK} is not 4 to 21`,
    );
    this.lgK = lgK;
    this.type = type;
  }

  /** A sketch in register mode that takes over `registers`. */
  static ofRegisters(lgK: number, type: HllType, registers: HllRegisters): HllSketch {
    const sketch = new HllSketch(lgK, type);
    invariant(registers.values.length === 1 << lgK, "an HLL sketch has 2^lgK registers");
    sketch.#mode = "registers";
    sketch.#registers = registers;
    return sketch;
  }

  get mode(): HllMode {
    return this.#mode;
  }

  get isEmpty(): boolean {
    return this.#registers === null && this.#couponCount === 0;
  }

  get couponCount(): number {
    return this.#couponCount;
  }

  /** The list or hash table of coupons, 0 where free. */
  get couponTable(): Readonly<Int32Array> {
    return this.#coupons;
  }

  get registers(): Readonly<HllRegisters> | null {
    return this.#registers;
  }

  updateString(text: string): void {
    this.updateCoupon(couponOfString(text));
  }

  updateDouble(value: number): void {
    this.updateCoupon(couponOfDouble(value));
  }

  updateInteger(value: number): void {
    this.updateCoupon(couponOfInteger(value));
  }

  /** Hash once, count often: callers that see a string again keep its coupon. */
  updateCoupon(coupon: number): void {
    if (coupon === COUPON_NONE) return;
    if (this.#registers !== null)
      raiseRegister(this.#registers, coupon & ((1 << this.lgK) - 1), coupon >>> SLOT_BITS);
    else if (this.#mode === "list") this.#addToList(coupon);
    else this.#addToSet(coupon);
  }

  estimate(): number {
    if (this.#registers === null) return couponEstimate(this.#couponCount);
    if (!this.#registers.outOfOrder) return this.#registers.hipAccumulator;
    return compositeEstimate(this.lgK, this.#registers);
  }

  /** @param deviations 1, 2 or 3 standard deviations. */
  bounds(deviations: 1 | 2 | 3): { lower: number; upper: number } {
    return hllBounds(this, deviations);
  }

  /** Calls `visit` with the coupon of every entry: coupons as they lie, or slot and value of each register. */
  forEachCoupon(visit: (coupon: number) => void): void {
    if (this.#registers === null) {
      for (const coupon of this.#coupons) if (coupon !== COUPON_NONE) visit(coupon);
      return;
    }
    const { values } = this.#registers;
    for (let slot = 0; slot < values.length; slot++) {
      if (values[slot] !== 0) visit((values[slot]! << SLOT_BITS) | slot);
    }
  }

  /** The same content as another type. */
  as(type: HllType): HllSketch {
    const copy = new HllSketch(this.lgK, type);
    copy.#mode = this.#mode;
    copy.#coupons = this.#coupons.slice();
    copy.#couponCount = this.#couponCount;
    copy.#registers = this.#registers && { ...this.#registers, values: this.#registers.values.slice() };
    return copy;
  }

  #addToList(coupon: number): void {
    if (this.#coupons.subarray(0, this.#couponCount).includes(coupon)) return;
    this.#coupons[this.#couponCount++] = coupon;
    if (this.#couponCount < this.#coupons.length) return;
    if (this.lgK < SET_LG_K_MIN) this.#toRegisters();
    else this.#rehash(SET_LG_SIZE_MIN);
  }

  #addToSet(coupon: number): void {
    const at = findCoupon(this.#coupons, coupon);
    if (at >= 0) return;
    this.#coupons[~at] = coupon;
    this.#couponCount++;
    if (4 * this.#couponCount <= 3 * this.#coupons.length) return;
    if (this.#coupons.length === 1 << (this.lgK - 3)) this.#toRegisters();
    else this.#rehash(Math.log2(this.#coupons.length) + 1);
  }

  #rehash(lgSize: number): void {
    const table = new Int32Array(1 << lgSize);
    this.forEachCoupon((coupon) => {
      table[~findCoupon(table, coupon)] = coupon;
    });
    this.#coupons = table;
    this.#mode = "set";
  }

  #toRegisters(): void {
    const registers = newRegisters(this.lgK);
    const mask = (1 << this.lgK) - 1;
    this.forEachCoupon((coupon) => raiseRegister(registers, coupon & mask, coupon >>> SLOT_BITS));
    registers.hipAccumulator = couponEstimate(this.#couponCount);
    this.#registers = registers;
    this.#mode = "registers";
    this.#coupons = new Int32Array(0);
    this.#couponCount = 0;
  }
}

export function newRegisters(lgK: number): HllRegisters {
  const count = 1 << lgK;
  return {
    values: new Uint8Array(count),
    hipAccumulator: 0,
    kxq0: count,
    kxq1: 0,
    zeroCount: count,
    outOfOrder: false,
  };
}

/** Raises a register to `value` where it is lower, and keeps the sums that the estimators need. */
export function raiseRegister(registers: HllRegisters, slot: number, value: number): void {
  const old = registers.values[slot]!;
  if (value <= old) return;
  registers.values[slot] = value;
  registers.hipAccumulator += registers.values.length / (registers.kxq0 + registers.kxq1);
  if (old < 32) registers.kxq0 -= INVERSE_POWERS[old]!;
  else registers.kxq1 -= INVERSE_POWERS[old]!;
  if (value < 32) registers.kxq0 += INVERSE_POWERS[value]!;
  else registers.kxq1 += INVERSE_POWERS[value]!;
  if (old === 0) registers.zeroCount--;
}

/** Where `coupon` is, or ~ the free place where it belongs. The table always has a free place. */
function findCoupon(table: Int32Array, coupon: number): number {
  const mask = table.length - 1;
  const stride = ((coupon & SLOT_MASK) >>> Math.log2(table.length)) | 1;
  let at = coupon & mask;
  for (let probe = 0; probe <= mask; probe++) {
    if (table[at] === COUPON_NONE) return ~at;
    if (table[at] === coupon) return at;
    at = (at + stride) & mask;
  }
  throw new InvariantError("the coupon table is full");
}
