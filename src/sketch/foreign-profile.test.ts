import { expect, test } from "vitest";
import { foreignProfile, profileFromSketches } from "./foreign-profile.ts";
import { serializeFrequent } from "./frequent-format.ts";
import { FrequentStrings } from "./frequent-strings.ts";
import { HllSketch } from "./hll.ts";
import { serializeHll } from "./hll-format.ts";
import { KllSketch } from "./kll.ts";
import { serializeKll } from "./kll-format.ts";

function kll(
  values: Iterable<number>,
  options: { k?: number; precision?: "double" | "float" } = {},
): Uint8Array {
  const sketch = new KllSketch({ k: 200, seed: 1, ...options });
  for (const value of values) sketch.update(value);
  return serializeKll(sketch);
}

function names(counts: Readonly<Record<string, number>>, lgMapMax = 6): Uint8Array {
  const sketch = new FrequentStrings(lgMapMax);
  for (const [name, count] of Object.entries(counts)) sketch.update(name, count);
  return serializeFrequent(sketch);
}

function distinct(count: number): Uint8Array {
  const sketch = new HllSketch(12, 8);
  for (let i = 0; i < count; i++) sketch.updateString(`name ${i}`);
  return serializeHll(sketch);
}

const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

test("a quantile sketch alone tells of numbers, and carries its own rank error; nulls are not known", () => {
  const { profile, known } = profileFromSketches([kll(upTo(5_000))]);
  expect(known).toEqual(["numbers"]);
  expect(profile).toMatchObject({ numberCount: 5_000, min: 0, max: 4_999, nullCount: 0 });
  expect(profile.quantiles.rankVariance).toBeGreaterThan(0);
});

test("sketches of the parts of a table are merged: floats into doubles, other k, names, distinct counts", () => {
  const numbers = profileFromSketches([
    kll(upTo(100), { precision: "float" }),
    kll(upTo(100, 100).map((value) => value + 0.1)),
    kll(upTo(50, 200), { k: 400 }),
  ]);
  expect(numbers.profile).toMatchObject({ numberCount: 250, min: 0, max: 249 });
  expect(numbers.profile.quantiles.items).toContain(100.1);
  const texts = profileFromSketches([
    names({ FR: 3, DE: 1 }),
    names({ FR: 2, US: 5 }),
    distinct(3),
    distinct(5),
  ]);
  expect(texts.known).toEqual(["names", "distinct"]);
  expect(texts.profile.stringCount).toBe(11);
  expect(
    Object.fromEntries(texts.profile.categories.names.map((n, i) => [n, texts.profile.categories.counts[i]])),
  ).toEqual({ FR: 5, US: 5, DE: 1 });
});

test("counts beside the sketches are taken, and refused where they contradict them", () => {
  const { profile, known } = profileFromSketches([kll(upTo(90))], { null_count: 10, present_count: 100 });
  expect(known).toEqual(["counts", "numbers"]);
  expect(profile).toMatchObject({ presentCount: 100, nullCount: 10 });
  expect(() => profileFromSketches([kll(upTo(90))], { number_count: 91 })).toThrow(
    /KLL sketch has 90 numbers/,
  );
});

test("nothing, an empty sketch, a distinct count alone and a sketch with an infinity are refused with the reason", () => {
  expect(() => profileFromSketches([])).toThrow(/it is empty/);
  expect(() => profileFromSketches([kll([])])).toThrow(/it is empty/);
  expect(() => profileFromSketches([distinct(10)])).toThrow(/give string_count/);
  expect(() => profileFromSketches([kll([1, Number.POSITIVE_INFINITY])])).toThrow(/infinity/);
  expect(() => profileFromSketches([new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])])).toThrow(/family/);
  expect(foreignProfile({ present_count: 10, null_count: 10 }).known).toEqual(["counts"]);
});
