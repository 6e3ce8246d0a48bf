/** Union of HyperLogLog sketches of any lgK and type. Registers fold down to the smallest lgK among them. */

import type { HllRegisters, HllType } from "./hll.ts";
import { HllSketch, newRegisters, raiseRegister } from "./hll.ts";
import { SLOT_BITS } from "./hll-coupon.ts";

export class HllUnion {
  readonly lgKMax: number;
  #gadget: HllSketch;

  constructor(lgKMax: number) {
    this.lgKMax = lgKMax;
    this.#gadget = new HllSketch(lgKMax, 8);
  }

  add(sketch: HllSketch): void {
    if (sketch.isEmpty) return;
    if (sketch.registers === null) {
      sketch.forEachCoupon((coupon) => this.#gadget.updateCoupon(coupon));
      return;
    }
    const folded = sketch.lgK > this.lgKMax ? downsample(sketch, this.lgKMax) : sketch.as(8);
    if (this.#gadget.registers === null) {
      // Few coupons here, registers there: those take these in and keep their history.
      this.#gadget.forEachCoupon((coupon) => folded.updateCoupon(coupon));
      this.#gadget = folded;
      return;
    }
    this.#gadget = maximumOf(this.#gadget, folded);
  }

  result(type: HllType = 8): HllSketch {
    return this.#gadget.as(type);
  }
}

function downsample(sketch: HllSketch, lgK: number): HllSketch {
  const registers = newRegisters(lgK);
  const mask = (1 << lgK) - 1;
  sketch.forEachCoupon((coupon) => raiseRegister(registers, coupon & mask, coupon >>> SLOT_BITS));
  const { outOfOrder, hipAccumulator } = sketch.registers!;
  registers.outOfOrder = outOfOrder;
  registers.hipAccumulator = hipAccumulator;
  return HllSketch.ofRegisters(lgK, 8, registers);
}

function maximumOf(a: HllSketch, b: HllSketch): HllSketch {
  const lgK = Math.min(a.lgK, b.lgK);
  const values = new Uint8Array(1 << lgK);
  for (const source of [a, b]) {
    source.registers!.values.forEach((value, slot) => {
      const at = slot & (values.length - 1);
      if (value > values[at]!) values[at] = value;
    });
  }
  return HllSketch.ofRegisters(lgK, 8, registersOf(values));
}

/** Register state recomputed from the values alone, as after a union. */
export function registersOf(values: Uint8Array): HllRegisters {
  let kxq0 = values.length;
  let kxq1 = 0;
  let zeroCount = 0;
  for (const value of values) {
    if (value === 0) zeroCount++;
    else {
      kxq0 -= 1;
      if (value < 32) kxq0 += 2 ** -value;
      else kxq1 += 2 ** -value;
    }
  }
  return { values, hipAccumulator: 0, kxq0, kxq1, zeroCount, outOfOrder: true };
}
