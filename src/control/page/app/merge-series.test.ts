import { expect, test } from "vitest";
import type { SeriesAnswer } from "../../wire.ts";
import { stacked, withGaps } from "./columns.ts";
import { mergeSeries } from "./merge-series.ts";

const none = {
  nullShare: [],
  mean: [],
  p05: [],
  p25: [],
  p50: [],
  p75: [],
  p95: [],
  expected: [],
  lower: [],
  upper: [],
};
const series = (startMs: number[], count: number[], more: Partial<SeriesAnswer> = {}): SeriesAnswer => ({
  feature: "*",
  startMs,
  count,
  ...none,
  categories: [],
  marks: [],
  ...more,
});
const mark = (startMs: number) =>
  ({ startMs, endMs: startMs + 1, detector: "ks", severity: "page", summary: "", incidentId: "" }) as const;

test("newer points replace older ones from where they begin, and what left the screen is dropped", () => {
  const merged = mergeSeries(series([1, 2, 3, 4], [10, 20, 30, 40]), series([3, 4, 5], [33, 44, 55]), 3, 2);
  expect(merged).toMatchObject({ startMs: [2, 3, 4, 5], count: [20, 33, 44, 55] });
});

test("a window that was withdrawn disappears, and so does its mark", () => {
  const before = series([1, 2, 3], [1, 2, 3], { marks: [mark(1), mark(3)] });
  expect(mergeSeries(before, series([], []), 3, 0)).toMatchObject({
    startMs: [1, 2],
    marks: [{ startMs: 1 }],
  });
});

test("categories keep their order and so their colour; one that is new follows", () => {
  const before = series([1], [1], {
    categories: [
      { name: "a", share: [0.9] },
      { name: "b", share: [0.1] },
    ],
  });
  const fresh = series([2], [1], {
    categories: [
      { name: "b", share: [0.6] },
      { name: "z", share: [0.4] },
      { name: "y", share: [0] },
    ],
  });
  expect(mergeSeries(before, fresh, 2, 0).categories).toEqual([
    { name: "a", share: [0.9, null] },
    { name: "b", share: [0.1, 0.6] },
    { name: "z", share: [null, 0.4] },
  ]);
});

test("a column that was empty is filled with nothing before, never shifted", () => {
  const merged = mergeSeries(series([1], [1]), series([2], [2], { expected: [7] }), 2, 0);
  expect(merged.expected).toEqual([null, 7]);
});

test("missing windows break the line", () => {
  expect(withGaps([1_000, 2_000, 5_000], [[1, 2, 5]], 1_000)).toEqual([
    [1, 2, 3, 5],
    [1, 2, null, 5],
  ]);
});

test("stacked shares are running sums, and nothing stays nothing", () => {
  expect(
    stacked(
      [
        [0.5, null],
        [0.25, 0.5],
      ],
      2,
    ),
  ).toEqual([
    [0.5, null],
    [0.75, null],
  ]);
});
