/**
 * HyperLogLog in the binary format of Apache DataSketches, little-endian:
 *
 *   0 preamble ints (2 list, 3 set, 10 registers) · 1 version 1 · 2 family 7 · 3 lgK · 4 lg of the table's size ·
 *   5 flags (4 empty, 8 compact, 16 out of order) · 6 coupons of a list, or lowest register (HLL_4) ·
 *   7 mode: bits 0–1 list, set, registers; bits 2–3 HLL_4, HLL_6, HLL_8
 *   list: coupons from 8 · set: count at 8, coupons from 12
 *   registers: 8 HIP · 16 and 24 sums of 2^-value · 32 registers at the lowest · 36 exceptions · 40 the registers;
 *   HLL_4 keeps 4 bits above the lowest, and those that need more as coupons behind.
 *
 * Compact tables hold their coupons only, updatable ones also the free places. We write the compact form and read
 * both.
 */

import type { HllRegisters, HllType } from "./hll.ts";
import { HLL_LG_K_MAX, HLL_LG_K_MIN, HllSketch, LIST_LG_SIZE, SET_LG_SIZE_MIN } from "./hll.ts";
import { SLOT_BITS, SLOT_MASK } from "./hll-coupon.ts";
import { registersOf } from "./hll-union.ts";
import { FAMILY_HLL, SketchReader } from "./sketch-bytes.ts";

const FLAG_EMPTY = 4;
const FLAG_COMPACT = 8;
const FLAG_OUT_OF_ORDER = 16;
const MODE_LIST = 0;
const MODE_SET = 1;
const MODE_REGISTERS = 2;
const REGISTERS_AT = 40;
const REGISTER_MAX = 63;
/** In HLL_4: the value is 15 or more above the lowest; see the exceptions. */
const EXCEPTION = 15;
/** Size of the exceptions' table to start with, by lgK; part of the format, since updatable files hold it. */
const EXCEPTION_LG_SIZES = [0, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 11, 12, 13];

export function serializeHll(sketch: HllSketch): Uint8Array {
  const bytes = sketch.registers === null ? couponBytes(sketch) : registerBytes(sketch, sketch.registers);
  bytes[1] = 1;
  bytes[2] = FAMILY_HLL;
  bytes[3] = sketch.lgK;
  bytes[5]! |= FLAG_COMPACT | (sketch.isEmpty ? FLAG_EMPTY : 0);
  bytes[7]! |= (sketch.type === 4 ? 0 : sketch.type === 6 ? 1 : 2) << 2;
  return bytes;
}

/** @throws {SketchCorruptError} on anything that no writer of the format can have made. */
export function deserializeHll(bytes: Uint8Array): HllSketch {
  const reader = new SketchReader(bytes, "HLL");
  reader.need(0, 8);
  const lgK = reader.u8(3);
  const mode = reader.u8(7) & 3;
  const typeBits = (reader.u8(7) >>> 2) & 3;
  const preambleInts = reader.u8(0);
  reader.check(reader.u8(1) === 1, `its version is ${reader.u8(1)}, not 1`);
  reader.check(reader.u8(2) === FAMILY_HLL, `its family is ${reader.u8(2)}, not ${FAMILY_HLL}`);
  reader.check(lgK >= HLL_LG_K_MIN && lgK <= HLL_LG_K_MAX, `lgK is ${lgK}`);
  reader.check(typeBits <= 2 && mode <= 2, `its mode byte is ${reader.u8(7)}`);
  reader.check(preambleInts === [2, 3, 10][mode], `its preamble has ${preambleInts} ints in mode ${mode}`);
  const type = ([4, 6, 8] as const)[typeBits]!;
  if (mode === MODE_REGISTERS) return HllSketch.ofRegisters(lgK, type, readRegisters(reader, lgK, type));
  return readCoupons(reader, lgK, type, mode);
}

function couponBytes(sketch: HllSketch): Uint8Array {
  const list = sketch.mode === "list";
  const couponsAt = list ? 8 : 12;
  const bytes = new Uint8Array(couponsAt + 4 * sketch.couponCount);
  const view = new DataView(bytes.buffer);
  bytes[0] = list ? 2 : 3;
  bytes[4] = list ? LIST_LG_SIZE : Math.log2(sketch.couponTable.length);
  bytes[7] = list ? MODE_LIST : MODE_SET;
  if (list) bytes[6] = sketch.couponCount;
  else view.setUint32(8, sketch.couponCount, true);
  let at = couponsAt;
  sketch.forEachCoupon((coupon) => {
    view.setInt32(at, coupon, true);
    at += 4;
  });
  return bytes;
}

