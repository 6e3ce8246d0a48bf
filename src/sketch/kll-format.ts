/**
 * KLL doubles and floats in the binary format of Apache DataSketches (compact form), little-endian:
 *
 *   0 preamble ints (2 when empty or single, else 5) · 1 version (1; 2 when single) · 2 family 15 ·
 *   3 flags (1 empty, 2 level 0 sorted, 4 single item) · 4 k (u16) · 6 m · 7 unused ·
 *   8 n (u64) · 16 min k (u16) · 18 levels · 19 unused · 20 start of each level (u32) · min · max · items
 *
 * A single item follows directly at 8. Level starts count from the front of the writer's array, whose length is
 * the total capacity: the first start is the room that was free.
 */
import type { KllState } from "./kll.ts";
import { KllSketch } from "./kll.ts";
import {
  KLL_K_MAX,
  KLL_K_MIN,
  LEVEL_CAPACITY_MIN,
  LEVELS_MAX,
  normalizedRankError,
  totalCapacity,
} from "./kll-levels.ts";
import { rankVarianceOf } from "./rank-error.ts";
import { FAMILY_KLL, SketchReader } from "./sketch-bytes.ts";

const FLAG_EMPTY = 1;
const FLAG_LEVEL_0_SORTED = 2;
const FLAG_SINGLE = 4;
const HEADER_BYTES = 8;
const LEVELS_AT = 20;

export function serializeKll(sketch: KllSketch): Uint8Array {
  const state = sketch.state();
  const itemBytes = state.precision === "float" ? 4 : 8;
  const single = state.count === 1;
  const full = state.count > 1;
  const itemsAt = full ? LEVELS_AT + 4 * state.levelSizes.length + 2 * itemBytes : HEADER_BYTES;
  const bytes = new Uint8Array(itemsAt + itemBytes * state.items.length);
  const view = new DataView(bytes.buffer);
  const put = (at: number, value: number) =>
    itemBytes === 4 ? view.setFloat32(at, value, true) : view.setFloat64(at, value, true);
  bytes[0] = full ? 5 : 2;
  bytes[1] = single ? 2 : 1;
  bytes[2] = FAMILY_KLL;
  bytes[3] =
    (state.count === 0 ? FLAG_EMPTY : 0) |
    (state.level0Sorted ? FLAG_LEVEL_0_SORTED : 0) |
    (single ? FLAG_SINGLE : 0);
  view.setUint16(4, state.k, true);
  bytes[6] = LEVEL_CAPACITY_MIN;
  if (full) {
    view.setBigUint64(8, BigInt(state.count), true);
    view.setUint16(16, state.minK, true);
    bytes[18] = state.levelSizes.length;
    let start = totalCapacity(state.k, state.levelSizes.length) - state.items.length;
    state.levelSizes.forEach((size, level) => {
      view.setUint32(LEVELS_AT + 4 * level, start, true);
      start += size;
    });
    put(itemsAt - 2 * itemBytes, state.min);
    put(itemsAt - itemBytes, state.max);
  }
  state.items.forEach((item, i) => {
    put(itemsAt + i * itemBytes, item);
  });
  return bytes;
}

/**
 * @param seed of the coins that the sketch will flip from here on; the format does not keep them.
 * @throws {SketchCorruptError} on anything that no writer of the format can have made.
 */
