import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { HOURLY_CONTEXT } from "../../test/harness/hourly-context.ts";
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
    ...HOURLY_CONTEXT,
    feature: "rows_written",
    windowSizeMs: FIVE_MINUTES_MS,
    pageBudgetPerWeek: budget,
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

/** What a lane with records, features and one metric leaves to the metric of one false page a month. */
const SHARE = 0.25 / 6;
const CALM = 280;

function gaussian(windows: number, seed: number): number[] {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: windows }, normal);
}

// By rank alone 280 windows cannot say less than one in 560, and a page a month needs one in 50,000.
test("after 280 calm windows a share that jumps from 5 % to 50 % pages by the second window, and pages once", () => {
  const values = Array.from({ length: CALM + 90 }, (_, at) => (at < CALM ? (1 + ((at * 7) % 3)) / 40 : 0.5));
  const found = anomalousAt(judgeAll(values, { stuckWindows: 1_000 }, SHARE));
  expect(found[0]).toBeGreaterThanOrEqual(CALM);
  expect(found[0]).toBeLessThanOrEqual(CALM + 1);
  expect(found.length).toBeLessThanOrEqual(2);
});

test("after 280 calm windows a level ten standard deviations off pages within three windows", () => {
  for (let seed = 20; seed < 40; seed++) {
    const values = gaussian(CALM + 5, seed).map((value, at) => (at < CALM ? value : value - 10));
    const verdicts = judgeAll(values, {}, SHARE);
    const found = anomalousAt(verdicts);
    expect({ seed, first: found[0], in: found[0]! >= CALM && found[0]! < CALM + 3 }).toMatchObject({
      in: true,
    });
    const { parts, statistic } = verdicts[found[0]!]!;
    expect(parts.reduce((sum, part) => sum + part.contribution, 0)).toBeCloseTo(statistic, 9);
  }
});

// Three windows long, twice a week, at another time each, against a metric with a rhythm.
test("the same fault thirty times over is found from first to last", () => {
  const values = wave(16 * 7 * DAY, 7);
  const faults = Array.from({ length: 30 }, (_, i) => CALM + Math.round(i * 3.5 * DAY) + i * 7);
  for (const at of faults) for (let k = 0; k < 3; k++) values[at + k] = 160 + k;
  const found = new Set(anomalousAt(judgeAll(values, {}, SHARE)));
  expect(faults.filter((at) => ![0, 1, 2].some((k) => found.has(at + k)))).toEqual([]);
  expect([...found].filter((at) => !faults.some((from) => at >= from && at < from + 3))).toEqual([]);
});

test("bursts that come three times a day are learned as the lane's way", () => {
  const values = gaussian(14 * DAY, 8);
  for (let at = 3 * DAY; at < values.length; at += 61) for (let k = 0; k < 3; k++) values[at + k] = 40;
  expect(anomalousAt(judgeAll(values, {}, SHARE)).length).toBeLessThanOrEqual(2);
});

test("a new level is usual after a day: what comes back to it does not page", () => {
  const values = gaussian(30 * DAY, 9).map((value, at) => (at >= 10 * DAY ? value + 30 : value));
  const found = anomalousAt(judgeAll(values, {}, SHARE));
  expect(found[0]).toBe(10 * DAY);
  expect(found.filter((at) => at > 11 * DAY)).toEqual([]);
});

// Normal, heavy-tailed, and slowly wandering; each lane a week from its first window on.
test("calm lanes do not page more often than their budget in their first weeks", () => {
  let pages = 0;
  const lanes = 40;
  for (let seed = 100; seed < 100 + lanes; seed++) {
    let level = 0;
    const values = gaussian(7 * DAY, seed).map((value) => {
      level = 0.95 * level + 0.3 * value;
      return [value, Math.exp(1.2 * value), level][seed % 3]!;
    });
    pages += anomalousAt(judgeAll(values, {}, SHARE)).length;
  }
  expect(pages).toBeLessThanOrEqual(Math.ceil(SHARE * lanes));
});

// A queue that now and then runs away (a tail of index 1): every tenth record would lie ten spans out.
test("lanes with a heavy tail keep to their share of the budget in their first two weeks", () => {
  let pages = 0;
  const lanes = 10;
  for (let seed = 200; seed < 200 + lanes; seed++) {
    const random = seededRandom(seed);
    const values = Array.from({ length: 14 * DAY }, () => 1 / (1 - random()));
    pages += anomalousAt(judgeAll(values, {}, SHARE)).length;
  }
  expect(pages).toBeLessThanOrEqual(Math.ceil(2 * SHARE * lanes));
});

test("a nightly job that runs for the first time in a lane's first hours does not page", () => {
  const random = seededRandom(300);
  const values = Array.from(
    { length: 2 * DAY },
    (_, at) => (at % DAY < 24 || at % DAY >= 36 ? 10 : 500) + random(),
  );
  expect(anomalousAt(judgeAll(values, {}, SHARE))).toEqual([]);
});