function readCoupons(reader: SketchReader, lgK: number, type: HllType, mode: number): HllSketch {
  const list = mode === MODE_LIST;
  const compact = (reader.u8(5) & FLAG_COMPACT) !== 0;
  const at = list ? 8 : 12;
  const count = list ? reader.u8(6) : reader.u32(8);
  const lgSize = reader.u8(4);
  reader.check(list || lgK > 7, `a set at lgK ${lgK}`);
  reader.check(list ? count <= 8 : count <= 1 << (lgK - 3), `it claims ${count} coupons at lgK ${lgK}`);
  reader.check(
    list || compact || (lgSize >= SET_LG_SIZE_MIN && lgSize <= lgK - 3),
    `its table has lg ${lgSize}`,
  );
  // A list is filled from its start even when updatable; a set's places may lie anywhere in its table.
  const places = list || compact ? count : 1 << lgSize;
  reader.need(at, 4 * places);
  const sketch = new HllSketch(lgK, type);
  let found = 0;
  for (let i = 0; i < places; i++) {
    const coupon = reader.i32(at + 4 * i);
    if (coupon === 0 && !compact && !list) continue;
    reader.check(coupon >>> SLOT_BITS >= 1, "a coupon has the value 0");
    sketch.updateCoupon(coupon);
    found++;
  }
  reader.check(found === count && sketch.couponCount === count, `it claims ${count} coupons and has others`);
  return sketch;
}

