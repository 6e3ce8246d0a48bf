import { describe, expect, test } from "vitest";
import { seededRandom } from "../../base/random.ts";
import { normalSignificance, poissonSignificance } from "./normal-tail.ts";
import { emptySiblings, noteNulls, orphanedNulls } from "./sibling-nulls.ts";

describe("tails", () => {
  // −log10 of scipy.stats.norm.sf and poisson.sf(k − 1, mean), SciPy 1.17.1.
  test.each([
    [2, 1.643],
    [4, 4.4993],
    [6, 9.0059],
    [10, 23.118],
  ])("a standard normal beyond %d", (z, expected) => {
    expect(Math.abs(normalSignificance(z) - expected)).toBeLessThan(0.002);
  });

  test.each([
    [3, 0.1, 3.8106],
    [10, 2, 4.3326],
    [60, 20, 12.3733],
  ])("a Poisson count of %d where %d is the mean", (count, mean, expected) => {
    expect(poissonSignificance(count, mean)).toBeCloseTo(expected, 3);
  });
});

describe("nulls beyond the siblings", () => {
  const names = ["arrived", "airborne", "delay"];

  /** Forty days on which weather empties all three features together, more or less. */
  function learned() {
    const memory = emptySiblings();
    const random = seededRandom(1);
    for (let day = 0; day < 40; day++) {
      const cancelled = Math.floor(random() ** 4 * 80);
      noteNulls(memory, new Map(names.map((name) => [name, cancelled])), 300);
    }
    return memory;
  }

  test("a storm that empties all three is nobody's fault", () => {
    const nulls = new Map(names.map((name) => [name, 200]));
    for (const name of names) expect(orphanedNulls(learned(), name, nulls, 300)!.significance).toBe(0);
  });

  test("one feature that is emptied alone is found, and its siblings are not blamed", () => {
    const nulls = new Map([
      ["arrived", 10],
      ["airborne", 30],
      ["delay", 10],
    ]);
    expect(orphanedNulls(learned(), "airborne", nulls, 300)!.significance).toBeGreaterThan(8);
    expect(orphanedNulls(learned(), "arrived", nulls, 300)!.significance).toBe(0);
  });

  test("a sibling whose nulls a fault filled does not put the blame on the healthy one", () => {
    const nulls = new Map([
      ["arrived", 40],
      ["airborne", 0],
      ["delay", 40],
    ]);
    expect(orphanedNulls(learned(), "arrived", nulls, 300)!.significance).toBe(0);
  });
});
