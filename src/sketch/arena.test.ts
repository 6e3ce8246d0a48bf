import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../base/random.ts";
import { ProfileArena } from "./arena.ts";
import { snapshotOf } from "./snapshot.ts";

/** Counts by value, computed plainly. */
function tally<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

const number = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
  fc.constantFrom(0, -0, 0.1, 1e-300, 16_777_217),
);
const value = fc.oneof(
  { weight: 6, arbitrary: number },
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.constantFrom("", "FR", "DE", "true", "ü\ud800"),
  fc.boolean(),
  fc.constant(null),
);

// Many series at once, values dealt among them in any order, against plain counting of each series' values.
test("whatever comes in whatever order, a profile counts each value of its series once", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(3), value), { maxLength: 900 }), (dealt) => {
      const arena = new ProfileArena({ k: 2_000 });
      const series = [1, 2, 3, 4].map((seed) => arena.open(seed));
      for (const [i, v] of dealt) {
        if (typeof v === "number") arena.addNumber(series[i]!, v);
        else if (typeof v === "string") arena.addString(series[i]!, v);
        else if (typeof v === "boolean") arena.addBoolean(series[i]!, v);
        else arena.addNull(series[i]!);
      }
      series.forEach((s, i) => {
        const own = dealt.filter(([j]) => j === i).map(([, v]) => v);
        const numbers = own.filter((v) => typeof v === "number");
        const finite = numbers.filter(Number.isFinite).map((v) => v + 0);
        const names = own.filter((v) => typeof v === "string" || typeof v === "boolean").map(String);
        const profile = arena.seal(s);
        expect(profile.presentCount).toBe(own.length);
        expect(profile.nullCount).toBe(own.filter((v) => v === null).length);
        expect(profile.numberCount).toBe(numbers.length);
        expect(profile.nanCount).toBe(numbers.filter(Number.isNaN).length);
        expect(profile.nonFiniteCount).toBe(numbers.length - finite.length);
        expect(profile.zeroCount).toBe(finite.filter((v) => v === 0).length);
        expect(new Map(zip(profile.quantiles.items, profile.quantiles.weights))).toEqual(tally(finite));
        expect(new Map(zip(profile.categories.names, profile.categories.counts))).toEqual(tally(names));
        expect(profile.min).toBe(finite.length === 0 ? Number.NaN : Math.min(...finite));
        expect(profile.max).toBe(finite.length === 0 ? Number.NaN : Math.max(...finite));
        expect(snapshotOf(profile, 1_000).rankErrorMax).toBe(0);
      });
    }),
    { numRuns: 60, seed: 11 },
  );
});

function zip<A, B>(a: ArrayLike<A>, b: ArrayLike<B>): [A, B][] {
  return Array.from({ length: a.length }, (_, i) => [a[i]!, b[i]!]);
}

test("the same values in the same order with the same seed give the same bits", () => {
  const profiles = [0, 1].map((neighbours) => {
    const arena = new ProfileArena({ k: 64, categoriesMax: 8 });
    for (let i = 0; i < neighbours * 5; i++) arena.addNumber(arena.open(i), i);
    const series = arena.open(42);
    const random = seededRandom(1);
    for (let i = 0; i < 20_000; i++) {
      arena.addNumber(series, random() ** 4);
      arena.addString(series, `c${Math.floor(random() ** 2 * 50)}`);
      // Looking at a series must not change it.
      if (neighbours === 1 && i % 3_001 === 0) arena.seal(series);
    }
    return arena.seal(series);
  });
  expect(profiles[0]).toEqual(profiles[1]);
  expect(profiles[0]!.quantiles.rankVariance).toBeGreaterThan(0);
  expect(profiles[0]!.categories.errorMax).toBeGreaterThan(0);
});

test("a long series stays exact while its values are few, however many records come", () => {
  const arena = new ProfileArena({ k: 64 });
  const series = arena.open(1);
  for (let i = 0; i < 50_000; i++) arena.addNumber(series, (i * 7) % 60);
  const snapshot = snapshotOf(arena.seal(series), 50_000);
  expect(snapshot.rankErrorMax).toBe(0);
  expect(snapshot.values.length).toBe(60);
  expect(snapshot.cumulativeCounts.at(-1)).toBe(50_000);
});

