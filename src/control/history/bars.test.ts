import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProfileArena } from "../../sketch/arena.ts";
import { snapshotOf } from "../../sketch/snapshot.ts";
import type { BarAnswer } from "../wire.ts";
import { categoryBars, numberBars } from "./bars.ts";

function snapshot(values: readonly (number | string)[], categoriesMax = 384) {
  const arena = new ProfileArena({ k: 2_048, categoriesMax });
  const series = arena.open(1);
  for (const value of values) {
    if (typeof value === "number") arena.addNumber(series, value);
    else arena.addString(series, value);
  }
  return snapshotOf(arena.seal(series), values.length);
}

const sum = (bars: readonly BarAnswer[], side: "reference" | "current") =>
  bars.reduce((total, bar) => total + bar[side], 0);
const many = (count: number, of: (i: number) => number) => Array.from({ length: count }, (_, i) => of(i));

describe("numbers", () => {
  test("whatever the values, each side's shares sum to one and the bins do not overlap", () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e12, max: 1e12 }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(values, values, (before, after) => {
        const bars = numberBars(snapshot(before), snapshot(after));
        expect(sum(bars, "reference")).toBeCloseTo(1, 9);
        expect(sum(bars, "current")).toBeCloseTo(1, 9);
        for (let i = 1; i < bars.length; i++)
          expect(bars[i]!.from ?? -Infinity).toBeGreaterThanOrEqual(bars[i - 1]!.to ?? -Infinity);
      }),
      { numRuns: 300 },
    );
  });

  test("few different values are a bar each, and one that appears or vanishes is said so", () => {
    const bars = numberBars(snapshot([0, 0, 1, 2]), snapshot([0, 1, 1, 99_999]));
    expect(bars.map(({ from, reference, current, note }) => [from, reference, current, note])).toEqual([
      [0, 0.5, 0.25, ""],
      [1, 0.25, 0.5, ""],
      [2, 0.25, 0, "gone"],
      [99_999, 0, 0.25, "new"],
    ]);
  });

  test("one wild value gets an open bar at the end and does not squeeze the rest into one bin", () => {
    const usual = many(500, (i) => 10 + i / 50);
    const bars = numberBars(snapshot(usual), snapshot([...usual, 1e9]));
    expect(bars.at(-1)).toMatchObject({ to: null, reference: 0 });
    expect(bars.filter((bar) => bar.reference > 0).length).toBeGreaterThan(10);
  });

  test("values over many orders of magnitude are cut in equal ratios", () => {
    const bars = numberBars(undefined, snapshot(many(400, (i) => 10 ** (i / 50))));
    expect(bars.filter((bar) => bar.current > 0.01).length).toBeGreaterThan(15);
  });

  test("edges are round numbers", () => {
    const bars = numberBars(undefined, snapshot(many(300, (i) => 0.1 + i * 0.0317)));
    expect(bars.every(({ from }) => from === null || String(from).length <= 5)).toBe(true);
  });

  test("no number on either side is no bar", () => {
    expect(numberBars(snapshot(["a"]), snapshot(["b"]))).toEqual([]);
  });
});

describe("categories", () => {
  test("a name is new only where the reference kept every name it saw", () => {
    const [bar] = categoryBars(snapshot(["a", "b"]), snapshot(["z", "z", "z"])).filter(
      ({ label }) => label === "z",
    );
    expect(bar).toMatchObject({ reference: 0, current: 1, note: "new" });
    const crowded = snapshot(
      many(2_000, (i) => i).map((i) => `name-${i}`),
      8,
    );
    expect(categoryBars(crowded, snapshot(["z"])).find(({ label }) => label === "z")).toMatchObject({
      note: "",
    });
  });

  test("more names than are shown become one bar, and shares still sum to one", () => {
    const names = many(60, (i) => i).flatMap((i) => Array.from({ length: 60 - i }, () => `name-${i}`));
    const bars = categoryBars(snapshot(names), snapshot(names));
    expect(bars.at(-1)?.label).toContain("all others");
    expect(sum(bars, "reference")).toBeCloseTo(1, 9);
    expect(sum(bars, "current")).toBeCloseTo(1, 9);
  });

  test("without a reference nothing is called new", () => {
    expect(categoryBars(undefined, snapshot(["a", "b"])).map(({ note }) => note)).toEqual(["", ""]);
  });
});
