/** Laws of merging: what must not depend on how a stream was cut, grouped or ordered. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ProfileArena } from "./arena.ts";
import { decodeProfile, encodeProfile } from "./codec.ts";
import { mergeProfiles } from "./merge.ts";
import { emptyProfile, finiteCountOf, type Profile } from "./profile.ts";
import { rankErrorOf } from "./quantiles.ts";
import { snapshotOf } from "./snapshot.ts";

const K = 32;
const EDGES = Float64Array.of(-10, 0, 0, 1, 5, 100);

const value = fc.oneof(
  { weight: 4, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }) },
  { weight: 2, arbitrary: fc.integer({ min: -3, max: 3 }) },
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, null, true, false, "", "FR", "DE"),
  fc.integer({ min: 0, max: 40 }).map((i) => `user-${i}`),
);
/** A stream and where it is cut. */
const cutStream = fc.tuple(fc.array(value, { maxLength: 500 }), fc.array(fc.nat(500), { maxLength: 6 }));

function profileOf(values: readonly (number | string | boolean | null)[], seed = 1): Profile {
  const arena = new ProfileArena({ k: K, categoriesMax: 16 });
  const series = arena.open(seed, EDGES);
  for (const v of values) {
    if (typeof v === "number") arena.addNumber(series, v);
    else if (typeof v === "string") arena.addString(series, v);
    else if (v === null) arena.addNull(series);
    else arena.addBoolean(series, v);
  }
  return arena.seal(series);
}

function parts<T>(values: readonly T[], cuts: readonly number[]): T[][] {
  const at = [0, ...cuts.map((cut) => Math.min(cut, values.length)), values.length].sort((a, b) => a - b);
  return at.slice(1).map((end, i) => values.slice(at[i], end));
}

const COUNTS = [
  "presentCount",
  "nullCount",
  "numberCount",
  "stringCount",
  "booleanCount",
  "nanCount",
  "positiveInfinityCount",
  "zeroCount",
  "emptyCount",
  "min",
  "max",
] as const;

/** Exactly equal in what must be exact; moments to rounding; categories and ranks within their own bounds. */
function expectSame(a: Profile, b: Profile, truth: readonly number[]): void {
  for (const count of COUNTS) expect(a[count], count).toBe(b[count]);
  expect(a.histogram?.counts).toEqual(b.histogram?.counts);
  const scale = (power: number) => truth.reduce((sum, v) => sum + Math.abs(v - a.mean) ** power, 0);
  if (truth.length > 0) {
    expect(Math.abs(a.mean - b.mean)).toBeLessThanOrEqual(1e-9 * (1 + Math.max(...truth.map(Math.abs))));
    for (const [key, power] of [
      ["m2", 2],
      ["m3", 3],
      ["m4", 4],
    ] as const) {
      expect(Math.abs(a[key] - b[key]), key).toBeLessThanOrEqual(1e-9 * scale(power) + 1e-9);
    }
  }
  for (const profile of [a, b]) expectRanksWithin(profile, truth);
}

function expectRanksWithin(profile: Profile, truth: readonly number[]): void {
  const { values, cumulativeCounts } = snapshotOf(profile, 1_000);
  // Each of the runs here may be the hundredth that is out by a little.
  const slack = 1.3 * rankErrorOf(profile.quantiles, truth.length) * truth.length;
  values.forEach((v, i) => {
    const rank = truth.filter((x) => x <= v).length;
    expect(Math.abs(cumulativeCounts[i]! - rank)).toBeLessThanOrEqual(slack);
  });
}

const finiteOf = (values: readonly unknown[]) => values.filter((v): v is number => Number.isFinite(v));

test("a merge does not depend on how the stream was cut", () => {
  fc.assert(
    fc.property(cutStream, fc.nat(), ([values, cuts], seed) => {
      const whole = profileOf(values);
      const merged = mergeProfiles(
        parts(values, cuts).map((part, i) => profileOf(part, i)),
        seed,
      );
      expectSame(whole, merged, finiteOf(values));
      expect(finiteCountOf(merged)).toBe(merged.quantiles.weights.reduce((sum, w) => sum + w, 0));
    }),
    { numRuns: 150, seed: 5 },
  );
});

test("a merge is associative and commutative: exactly in counts and bins, within the bound in ranks", () => {
  fc.assert(
    fc.property(cutStream, ([values, cuts]) => {
      const profiles = parts(values, cuts).map((part, i) => profileOf(part, i));
      const flat = mergeProfiles(profiles, 1);
      const left = profiles.reduce((sum, p, i) => mergeProfiles([sum, p], i));
      const right = profiles.reduceRight((sum, p, i) => mergeProfiles([p, sum], i));
      const reversed = mergeProfiles([...profiles].reverse(), 1);
      for (const other of [left, right, reversed]) expectSame(flat, other, finiteOf(values));
    }),
    { numRuns: 100, seed: 6 },
  );
});

test("while values and names are few, a merge is exact to the last bit, in any order", () => {
  const few = fc.array(
    fc.oneof(fc.integer({ min: -8, max: 8 }), fc.constantFrom("a", "b", "c", true, null)),
    { maxLength: 400 },
  );
  fc.assert(
    fc.property(fc.array(few, { minLength: 1, maxLength: 5 }), (streams) => {
      const profiles = streams.map((stream, i) => profileOf(stream, i));
      const { mean: _, m2: __, m3: ___, m4: ____, ...whole } = profileOf(streams.flat());
      for (const order of [profiles, [...profiles].reverse()]) {
        expect(mergeProfiles(order, 9)).toMatchObject(whole);
      }
    }),
    { numRuns: 100, seed: 7 },
  );
});

test("categories keep their bound through any merge, and nothing is lost to no one", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.array(
          fc.integer({ min: 0, max: 60 }).map((i) => `u${i % (1 + (i % 7) * 9)}`),
          { maxLength: 200 },
        ),
        { minLength: 1, maxLength: 6 },
      ),
      (streams) => {
        const merged = snapshotOf(
          mergeProfiles(
            streams.map((s, i) => profileOf(s, i)),
            1,
          ),
          5_000,
        );
        const truth = new Map<string, number>();
        for (const name of streams.flat()) truth.set(name, (truth.get(name) ?? 0) + 1);
        const kept = new Map(merged.categories.map(({ name, count }) => [name, count]));
        for (const [name, count] of truth) {
          expect(kept.get(name) ?? 0).toBeLessThanOrEqual(count);
          expect(kept.get(name) ?? 0).toBeGreaterThanOrEqual(count - merged.categoryErrorMax);
        }
        expect([...kept.values()].reduce((a, b) => a + b, 0) + merged.categoryOtherCount).toBe(
          streams.flat().length,
        );
        if (merged.categoryErrorMax === 0) expect(merged.distinctCount).toBe(truth.size);
        else expect(Math.abs(merged.distinctCount - truth.size)).toBeLessThanOrEqual(3);
      },
    ),
    { numRuns: 100, seed: 8 },
  );
});

test("the empty profile is neutral, and the same merge gives the same bits", () => {
  const a = profileOf(Array.from({ length: 300 }, (_, i) => Math.sin(i)));
  const b = profileOf(
    Array.from({ length: 300 }, (_, i) => Math.cos(i)),
    2,
  );
  const merged = mergeProfiles([a, b], 3);
  expect(mergeProfiles([a, b], 3)).toEqual(merged);
  expect(decodeProfile(encodeProfile(merged))).toEqual(merged);
  expect(mergeProfiles([emptyProfile(K, 16), a], 4)).toEqual(a);
  expect(mergeProfiles([], 1)).toEqual(emptyProfile());
});
