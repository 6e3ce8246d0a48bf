import { expect, test } from "vitest";
import type { VerdictRow, WindowRow } from "../../store/contract.ts";
import type { Point } from "./lean-reads.ts";
import { featureSeries, stepFor, volumeSeries } from "./series.ts";

const MINUTE = 60_000;
const window = (minute: number, recordCount: number) =>
  ({ windowStartMs: minute * MINUTE, windowSizeMs: MINUTE, recordCount }) as WindowRow;
const verdict = (minute: number, changes: Partial<VerdictRow>) =>
  ({
    windowStartMs: minute * MINUTE,
    windowSizeMs: MINUTE,
    detector: "volume",
    answer: "ok",
    explanation: "{}",
    ...changes,
  }) as VerdictRow;
const point = (minute: number, changes: Partial<Point>): Point => ({
  startMs: minute * MINUTE,
  kind: "feature",
  recordCount: 10,
  presentCount: 10,
  nullCount: 0,
  numberCount: 10,
  nameCount: 0,
  mean: null,
  p05: null,
  p25: null,
  p50: null,
  p75: null,
  p95: null,
  names: new Map(),
  ...changes,
});

test("a point is one window as long as they are few enough, then the smallest readable step of whole windows", () => {
  expect(stepFor(60 * MINUTE, MINUTE, 60)).toBe(MINUTE);
  expect(stepFor(61 * MINUTE, MINUTE, 60)).toBe(2 * MINUTE);
  expect(stepFor(24 * 60 * MINUTE, MINUTE, 300)).toBe(5 * MINUTE);
  expect(stepFor(365 * 24 * 60 * MINUTE, 7 * MINUTE, 500) % (7 * MINUTE)).toBe(0);
});

test("counts of a wide point add up; one that lacks a window is no number, since half a sum looks like a drop", () => {
  const windows = [0, 1, 2, 3, 4].map((minute) => window(minute, 100 + minute));
  expect(volumeSeries(windows, [], 2 * MINUTE)).toMatchObject({
    startMs: [0, 2 * MINUTE, 4 * MINUTE],
    count: [201, 205, null],
  });
});

test("the expected band is drawn where every window of a point has one", () => {
  const explanation = '{"expected":100,"lower":80,"upperLimit":120}';
  const windows = [window(0, 90), window(1, 95)];
  const whole = volumeSeries(windows, [verdict(0, { explanation }), verdict(1, { explanation })], 2 * MINUTE);
  expect(whole).toMatchObject({ expected: [200], lower: [160], upper: [240] });
  expect(volumeSeries(windows, [verdict(0, { explanation })], 2 * MINUTE)).toMatchObject({
    expected: [null],
  });
});

test("only anomalies are marks, and they keep their exact window in a wide point", () => {
  const marks = volumeSeries(
    [window(0, 1), window(1, 1)],
    [verdict(0, {}), verdict(1, { answer: "anomalous" })],
    2 * MINUTE,
  ).marks;
  expect(marks).toMatchObject([{ startMs: MINUTE, endMs: 2 * MINUTE }]);
});

test("quantiles of neighbours average by how many numbers they stand for; nulls count by records", () => {
  const points = [
    point(0, { p50: 1, numberCount: 30, nullCount: 1 }),
    point(1, { p50: 5, numberCount: 10, nullCount: 4 }),
  ];
  expect(featureSeries("age", points, [], 2 * MINUTE)).toMatchObject({
    p50: [2],
    nullShare: [0.25],
    count: [20],
  });
});

test("a category that is new and large is among the lines though it is rare over the span", () => {
  const usual = Array.from({ length: 30 }, (_, i) => [`name-${i}`, 1] as const);
  const points = Array.from({ length: 200 }, (_, i) => point(i, { nameCount: 30, names: new Map(usual) }));
  points.push(point(200, { nameCount: 30, names: new Map([["zz", 15]]) }));
  expect(featureSeries("country", points, [], MINUTE).categories[0]).toMatchObject({ name: "zz" });
});
