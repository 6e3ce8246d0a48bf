import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sampleOf } from "../../bench/sketch/vector-data.ts";
import { seededRandom } from "../base/random.ts";
import { ProfileArena } from "./arena.ts";
import { KllSketch } from "./kll.ts";
import { serializeKll } from "./kll-format.ts";
import { mergeProfiles } from "./merge.ts";
import { ProfileRecordError, profileFromRecord, profileToRecord } from "./profile-record.ts";
import { inspectSketch, profileToSketchFiles, readSketchFile } from "./sketch-file.ts";
import { snapshotOf } from "./snapshot.ts";

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

function profileOf(count: number, options = {}) {
  const arena = new ProfileArena(options);
  const series = arena.open(1);
  const random = seededRandom(9);
  for (let i = 0; i < count; i++) {
    arena.addNumber(series, Math.floor(random() ** 2 * 1e6) / 64);
    arena.addString(series, `c${Math.floor(random() ** 3 * 900)}`);
    if (i % 9 === 0) arena.addNull(series);
  }
  return arena.seal(series);
}

test("an exact profile goes through its record and comes back whole", () => {
  const { quantiles, categories, ...rest } = profileOf(300);
  const back = profileFromRecord(JSON.parse(JSON.stringify(profileToRecord(profileOf(300)))));
  expect(back).toMatchObject(rest);
  expect(back.quantiles).toEqual(quantiles);
  expect(back.categories).toEqual(categories);
});

test("an estimating profile comes back with the same counts, and a bound no narrower", () => {
  const profile = profileOf(20_000, { k: 64, categoriesMax: 100 });
  const back = profileFromRecord(profileToRecord(profile));
  const [a, b] = [snapshotOf(profile, 1), snapshotOf(back, 1)];
  expect(b.numberCount).toBe(a.numberCount);
  expect(b.rankErrorMax).toBeGreaterThanOrEqual(a.rankErrorMax);
  expect(b.rankErrorMax).toBeLessThan(2 * a.rankErrorMax);
  expect(b.categories).toEqual(a.categories);
  expect(b.categoryErrorMax).toBe(a.categoryErrorMax);
  expect(b.distinctCount).toBe(a.distinctCount);
  expect(mergeProfiles([back, profile], 1).numberCount).toBe(40_000);
});

test("a record by another library needs no more than its sketch", () => {
  const record = {
    kll: base64(readFileSync("test/data/vectors/kll_doubles_k200_skew_n1000_java.sk")),
    null_count: 7,
  };
  const profile = profileFromRecord(record);
  expect(profile).toMatchObject({ presentCount: 1_007, nullCount: 7, numberCount: 1_000 });
  const snapshot = snapshotOf(profile, 1_007);
  // The published bound of k = 200.
  expect(snapshot.rankErrorMax).toBeCloseTo(0.01329, 4);
  // The data behind the file, by its seed in expected_java.json.
  const median = snapshot.values[snapshot.cumulativeCounts.findIndex((count) => count >= 500)]!;
  const below = sampleOf("skew", 1_006, 1_000).filter((v) => v <= median).length;
  expect(Math.abs(below / 1_000 - 0.5)).toBeLessThan(snapshot.rankErrorMax);
});

test("moments are taken as the other side computed them", () => {
  const sketch = new KllSketch({ k: 200, seed: 1 });
  for (const v of [1, 2, 3, 10]) sketch.update(v);
  const profile = profileFromRecord({
    kll: base64(serializeKll(sketch)),
    mean: 4,
    variance: 12.5,
    skewness: 1,
    kurtosis: -0.7,
  });
  const snapshot = snapshotOf(profile, 4);
  expect(snapshot.mean).toBe(4);
  expect(snapshot.variance).toBeCloseTo(12.5, 12);
  expect(snapshot.skewness).toBeCloseTo(1, 12);
  expect(snapshot.kurtosis).toBeCloseTo(-0.7, 12);
  // Without them the sketch, exact here, has the same mean and variance.
  const own = snapshotOf(profileFromRecord({ kll: base64(serializeKll(sketch)) }), 4);
  expect([own.mean, own.variance]).toEqual([4, 12.5]);
});

test("plain counts by category do, where no sketch was made", () => {
  const profile = profileFromRecord({ categories: { FR: 5, "": 2, DE: 1 }, string_count: 10, null_count: 1 });
  const snapshot = snapshotOf(profile, 12);
  expect(snapshot).toMatchObject({
    presentCount: 11,
    stringCount: 10,
    emptyCount: 2,
    categoryErrorMax: 2,
    categoryOtherCount: 2,
  });
});

test("a record that contradicts itself is refused, and says in what", () => {
  const kll = base64(readFileSync("test/data/vectors/kll_doubles_k200_skew_n100_java.sk"));
  const refused: [unknown, RegExp][] = [
    [null, /no object/],
    [{ kll, number_count: 99 }, /has 100 numbers, and its counts say 99/],
    [{ number_count: 5 }, /has 0 numbers, and its counts say 5/],
    [{ null_count: 3, present_count: 2 }, /null_count 3 is more/],
    [{ null_count: -1 }, /null_count is no whole number/],
    [{ null_count: 1.5 }, /null_count is no whole number/],
    [{ null_count: "7" }, /null_count is no whole number/],
    [{ kll: "AAAA" }, /kll cannot be read/],
    [{ kll: 7 }, /kll is no base64/],
    [{ kll, mean: 1e300 }, /its mean 1e\+300 lies outside/],
    [{ categories: { FR: 3 }, string_count: 2 }, /weigh 3/],
    [{ categories: { FR: -3 } }, /count of category "FR" is -3/],
  ];
  for (const [record, problem] of refused) {
    expect(() => profileFromRecord(record), String(problem)).toThrow(ProfileRecordError);
    expect(() => profileFromRecord(record)).toThrow(problem);
  }
  expect(profileFromRecord({}).presentCount).toBe(0);
});

test("a profile's files are read again as what they are", () => {
  const files = profileToSketchFiles(profileOf(5_000, { k: 200, categoriesMax: 100 }));
  expect(files.map((file) => file.name)).toEqual(["kll_doubles.sk", "frequent_strings.sk", "hll.sk"]);
  for (const { name, bytes } of files) expect(readSketchFile(bytes).family).toBe(name.replace(".sk", ""));
  const [kll, frequent, hll] = files.map(({ bytes }) => inspectSketch(bytes));
  expect(kll!.facts).toMatchObject({ count: 5_000, k: 200, exact: false });
  expect(kll!.rows.length).toBe(9);
  expect(frequent!.facts["total"]).toBe(5_000);
  expect(frequent!.rows.length).toBe(20);
  expect(hll!.facts).toMatchObject({ lgK: 12, type: "HLL_8", mode: "registers" });
});

test("inspection tells doubles from floats, and names the families that it cannot read", () => {
  const read = (name: string) => inspectSketch(new Uint8Array(readFileSync(`test/data/vectors/${name}.sk`)));
  expect(read("kll_floats_k200_skew_n100_java").family).toBe("kll_floats");
  expect(read("kll_floats_k200_skew_n1_java").family).toBe("kll_floats");
  expect(read("kll_doubles_k200_skew_n1_py").family).toBe("kll_doubles");
  expect(read("kll_doubles_k200_skew_n0_py").facts["count"]).toBe(0);
  expect(() => inspectSketch(Uint8Array.of(1, 1, 3, 0, 0, 0, 0, 0))).toThrow("its family is theta");
});