export function deserializeKll(bytes: Uint8Array, precision: "double" | "float", seed: number): KllSketch {
  const reader = new SketchReader(bytes, `KLL ${precision}s`);
  reader.need(0, HEADER_BYTES);
  const flags = reader.u8(3);
  const version = reader.u8(1);
  const k = reader.u16(4);
  reader.check(reader.u8(2) === FAMILY_KLL, `its family is ${reader.u8(2)}, not ${FAMILY_KLL}`);
  reader.check(version === 1 || version === 2, `its version is ${version}, where 1 or 2 (compact) is known`);
  reader.check(reader.u8(6) === LEVEL_CAPACITY_MIN, `m is ${reader.u8(6)}, not ${LEVEL_CAPACITY_MIN}`);
  reader.check(k >= KLL_K_MIN && k <= KLL_K_MAX, `k is ${k}`);
  if (flags & FLAG_EMPTY) return new KllSketch({ k, seed, precision });
  const state = flags & FLAG_SINGLE ? readSingle(reader, k, precision) : readFull(reader, k, precision);
  const sketch = KllSketch.fromState(state, seed);
  if (sketch.isEstimating) {
    sketch.rankVariance = rankVarianceOf(normalizedRankError(sketch.minK, false), sketch.count);
  }
  return sketch;
}

function readSingle(reader: SketchReader, k: number, precision: "double" | "float"): KllState {
  const item = precision === "float" ? reader.f32(HEADER_BYTES) : reader.f64(HEADER_BYTES);
  reader.check(!Number.isNaN(item), "its only item is NaN");
  const items = Float64Array.of(item);
  return {
    k,
    minK: k,
    precision,
    count: 1,
    min: item,
    max: item,
    level0Sorted: true,
    items,
    levelSizes: [1],
  };
}

function readFull(reader: SketchReader, k: number, precision: "double" | "float"): KllState {
  const itemBytes = precision === "float" ? 4 : 8;
  const number = (at: number) => (precision === "float" ? reader.f32(at) : reader.f64(at));
  reader.check(reader.u8(0) === 5, `its preamble has ${reader.u8(0)} ints, not 5`);
  const count = reader.count(8);
  const minK = reader.u16(16);
  const levelCount = reader.u8(18);
  reader.check(minK >= KLL_K_MIN && minK <= k, `min k is ${minK} and k is ${k}`);
  reader.check(levelCount >= 1 && levelCount <= LEVELS_MAX, `it has ${levelCount} levels`);
  const levelSizes = readLevelSizes(reader, k, levelCount);
  const retained = levelSizes.reduce((sum, size) => sum + size, 0);
  const itemsAt = LEVELS_AT + 4 * levelCount + 2 * itemBytes;
  reader.need(itemsAt, retained * itemBytes);
  const weight = levelSizes.reduce((sum, size, level) => sum + size * 2 ** level, 0);
  reader.check(weight === count, `its items stand for ${weight} numbers, and it claims ${count}`);
  const [min, max] = [number(itemsAt - 2 * itemBytes), number(itemsAt - itemBytes)];
  const items = Float64Array.from({ length: retained }, (_, i) => number(itemsAt + i * itemBytes));
  reader.check(min <= max && items.every((v) => v >= min && v <= max), "an item is outside [min, max]");
  const level0Sorted = (reader.u8(3) & FLAG_LEVEL_0_SORTED) !== 0;
  checkOrder(reader, items, levelSizes, level0Sorted);
  return { k, minK, precision, count, min, max, level0Sorted, items, levelSizes };
}

function readLevelSizes(reader: SketchReader, k: number, levelCount: number): number[] {
  const end = totalCapacity(k, levelCount);
  const starts = Array.from({ length: levelCount }, (_, level) => reader.u32(LEVELS_AT + 4 * level));
  starts.push(end);
  return Array.from({ length: levelCount }, (_, level) => {
    const size = starts[level + 1]! - starts[level]!;
    reader.check(size >= 0 && starts[level + 1]! <= end, `level ${level} ends before it begins`);
    return size;
  });
}

function checkOrder(
  reader: SketchReader,
  items: Float64Array,
  sizes: readonly number[],
  level0Sorted: boolean,
) {
  let at = 0;
  sizes.forEach((size, level) => {
    for (let i = at + 1; i < at + size && (level > 0 || level0Sorted); i++) {
      reader.check(items[i - 1]! <= items[i]!, `level ${level} is not sorted`);
    }
    at += size;
  });
}
