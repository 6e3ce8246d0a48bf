import { expect, test } from "vitest";
import { seededRandom } from "../base/random.ts";
import { ProfileArena } from "./arena.ts";
import { type ColumnValue, decodeProfile, encodeProfile, PROFILE_COLUMNS } from "./codec.ts";
import { mergeProfiles } from "./merge.ts";
import { emptyProfile } from "./profile.ts";
import { snapshotOf } from "./snapshot.ts";

test("a profile counts records, values by type, and what is special about them", () => {
  const arena = new ProfileArena();
  const s = arena.open(1);
  for (const v of [3, 1, 0, 2, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    arena.addNumber(s, v);
  arena.addNull(s);
  arena.addString(s, "");
  arena.addString(s, "FR");
  arena.addString(s, "FR");
  arena.addBoolean(s, true);
  arena.addBoolean(s, 0);
  arena.addPresent(s);
  arena.addElementNumber(s, 5);
  arena.addElementNumber(s, 5);
  arena.addElementNull(s);
  const profile = arena.seal(s);
  expect(profile).toMatchObject({
    presentCount: 14,
    nullCount: 1,
    nullElementCount: 1,
    numberCount: 9,
    stringCount: 3,
    booleanCount: 2,
    nonFiniteCount: 3,
    nanCount: 1,
    positiveInfinityCount: 1,
    negativeInfinityCount: 1,
    zeroCount: 1,
    emptyCount: 1,
    min: 0,
    max: 5,
  });
  const snapshot = snapshotOf(profile, 20);
  expect([...snapshot.values]).toEqual([0, 1, 2, 3, 5]);
  expect([...snapshot.cumulativeCounts]).toEqual([1, 2, 3, 4, 6]);
  expect(snapshot.rankErrorMax).toBe(0);
  expect(snapshot.mean).toBeCloseTo(16 / 6, 12);
  expect(snapshot.categories).toEqual([
    { name: "FR", count: 2 },
    { name: "", count: 1 },
    { name: "false", count: 1 },
    { name: "true", count: 1 },
  ]);
  expect(snapshot.categoryOtherCount).toBe(0);
  expect(snapshot.distinctCount).toBe(4);
});

test("a sealed series goes on; a released one gives its handle back", () => {
  const arena = new ProfileArena();
  const s = arena.open(1);
  arena.addNumber(s, 1);
  expect(arena.seal(s).numberCount).toBe(1);
  arena.addNumber(s, 2);
  expect(arena.seal(s).numberCount).toBe(2);
  expect(arena.liveCount).toBe(1);
  arena.release(s);
  expect(arena.liveCount).toBe(0);
  const again = arena.open(2);
  expect(arena.seal(again)).toEqual(emptyProfile());
});

function randomProfile(seed: number, count: number, k: number) {
  const random = seededRandom(seed);
  const arena = new ProfileArena({ k, categoriesMax: 16 });
  const s = arena.open(seed);
  for (let i = 0; i < count; i++) {
    arena.addNumber(s, random() ** 3 * 100);
    arena.addString(s, `c${Math.floor(random() ** 3 * 60)}`);
  }
  return arena.seal(s);
}

// Through what QuestDB does to values: not a number becomes null, an empty list may.
function throughStore(values: readonly ColumnValue[]): ColumnValue[] {
  return values.map((value, i) => {
    const { type } = PROFILE_COLUMNS[i]!;
    if (type === "double[]" && value !== null) {
      expect(value).toBeInstanceOf(Float64Array);
      expect((value as Float64Array).every(Number.isFinite)).toBe(true);
      return Float64Array.from(value as Float64Array);
    }
    if (type === "long" && value !== null) expect(Number.isSafeInteger(value)).toBe(true);
    return value;
  });
}

test("a profile comes back from its columns as it went in", () => {
  for (const profile of [
    emptyProfile(),
    randomProfile(1, 60, 1024),
    randomProfile(2, 5_000, 64),
    randomProfile(3, 3, 64),
  ]) {
    expect(decodeProfile(throughStore(encodeProfile(profile)))).toEqual(profile);
  }
});

test("merged counts are exact and merged ranks within the bound, whatever the order", () => {
  const parts = [
    randomProfile(1, 3_000, 64),
    randomProfile(2, 10, 64),
    randomProfile(3, 700, 128),
    emptyProfile(64),
  ];
  const merged = mergeProfiles(parts, 9);
  const reversed = mergeProfiles([...parts].reverse(), 9);
  expect(mergeProfiles(parts, 9)).toEqual(merged);
  expect(merged.numberCount).toBe(3_710);
  expect(merged.quantiles.weights.reduce((a, b) => a + b, 0)).toBe(3_710);
  expect(reversed.numberCount).toBe(3_710);
  expect(merged.mean).toBeCloseTo(reversed.mean, 9);
  expect(merged.m4 / reversed.m4).toBeCloseTo(1, 9);
  expect(merged.min).toBe(Math.min(...parts.slice(0, 3).map((p) => p.min)));
});
