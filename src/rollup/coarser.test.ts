import fc from "fast-check";
import { expect, test } from "vitest";
import { ProfileArena } from "../sketch/arena.ts";
import { snapshotOf } from "../sketch/snapshot.ts";
import { coarserSizes, coarserStartMs, mergeCoarser } from "./coarser.ts";
import type { CompleteWindow } from "./complete-window.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Windows whose records carry the values, or null; a window without any had no records. */
function windowsOf(
  sizeMs: number,
  values: readonly (readonly (number | null)[])[],
  stepMs = sizeMs,
): CompleteWindow[] {
  const arena = new ProfileArena();
  return values.map((each, i) => {
    const handle = arena.open(i);
    for (const value of each) value === null ? arena.addNull(handle) : arena.addNumber(handle, value);
    const key = { windowStartMs: i * stepMs, windowSizeMs: sizeMs, swimlane: "prod", source: "web" };
    const row = { ...key, feature: "x", kind: "feature" as const, revision: 1, recordCount: each.length };
    const profiles = each.length === 0 ? [] : [{ ...row, profile: arena.seal(handle) }];
    const counts = { recordCount: each.length, profileCount: profiles.length, segmentCount: 1 };
    return { window: { ...key, revision: 1, ...counts, mergedAtMs: 0 }, profiles };
  });
}

const target = (windowSizeMs: number) => ({
  swimlane: "prod",
  source: "web",
  windowStartMs: 0,
  windowSizeMs,
  revision: 1,
  mergedAtMs: 0,
});

test("sizes are those that the window divides, each a multiple of the one before", () => {
  expect(coarserSizes(MINUTE, [DAY, HOUR])).toEqual([HOUR, DAY]);
  expect(coarserSizes(HOUR, [HOUR, DAY])).toEqual([DAY]);
  expect(coarserSizes(7 * MINUTE, [HOUR, DAY])).toEqual([]);
  expect(coarserSizes(DAY, [HOUR, DAY])).toEqual([]);
  expect(coarserStartMs(DAY + 5 * HOUR, DAY)).toBe(DAY);
});

test("an hour holds exactly what its minutes hold, and a day of hours what a day of minutes does", () => {
  const cell = fc.option(fc.integer({ min: -50, max: 50 }));
  fc.assert(
    fc.property(fc.array(fc.array(cell, { maxLength: 8 }), { minLength: 48, maxLength: 48 }), (values) => {
      const halfHours = windowsOf(30 * MINUTE, values);
      const hours = Array.from({ length: 24 }, (_, i) =>
        mergeCoarser({ ...target(HOUR), windowStartMs: i * HOUR }, halfHours.slice(2 * i, 2 * i + 2)),
      );
      const [ofHours, direct] = [mergeCoarser(target(DAY), hours), mergeCoarser(target(DAY), halfHours)];
      const all = values.flat();
      expect(ofHours.window).toEqual(direct.window);
      expect(direct.window.recordCount).toBe(all.length);
      if (all.length === 0) return;
      const [a, b] = [ofHours, direct].map(({ profiles: [row] }) =>
        snapshotOf(row!.profile, row!.recordCount),
      );
      expect(a!.nullCount).toBe(all.filter((value) => value === null).length);
      expect([a!.presentCount, a!.numberCount, a!.min, a!.max]).toEqual([
        b!.presentCount,
        b!.numberCount,
        b!.min,
        b!.max,
      ]);
      expect([...a!.cumulativeCounts]).toEqual([...b!.cumulativeCounts]);
      expect([...a!.values]).toEqual([...b!.values]);
    }),
    { numRuns: 30, seed: 5 },
  );
});

test("silent windows and windows that never came make a larger one of what there was", () => {
  const windows = windowsOf(HOUR, [[1, 2], [], [3]]);
  const { window, profiles } = mergeCoarser(target(DAY), windows.slice(1));
  expect([window.recordCount, window.profileCount, profiles[0]!.recordCount]).toEqual([1, 1, 1]);
  expect(mergeCoarser(target(DAY), [windows[1]!]).profiles).toEqual([]);
});

test("a window of another hour is refused, not merged", () => {
  const [, second] = windowsOf(HOUR, [[1], [2]]);
  expect(() => mergeCoarser(target(HOUR), [second!])).toThrow(/within it/);
});
