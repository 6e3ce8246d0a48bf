/** The reference's sketches (test/data/vectors), read, rebuilt from the same input, and written back. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { answerSketch, readVectorRecords, type VectorRecord } from "../../bench/sketch/vector-answers.ts";
import { categoriesOf, type InputKind, sampleOf } from "../../bench/sketch/vector-data.ts";
import { hllOf } from "../../bench/sketch/vector-files.ts";
import { deserializeFrequent, serializeFrequent } from "./frequent-format.ts";
import { FrequentStrings } from "./frequent-strings.ts";
import type { HllType } from "./hll.ts";
import { deserializeHll, serializeHll } from "./hll-format.ts";
import { HllUnion } from "./hll-union.ts";
import { KllSketch } from "./kll.ts";
import { deserializeKll, serializeKll } from "./kll-format.ts";

const FOLDER = "test/data/vectors";
const RECORDS = readVectorRecords(FOLDER) as unknown as readonly (VectorRecord &
  Readonly<Record<string, unknown>>)[];
const bytesOf = (file: string) => new Uint8Array(readFileSync(join(FOLDER, file)));

/** Equal, numbers to 1e-9 relative; lists and objects element by element. */
function close(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number") {
    return a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
  }
  if (a !== null && b !== null && typeof a === "object" && typeof b === "object") {
    const keys = Object.keys(a);
    return keys.every((key) =>
      close((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    );
  }
  return a === b;
}

/** Frequent rows in one order: ties are free, and a list cut at 40 may break inside one. */
function settled(rows: unknown): unknown {
  const sorted = [...(rows as [string, number][])].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return sorted.length < 40 ? sorted : sorted.filter((row) => row[1] > sorted.at(-1)![1]);
}

test("the folder holds every family, by both libraries", () => {
  expect(RECORDS.length).toBeGreaterThan(90);
  for (const family of ["kll_doubles", "kll_floats", "hll", "frequent_strings"]) {
    expect(new Set(RECORDS.filter((r) => r.family === family).map((r) => r.writer))).toEqual(
      new Set(["java", "cpp"]),
    );
  }
});

describe("a reference sketch gets the reference's answers", () => {
  test.each(RECORDS.map((record) => [record.file, record] as const))("%s", (_, record) => {
    const answers = answerSketch(record, bytesOf(record.file))!;
    const alt = (record["alt"] ?? {}) as Record<string, unknown>;
    for (const [key, want] of Object.entries(record.expected!)) {
      if (!(key in answers)) continue;
      const rows = key.startsWith("no_false");
      const got = rows ? settled(answers[key]) : answers[key];
      const same = close(rows ? settled(want) : want, got) || (key in alt && close(alt[key], got));
      expect(same, `${key}: ${JSON.stringify(want)} against ${JSON.stringify(got)}`).toBe(true);
    }
  });
});

describe("a sketch that was read is written back with the same answers", () => {
  test.each(RECORDS.map((record) => [record.file, record] as const))("%s", (_, record) => {
    const bytes = bytesOf(record.file);
    const again = rewrite(record.family, bytes);
    expect(answerSketch(record, again)).toEqual(answerSketch(record, bytes));
    if (record.family.startsWith("kll")) expect(withoutSortedFlag(again)).toEqual(withoutSortedFlag(bytes));
  });
});

function rewrite(family: string, bytes: Uint8Array): Uint8Array {
  if (family === "hll") return serializeHll(deserializeHll(bytes));
  if (family === "frequent_strings") return serializeFrequent(deserializeFrequent(bytes));
  return serializeKll(deserializeKll(bytes, family === "kll_floats" ? "float" : "double", 1));
}

test("KLL up to k numbers has the reference's bytes", () => {
  const small = RECORDS.filter(
    (r) => r.family.startsWith("kll") && r["data"] && (r.expected!["n"] as number) <= 100,
  );
  expect(small.length).toBeGreaterThan(10);
  for (const record of small) {
    const { dist, seed, n } = record["data"] as { dist: string; seed: number; n: number };
    const sketch = new KllSketch({
      k: record["k"] as number,
      seed: 1,
      precision: record.family === "kll_floats" ? "float" : "double",
    });
    for (const value of sampleOf(dist, seed, n)) sketch.update(value);
    const [own, reference] = [serializeKll(sketch), bytesOf(record.file)];
    expect(sortedItems(own, record), record.file).toEqual(sortedItems(reference, record));
  }
});

// "Level 0 is sorted" tells whether the writer had been asked something before: not a matter of content.
function withoutSortedFlag(bytes: Uint8Array): number[] {
  return [...bytes].map((byte, i) => (i === 3 ? byte & ~2 : byte));
}

// Bytes of the header as they are, items in order: the reference sorts level 0 when it is queried.
function sortedItems(bytes: Uint8Array, record: VectorRecord): unknown {
  const sketch = deserializeKll(bytes, record.family === "kll_floats" ? "float" : "double", 1);
  return [
    withoutSortedFlag(bytes.slice(0, 24)),
    [...sketch.state().items].sort((a, b) => a - b),
    bytes.length,
  ];
}

test("HLL_4 and the coupon modes have the reference's bytes", () => {
  const records = RECORDS.filter((r) => r.family === "hll" && r["input"] && !r.file.includes("updatable"));
  let compared = 0;
  for (const record of records) {
    const { kind, start, n } = record["input"] as { kind: InputKind; start: number; n: number };
    const sketch = hllOf(record["lg_k"] as number, record["hll_type"] as HllType, kind, start, n);
    const reference = bytesOf(record.file);
    expect(sketch.estimate(), record.file).toBeCloseTo(record.expected!["estimate"] as number, 6);
    if (sketch.registers !== null && sketch.type !== 4) continue;
    expect(withoutAccumulators(serializeHll(sketch)), record.file).toEqual(withoutAccumulators(reference));
    compared++;
  }
  expect(compared).toBeGreaterThan(15);
});

// Sums of doubles, in the order of the writer's updates: compared as answers above, not as bits.
function withoutAccumulators(bytes: Uint8Array): number[] {
  return [...bytes].map((byte, i) => (bytes[0] === 10 && i >= 8 && i < 32 ? 0 : byte));
}

test("a union of HLL sketches has the reference's answers", () => {
  const unions = RECORDS.filter((r) => r.family === "hll" && r["merged_from"]);
  expect(unions.length).toBeGreaterThan(2);
  for (const record of unions) {
    const union = new HllUnion(record["union_lg_max_k"] as number);
    for (const file of record["merged_from"] as string[]) union.add(deserializeHll(bytesOf(file)));
    const result = union.result(record["hll_type"] as HllType);
    expect(result.lgK, record.file).toBe(record["lg_k"]);
    const ratio = result.estimate() / (record.expected!["estimate"] as number);
    expect(Math.abs(ratio - 1), record.file).toBeLessThan(1e-9);
  }
});

test("a merge of KLL sketches has the reference's count, minimum, maximum and error", () => {
  const merges = RECORDS.filter((r) => r.family.startsWith("kll") && r["merged_from"]);
  expect(merges.length).toBeGreaterThan(1);
  for (const record of merges) {
    const [a, b] = (record["merged_from"] as string[]).map((file) =>
      deserializeKll(bytesOf(file), "double", 7),
    );
    a!.merge(b!);
    expect({ n: a!.count, min: a!.min, max: a!.max }).toEqual({
      n: record.expected!["n"],
      min: record.expected!["min"],
      max: record.expected!["max"],
    });
    expect(a!.normalizedRankError()).toBeCloseTo(record.expected!["normalized_rank_error"] as number, 12);
  }
});

test("frequent strings below three quarters of the map are exact, as in the reference", () => {
  const record = RECORDS.find((r) => r.file === "frequent_strings_lg6_n10_py.sk")!;
  const { seed, n, cardinality } = record["data"] as { seed: number; n: number; cardinality: number };
  const sketch = new FrequentStrings(6);
  for (const item of categoriesOf(seed, n, cardinality)) sketch.update(item);
  expect(new Map(sketch.entries())).toEqual(new Map(deserializeFrequent(bytesOf(record.file)).entries()));
  expect(sketch.offset).toBe(0);
});