test("a long series of many values keeps its bound, its extremes and its moments", () => {
  const arena = new ProfileArena({ k: 200 });
  const series = arena.open(7);
  const random = seededRandom(3);
  const values = Array.from({ length: 30_000 }, () => 1e6 + random() * 100);
  for (const v of values) arena.addNumber(series, v);
  const snapshot = snapshotOf(arena.seal(series), values.length);
  const sorted = Float64Array.from(values).sort();
  expect(snapshot.rankErrorMax).toBeGreaterThan(0);
  expect(snapshot.rankErrorMax).toBeLessThan(0.02);
  snapshot.values.forEach((v, i) => {
    const below = sorted.findIndex((x) => x > v);
    const rank = (below === -1 ? sorted.length : below) / sorted.length;
    expect(Math.abs(snapshot.cumulativeCounts[i]! / sorted.length - rank)).toBeLessThanOrEqual(
      snapshot.rankErrorMax,
    );
  });
  expect(snapshot.min).toBe(sorted[0]);
  expect(snapshot.max).toBe(sorted.at(-1));
  expect([snapshot.values[0], snapshot.values.at(-1)]).toEqual([sorted[0], sorted.at(-1)]);
  // Uniform: variance width²/12, kurtosis −1.2, though all share an offset ten thousand times the width.
  expect(snapshot.variance).toBeCloseTo(100 ** 2 / 12, -1);
  expect(snapshot.kurtosis).toBeCloseTo(-1.2, 1);
});

test("too many categories: counts are short by at most the error, and the distinct count is an estimate", () => {
  const arena = new ProfileArena({ categoriesMax: 100 });
  const series = arena.open(1);
  const random = seededRandom(5);
  const truth = new Map<string, number>();
  for (let i = 0; i < 40_000; i++) {
    const name = `user-${Math.floor(random() ** 4 * 6_000)}`;
    truth.set(name, (truth.get(name) ?? 0) + 1);
    arena.addString(series, name);
  }
  const snapshot = snapshotOf(arena.seal(series), 40_000);
  expect(snapshot.categoryErrorMax).toBeGreaterThan(0);
  expect(snapshot.categories.length).toBeLessThanOrEqual(100);
  for (const { name, count } of snapshot.categories) {
    expect(count).toBeLessThanOrEqual(truth.get(name)!);
    expect(count).toBeGreaterThanOrEqual(truth.get(name)! - snapshot.categoryErrorMax);
  }
  const kept = snapshot.categories.reduce((sum, { count }) => sum + count, 0);
  expect(kept + snapshot.categoryOtherCount).toBe(40_000);
  expect(Math.abs(snapshot.distinctCount / truth.size - 1)).toBeLessThan(0.065);
});

test("released series leave nothing behind: room, names and handles are used again", () => {
  const arena = new ProfileArena();
  let mostOpen = 0;
  for (let round = 0; round < 300; round++) {
    const series = Array.from({ length: 20 }, (_, i) => arena.open(i));
    mostOpen = Math.max(mostOpen, ...series);
    for (const s of series) {
      for (let i = 0; i < 40; i++) arena.addNumber(s, i * (round % 2 ? 1 : 0.1));
      for (let i = 0; i < 30; i++) arena.addString(s, `round ${round} name ${i}`);
    }
    expect(arena.seal(series[3]!).numberCount).toBe(40);
    expect(arena.seal(series[4]!).categories.names.length).toBe(30);
    series.forEach((s) => {
      arena.release(s);
    });
  }
  expect(arena.liveCount).toBe(0);
  expect(mostOpen).toBe(19);
  expect(() => arena.seal(0)).toThrow("not open");
});

test("a very long string is counted under a short name of its own", () => {
  const arena = new ProfileArena();
  const series = arena.open(1);
  const long = "x".repeat(100_000);
  arena.addString(series, `${long}a`);
  arena.addString(series, `${long}b`);
  arena.addString(series, `${long}b`);
  const { names, counts } = arena.seal(series).categories;
  expect([...counts]).toEqual([2, 1]);
  expect(Math.max(...names.map((name) => name.length))).toBeLessThan(260);
});
