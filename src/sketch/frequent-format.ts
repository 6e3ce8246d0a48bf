/**
 * Frequent strings in the binary format of Apache DataSketches, little-endian:
 *
 *   0 preamble longs (1 when empty, else 4) · 1 version 1 · 2 family 10 · 3 lg of the largest map · 4 lg of the
 *   present map · 5 flags (1 and 4 empty) · 8 items (u32) · 16 total weight · 24 offset · 32 counts (i64 each) ·
 *   then for each item its length in bytes (u32) and its UTF-8
 */
import { FREQUENT_LG_MAX, FREQUENT_LG_MIN, FrequentStrings } from "./frequent-strings.ts";
import { FAMILY_FREQUENT, SketchReader } from "./sketch-bytes.ts";

const FLAGS_EMPTY = 5;
const COUNTS_AT = 32;

export function serializeFrequent(sketch: FrequentStrings): Uint8Array {
  const encoder = new TextEncoder();
  const items = [...sketch.entries()].map(([item, count]) => ({ utf8: encoder.encode(item), count }));
  const empty = items.length === 0;
  const bytes = new Uint8Array(
    empty ? 8 : COUNTS_AT + items.reduce((sum, item) => sum + 12 + item.utf8.length, 0),
  );
  const view = new DataView(bytes.buffer);
  bytes.set([
    empty ? 1 : 4,
    1,
    FAMILY_FREQUENT,
    sketch.lgMapMax,
    lgMapOf(items.length),
    empty ? FLAGS_EMPTY : 0,
  ]);
  if (empty) return bytes;
  view.setUint32(8, items.length, true);
  view.setBigUint64(16, BigInt(sketch.totalWeight), true);
  view.setBigUint64(24, BigInt(sketch.offset), true);
  let at = COUNTS_AT + 8 * items.length;
  items.forEach(({ utf8, count }, i) => {
    view.setBigUint64(COUNTS_AT + 8 * i, BigInt(count), true);
    view.setUint32(at, utf8.length, true);
    bytes.set(utf8, at + 4);
    at += 4 + utf8.length;
  });
  return bytes;
}

/** @throws {SketchCorruptError} on anything that no writer of the format can have made. */
export function deserializeFrequent(bytes: Uint8Array): FrequentStrings {
  const reader = new SketchReader(bytes, "frequent strings");
  reader.need(0, 8);
  const lgMax = reader.u8(3);
  reader.check(reader.u8(1) === 1, `its version is ${reader.u8(1)}, not 1`);
  reader.check(reader.u8(2) === FAMILY_FREQUENT, `its family is ${reader.u8(2)}, not ${FAMILY_FREQUENT}`);
  reader.check(lgMax >= FREQUENT_LG_MIN && lgMax <= FREQUENT_LG_MAX, `its largest map has lg ${lgMax}`);
  if (reader.u8(5) & FLAGS_EMPTY) return new FrequentStrings(lgMax);
  reader.check(reader.u8(0) === 4, `its preamble has ${reader.u8(0)} longs, not 4`);
  const count = reader.u32(8);
  reader.check(count <= 0.75 * 2 ** lgMax, `it claims ${count} items in a map of 2^${lgMax}`);
  reader.need(COUNTS_AT, 12 * count);
  const [totalWeight, offset] = [reader.count(16), reader.count(24)];
  const items = readItems(reader, count);
  const weight = [...items.values()].reduce((sum, n) => sum + n, 0);
  reader.check(items.size === count, "an item stands in it twice");
  reader.check(weight <= totalWeight, `its items weigh ${weight}, more than all, ${totalWeight}`);
  return FrequentStrings.ofCounts(lgMax, items, offset, totalWeight);
}

function readItems(reader: SketchReader, count: number): Map<string, number> {
  // Bytes that are no UTF-8 would come back as other bytes: refused rather than changed.
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const items = new Map<string, number>();
  let at = COUNTS_AT + 8 * count;
  for (let i = 0; i < count; i++) {
    const length = reader.u32(at);
    reader.need(at + 4, length);
    const weight = reader.count(COUNTS_AT + 8 * i);
    reader.check(weight > 0, "an item has no weight");
    try {
      items.set(decoder.decode(reader.bytes.subarray(at + 4, at + 4 + length)), weight);
    } catch {
      reader.fail("an item is not UTF-8");
    }
    at += 4 + length;
  }
  return items;
}

/** Lg of the map that a writer would have grown to for so many items. */
function lgMapOf(itemCount: number): number {
  let lg = FREQUENT_LG_MIN;
  while (itemCount > 0.75 * 2 ** lg) lg++;
  return lg;
}
