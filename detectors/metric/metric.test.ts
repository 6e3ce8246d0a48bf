import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import type { Verdict } from "../contract.ts";
import { type MetricOptions, metric } from "./metric.ts";

const FIVE_MINUTES_MS = 300_000;
const DAY = 288;
const START_MS = Date.UTC(2024, 0, 1);

function judgeAll(
  values: readonly number[],
  options: Partial<MetricOptions> = {},
  budget = 0.25,
): readonly Verdict[] {
  const context = {
    swimlane: "prod",
    source: "*",
    feature: "rows_written",
    windowSizeMs: FIVE_MINUTES_MS,
    timeZone: "UTC",
    pageBudgetPerWeek: budget,
    familySize: 1,
    knownEvents: [],
  };
  const chosen = { ...metric.defaults, ...options };
  let memory = metric.start(context, chosen);
  return values.map((value, at) => {
    const startMs = START_MS + at * FIVE_MINUTES_MS;
    const step = metric.step({ startMs, endMs: startMs + FIVE_MINUTES_MS, value }, memory, context, chosen);
    memory = step.memory;
    return step.verdict;
  });
}

const anomalousAt = (verdicts: readonly Verdict[]) =>
  verdicts.flatMap((verdict, at) => (verdict.answer === "anomalous" ? [at] : []));

/** A daily wave between 20 and 80 with noise of ± 2. */
function wave(windows: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from(
    { length: windows },
    (_, at) => 50 + 30 * Math.sin((2 * Math.PI * at) / DAY) + 4 * (random() - 0.5),
  );
}

test("a spike far beyond all seen pages at once", () => {
  const values = wave(21 * DAY, 1);
  values[20 * DAY] = 400;
  const verdicts = judgeAll(values);
  expect(anomalousAt(verdicts)).toContain(20 * DAY);
  expect(verdicts[20 * DAY]!.summary).toMatch(/^400 where [\d.]+ ± [\d.]+ was usual: /);
});

test("a value that is usual at noon is an anomaly at midnight", () => {
  const values = wave(30 * DAY, 2);
  const trough = 29 * DAY + 216;
  for (let at = trough; at < trough + 12; at++) values[at] = 79;
  expect(anomalousAt(judgeAll(values)).filter((at) => at >= trough && at < trough + 12)).not.toEqual([]);
});

test("four weeks without a fault page no more often than the budget says", () => {
  let pages = 0;
  for (let seed = 10; seed < 16; seed++)
    pages += anomalousAt(judgeAll(wave(28 * DAY, seed), {}, 0.25)).length;
  expect(pages).toBeLessThanOrEqual(0.25 * 4 * 6);
});

test("a level shift pages, and not for every window after it", () => {
  const values = wave(24 * DAY, 3).map((value, at) => (at >= 20 * DAY ? value + 120 : value));
  const found = anomalousAt(judgeAll(values));
  expect(found.at(0)).toBe(20 * DAY);
  expect(found.length).toBeLessThan(10);
});

test("a metric that never stood still is reported when it is stuck, as a warning, once", () => {
  const values = wave(10 * DAY, 4).map((value, at) => (at >= 9 * DAY ? 50 : value));
  const stuck = judgeAll(values).filter((verdict) => verdict.severity === "warn");
  expect(stuck.map(({ summary }) => summary)).toEqual([
    "50 for 24 windows; it never stood still for more than 1",
  ]);
});

test("only the side that the owner asked for is an anomaly", () => {
  const values = wave(21 * DAY, 5);
  values[20 * DAY] = 400;
  expect(anomalousAt(judgeAll(values, { sides: "low" }))).toEqual([]);
  expect(anomalousAt(judgeAll(values, { sides: "high" }))).toContain(20 * DAY);
});

test("the parts of an explanation add up to the statistic", () => {
  const values = wave(21 * DAY, 6);
  values[20 * DAY] = -300;
  const verdict = judgeAll(values)[20 * DAY]!;
  expect(verdict.parts.reduce((sum, part) => sum + part.contribution, 0)).toBeCloseTo(verdict.statistic, 9);
});