function registerBytes(sketch: HllSketch, registers: HllRegisters): Uint8Array {
  const { values } = registers;
  const lowest = sketch.type === 4 ? values.reduce((min, value) => Math.min(min, value), REGISTER_MAX) : 0;
  const exceptions = sketch.type === 4 ? exceptionTable(values, lowest, sketch.lgK) : [];
  const packedBytes = packedLength(sketch.lgK, sketch.type);
  const bytes = new Uint8Array(REGISTERS_AT + packedBytes + 4 * exceptions.filter(Boolean).length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 10;
  bytes[5] = registers.outOfOrder ? FLAG_OUT_OF_ORDER : 0;
  bytes[6] = lowest;
  bytes[7] = MODE_REGISTERS;
  view.setFloat64(8, registers.hipAccumulator, true);
  view.setFloat64(16, registers.kxq0, true);
  view.setFloat64(24, registers.kxq1, true);
  const atLowest =
    sketch.type === 4 ? values.reduce((n, v) => n + (v === lowest ? 1 : 0), 0) : registers.zeroCount;
  view.setUint32(32, atLowest, true);
  packRegisters(bytes.subarray(REGISTERS_AT, REGISTERS_AT + packedBytes), values, sketch.type, lowest);
  let at = REGISTERS_AT + packedBytes;
  for (const pair of exceptions) {
    if (pair === 0) continue;
    view.setInt32(at, pair, true);
    at += 4;
  }
  if (at > REGISTERS_AT + packedBytes) {
    view.setUint32(36, (at - REGISTERS_AT - packedBytes) / 4, true);
    bytes[4] = Math.log2(exceptions.length);
  }
  return bytes;
}

function readRegisters(reader: SketchReader, lgK: number, type: HllType): HllRegisters {
  const packedBytes = packedLength(lgK, type);
  const lowest = type === 4 ? reader.u8(6) : 0;
  reader.need(REGISTERS_AT, packedBytes);
  reader.check(lowest <= REGISTER_MAX, `its lowest register is ${lowest}`);
  const values = unpackRegisters(
    reader.bytes.subarray(REGISTERS_AT, REGISTERS_AT + packedBytes),
    lgK,
    type,
    lowest,
  );
  if (type === 4) readExceptions(reader, values, lgK, lowest, REGISTERS_AT + packedBytes);
  reader.check(
    values.every((value) => value <= REGISTER_MAX),
    "a register is above 63",
  );
  // What follows from the registers is computed anew: a header that contradicts them has no say.
  const state = registersOf(values);
  const hip = reader.f64(8);
  const outOfOrder = (reader.u8(5) & FLAG_OUT_OF_ORDER) !== 0;
  reader.check(outOfOrder || (Number.isFinite(hip) && hip >= 0), `its HIP accumulator is ${hip}`);
  return { ...state, hipAccumulator: hip, outOfOrder };
}

function readExceptions(
  reader: SketchReader,
  values: Uint8Array,
  lgK: number,
  lowest: number,
  at: number,
): void {
  const count = reader.u32(36);
  const compact = (reader.u8(5) & FLAG_COMPACT) !== 0;
  reader.check(count <= values.length, `it claims ${count} exceptions in ${values.length} registers`);
  const lgSize = reader.u8(4) || EXCEPTION_LG_SIZES[lgK]!;
  reader.check(compact || count === 0 || lgSize <= lgK, `its exceptions' table has lg ${lgSize}`);
  const places = compact ? count : count === 0 ? 0 : 1 << lgSize;
  let found = 0;
  for (let i = 0; i < places; i++) {
    const pair = reader.i32(at + 4 * i);
    if (pair === 0) continue;
    const slot = pair & SLOT_MASK & (values.length - 1);
    reader.check(values[slot] === lowest + EXCEPTION, `register ${slot} is no exception`);
    reader.check(pair >>> SLOT_BITS >= lowest + EXCEPTION, `the exception of register ${slot} is too low`);
    values[slot] = pair >>> SLOT_BITS;
    found++;
  }
  const tokens = values.reduce((n, value) => n + (value >= lowest + EXCEPTION ? 1 : 0), 0);
  reader.check(
    found === count && tokens === count,
    `it claims ${count} exceptions and has ${found} of ${tokens}`,
  );
}

/** Coupons of the registers that four bits cannot hold, in a table as readers of the format build it. */
function exceptionTable(values: Uint8Array, lowest: number, lgK: number): number[] {
  const pairs: number[] = [];
  values.forEach((value, slot) => {
    if (value >= lowest + EXCEPTION) pairs.push((value << SLOT_BITS) | slot);
  });
  if (pairs.length === 0) return [];
  let lgSize = EXCEPTION_LG_SIZES[lgK]!;
  while (4 * pairs.length > 3 * (1 << lgSize)) lgSize++;
  const table = new Array<number>(1 << lgSize).fill(0);
  for (const pair of pairs) {
    const slot = pair & SLOT_MASK;
    let at = slot & (table.length - 1);
    while (table[at] !== 0) at = (at + ((slot >>> lgSize) | 1)) & (table.length - 1);
    table[at] = pair;
  }
  return table;
}

function packedLength(lgK: number, type: HllType): number {
  const count = 1 << lgK;
  // One byte more than 6 bits each need: writers of the format store a register as two bytes.
  return type === 8 ? count : type === 4 ? count / 2 : ((count * 3) >>> 2) + 1;
}

function packRegisters(into: Uint8Array, values: Uint8Array, type: HllType, lowest: number): void {
  if (type === 8) into.set(values);
  else if (type === 4) {
    values.forEach((value, slot) => {
      into[slot >>> 1]! |= Math.min(value - lowest, EXCEPTION) << ((slot & 1) << 2);
    });
  } else {
    values.forEach((value, slot) => {
      const bit = slot * 6;
      const shifted = value << (bit & 7);
      into[bit >>> 3]! |= shifted & 255;
      into[(bit >>> 3) + 1]! |= shifted >>> 8;
    });
  }
}

function unpackRegisters(packed: Uint8Array, lgK: number, type: HllType, lowest: number): Uint8Array {
  if (type === 8) return packed.slice();
  const values = new Uint8Array(1 << lgK);
  for (let slot = 0; slot < values.length; slot++) {
    if (type === 4) values[slot] = ((packed[slot >>> 1]! >>> ((slot & 1) << 2)) & 15) + lowest;
    else {
      const bit = slot * 6;
      values[slot] = ((packed[bit >>> 3]! | (packed[(bit >>> 3) + 1]! << 8)) >>> (bit & 7)) & 63;
    }
  }
  return values;
}
