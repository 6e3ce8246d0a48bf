/** Damage to a profile is what the same damage to its records would have made. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../base/random.ts";
import { ProfileArena } from "../../sketch/arena.ts";
import { finiteCountOf, type Profile } from "../../sketch/profile.ts";
import { keepRecords, loseValues, moveNumbers, replaceCategories, replaceNumbers } from "./damage-profile.ts";

const value = fc.oneof(
  fc.constant(null),
  fc.constant(Number.NaN),
  fc.integer({ min: -5, max: 5 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constantFrom("FR", "DE", "", "a long name"),
);
const values = fc.array(value, { minLength: 1, maxLength: 400 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

function profileOf(records: readonly (number | string | null)[]): Profile {
  const arena = new ProfileArena();
  const series = arena.open(1);
  for (const each of records) {
    if (each === null) arena.addNull(series);
    else if (typeof each === "number") arena.addNumber(series, each);
    else arena.addString(series, each);
  }
  return arena.seal(series);
}

function expectConsistent(profile: Profile): void {
  const sum = (list: Float64Array) => list.reduce((total, each) => total + each, 0);
  expect(sum(profile.quantiles.weights)).toBe(finiteCountOf(profile));
  expect(sum(profile.categories.counts)).toBe(profile.stringCount + profile.booleanCount);
  expect(profile.presentCount).toBe(profile.nullCount + profile.numberCount + profile.stringCount);
  expect(profile.m2 >= 0 || Number.isNaN(profile.m2)).toBe(true);
  expect([...profile.quantiles.items]).toEqual([...profile.quantiles.items].sort((a, b) => a - b));
}

describe("damage to a profile", () => {
  test("of records drawn without replacement, exactly the share is left, whatever they held", () => {
    fc.assert(
      fc.property(values, share, fc.integer(), (records, kept, seed) => {
        const left = keepRecords(profileOf(records), kept, seededRandom(seed));
        expectConsistent(left);
        expect(left.presentCount).toBe(Math.round(records.length * kept));
      }),
    );
  });

  test("values that become null, one value or one name leave as many records as there were", () => {
    fc.assert(
      fc.property(values, share, fc.integer(), (records, lost, seed) => {
        const profile = profileOf(records);
        const random = seededRandom(seed);
        for (const after of [
          loseValues(profile, lost, random),
          replaceNumbers(profile, lost, 7.25, random),
          replaceCategories(profile, lost, "new", random),
        ]) {
          expectConsistent(after);
          expect(after.presentCount).toBe(records.length);
        }
      }),
    );
  });

  test("moved numbers have the moments and the extremes of the numbers moved one by one", () => {
    const numbers = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(numbers, (records) => {
        const move = (x: number) => 3 * x + 1;
        const moved = moveNumbers(profileOf(records), move);
        const direct = profileOf(records.map(move));
        expect(moved.quantiles).toEqual(direct.quantiles);
        expect([moved.min, moved.max, moved.zeroCount]).toEqual([direct.min, direct.max, direct.zeroCount]);
        expect(Math.abs(moved.mean - direct.mean)).toBeLessThan(1e-9 * (1 + Math.abs(direct.mean)));
        expect(Math.abs(moved.m2 - direct.m2)).toBeLessThan(1e-9 * (1 + direct.m2));
      }),
    );
  });

  test("all lost is nothing but nulls, all stuck is one value", () => {
    const profile = profileOf([1, 2, 3, 4]);
    expect(loseValues(profile, 1, seededRandom(1))).toMatchObject({
      nullCount: 4,
      numberCount: 0,
      mean: Number.NaN,
    });
    expect(replaceNumbers(profile, 1, 2, seededRandom(1))).toMatchObject({
      numberCount: 4,
      min: 2,
      max: 2,
      m2: 0,
    });
  });
});
