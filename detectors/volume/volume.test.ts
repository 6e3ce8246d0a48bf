import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Random, seededRandom } from "../../src/base/random.ts";
import type { DetectorContext, KnownEvent, Verdict } from "../contract.ts";
import { volume } from "./volume.ts";

const HOUR_MS = 3_600_000;
/** Monday, 1 January 2024, 00:00 UTC. */
const START_MS = Date.UTC(2024, 0, 1);

interface Run {
  readonly windowSizeMs?: number;
  readonly budget?: number;
  readonly familySize?: number;
  readonly timeZone?: string;
  readonly startMs?: number;
  readonly knownEvents?: readonly KnownEvent[];
}

function contextOf(run: Run): DetectorContext {
  return {
    swimlane: "prod",
    source: "*",
    feature: "*",
    windowSizeMs: run.windowSizeMs ?? HOUR_MS,
    timeZone: run.timeZone ?? "UTC",
    pageBudgetPerWeek: run.budget ?? 0.25,
    familySize: run.familySize ?? 1,
    knownEvents: run.knownEvents ?? [],
  };
}

function judgeAll(counts: readonly number[], run: Run = {}): readonly Verdict[] {
  const context = contextOf(run);
  let memory = volume.start(context, volume.defaults);
  return counts.map((value, at) => {
    const startMs = (run.startMs ?? START_MS) + at * context.windowSizeMs;
    const point = { startMs, endMs: startMs + context.windowSizeMs, value };
    const step = volume.step(point, memory, context, volume.defaults);
    memory = step.memory;
    return step.verdict;
  });
}

const anomalousAt = (verdicts: readonly Verdict[]) =>
  verdicts.flatMap((verdict, at) => (verdict.answer === "anomalous" ? [at] : []));

/** Office hours: 1,000 an hour by day, 100 by night, half of it at weekends; noise of 4 %. */
function office(hours: number, random: Random): number[] {
  return Array.from({ length: hours }, (_, at) => {
    const base = at % 24 >= 8 && at % 24 < 18 ? 1000 : 100;
    const weekend = Math.floor(at / 24) % 7 >= 5 ? 0.5 : 1;
    return Math.round(base * weekend * (1 + 0.08 * (random() + random() - 1)));
  });
}

const WEEK = 168;

test("a lane that goes silent in a busy hour is found in that hour, and for certain", () => {
  const counts = [...office(6 * WEEK + 10, seededRandom(1)), 0];
  const last = judgeAll(counts).at(-1)!;
  expect(last).toMatchObject({ answer: "anomalous", severity: "page", certain: true, effect: -1 });
  expect(last.summary).toMatch(/^0 records where 9\d\d|^0 records where 1,0\d\d/);
  expect(last.summary).toContain("−100 %");
});

// Windows of 5 s, twelve to a slot: an hour of 100 records a window, then five silent windows every five minutes.
test("a young lane of short windows that is silent again and again is found each time, to the last silent window", () => {
  const random = seededRandom(11);
  const silent = (at: number) => at >= 720 && at % 60 < 5;
  const counts = Array.from({ length: 720 + 10 * 60 }, (_, at) =>
    silent(at) ? 0 : Math.round(100 + 40 * (random() + random() - 1)),
  );
  const anomalous = new Set(anomalousAt(judgeAll(counts, { windowSizeMs: 5_000 })));
  expect(counts.flatMap((_, at) => (silent(at) && !anomalous.has(at) ? [at] : []))).toEqual([]);
  // A low window right after an outage may still belong to it.
  expect([...anomalous].filter((at) => !silent(at) && !silent(at - 1))).toEqual([]);
});

test("a loss of 30 % that lasts is found within four windows", () => {
  const counts = office(6 * WEEK + 14, seededRandom(2)).map((count, at) =>
    at >= 6 * WEEK + 10 ? Math.round(0.7 * count) : count,
  );
  expect(anomalousAt(judgeAll(counts)).at(0)).toBeGreaterThanOrEqual(6 * WEEK + 10);
});

test("six months without a fault cost fewer pages than the budget allows", () => {
  const verdicts = judgeAll(office(26 * WEEK, seededRandom(3)), { budget: 0.25 });
  expect(anomalousAt(verdicts).length).toBeLessThanOrEqual(0.25 * 26);
});

test("a spike is not a page", () => {
  const counts = office(6 * WEEK, seededRandom(4));
  counts[5 * WEEK + 12] = 20_000;
  expect(anomalousAt(judgeAll(counts)).filter((at) => at >= 5 * WEEK + 12)).toEqual([]);
});

test("a steady lane of 12 records a window that goes silent is found before any season is known", () => {
  // 24 windows of some 12 to 18 records, then silence: at windows of a second, a minute and five minutes.
  for (const windowSizeMs of [1_000, 60_000, 5 * 60_000]) {
    const random = seededRandom(5);
    const counts = [...Array.from({ length: 24 }, () => 12 + Math.floor(7 * random())), 0, 0, 0];
    const found = anomalousAt(judgeAll(counts, { windowSizeMs }));
    expect(found.at(0), `${windowSizeMs} ms`).toBeLessThanOrEqual(25);
    expect(found.at(0), `${windowSizeMs} ms`).toBeGreaterThanOrEqual(24);
  }
});

test("a drop in a compressed daily rhythm is found within its first windows, and the rhythm itself never pages", () => {
  // Windows of two seconds, a "day" of 150 of them; a loss of 80 % from window 400 on.
  const random = seededRandom(6);
  const rhythm = Array.from(
    { length: 440 },
    (_, at) => 200 * (1 + 0.5 * Math.sin((2 * Math.PI * at) / 150)) * (0.95 + 0.1 * random()),
  );
  const counts = rhythm.map((count, at) => Math.round(at >= 400 ? 0.2 * count : count));
  const found = anomalousAt(judgeAll(counts, { windowSizeMs: 2_000 }));
  expect(found.at(0)).toBeGreaterThanOrEqual(400);
  expect(found.at(0)).toBeLessThanOrEqual(402);
});

test("while too few windows are known the answer is insufficient, and says how far it is", () => {
  const verdicts = judgeAll(Array(19).fill(0));
  expect(verdicts.every((verdict) => verdict.answer === "insufficient")).toBe(true);
  expect(verdicts.at(-1)!.summary).toBe("learning: 18 of 20 windows seen");
});

// A weekday runs like the Sunday before. The first low hours page at most once; the rest of the day is excused.
test("a holiday costs at most one page", () => {
  const counts = office(10 * WEEK, seededRandom(7));
  const wednesday = 8 * WEEK + 2 * 24;
  for (let hour = 0; hour < 24; hour++) counts[wednesday + hour] = counts[wednesday - 3 * 24 + hour]!;
  expect(pagesOf(anomalousAt(judgeAll(counts)))).toBeLessThanOrEqual(1);
});

test("a new timetable pages a few times in four weeks, not every day", () => {
  const counts = office(12 * WEEK, seededRandom(8)).map((count, at) =>
    at >= 8 * WEEK && at % 24 === 12 ? Math.round(count / 2) : count,
  );
  expect(pagesOf(anomalousAt(judgeAll(counts)))).toBeLessThanOrEqual(4);
});

test("a lane that settles at a third of its level pages, then learns the new level", () => {
  const counts = office(12 * WEEK, seededRandom(9)).map((count, at) =>
    at >= 8 * WEEK ? Math.round(count / 3) : count,
  );
  const found = anomalousAt(judgeAll(counts));
  expect(found.at(0)).toBeLessThanOrEqual(8 * WEEK + 8);
  expect(found.filter((at) => at > 8 * WEEK + 72)).toEqual([]);
});

test("after days of silence the old level holds: the return is usual, and the next outage is found", () => {
  const counts = office(12 * WEEK, seededRandom(10));
  counts.fill(0, 8 * WEEK, 8 * WEEK + 96);
  counts[10 * WEEK + 12] = 0;
  const found = anomalousAt(judgeAll(counts));
  expect(found.filter((at) => at > 8 * WEEK + 96)).toEqual([10 * WEEK + 12]);
});

test("growth of 5 % a week is learned", () => {
  const counts = office(26 * WEEK, seededRandom(11)).map((count, at) =>
    Math.round(count * 1.05 ** (at / WEEK)),
  );
  const verdicts = judgeAll(counts);
  expect(pagesOf(anomalousAt(verdicts))).toBeLessThanOrEqual(0.25 * 26);
  expect(judgeAll([...counts.slice(0, 20 * WEEK + 12), 0]).at(-1)!.answer).toBe("anomalous");
});

test("seasons follow the wall clock of the lane: a change of clocks costs no page", () => {
  // Berlin, from 5 February 2024; clocks go forward on 31 March. Counts follow the local hour.
  const startMs = Date.UTC(2024, 1, 4, 23);
  const random = seededRandom(12);
  const local = (at: number) => at + (startMs + at * HOUR_MS >= Date.UTC(2024, 2, 31, 1) ? 1 : 0);
  const counts = Array.from({ length: 11 * WEEK }, (_, at) => {
    const hour = local(at) % 24;
    return Math.round((hour >= 8 && hour < 18 ? 1000 : 100) * (0.96 + 0.08 * random()));
  });
  expect(anomalousAt(judgeAll(counts, { startMs, timeZone: "Europe/Berlin" }))).toEqual([]);
});

// Counts fall by 80 an hour all afternoon. At 15:00 the next hour's count comes: the morning was on time, so it's no shift.
test("a loss that looks like a clock shift counts in full once the day's hours have spoken against one", () => {
  const random = seededRandom(15);
  const usual = (hour: number) =>
    hour < 6 ? 100 : hour < 12 ? 400 + 100 * (hour - 6) : 1000 - 80 * (hour - 12);
  const noise = () => 1 + 0.03 * (random() + random() - 1);
  const counts = Array.from({ length: 7 * WEEK }, (_, at) => Math.round(usual(at % 24) * noise()));
  const at = 6 * WEEK + 24 + 15;
  counts[at] = usual(16);
  expect(anomalousAt(judgeAll(counts)).filter((found) => found >= at)).toContain(at);
});

test("a known event is named, does not page and is not learned", () => {
  const startMs = START_MS + (6 * WEEK + 9) * HOUR_MS;
  const knownEvents = [{ startMs, endMs: startMs + 5 * HOUR_MS, name: "migration" }];
  const counts = office(7 * WEEK, seededRandom(13));
  counts.fill(0, 6 * WEEK + 9, 6 * WEEK + 14);
  const verdicts = judgeAll(counts, { knownEvents });
  expect(verdicts.filter((verdict) => verdict.severity === "page")).toEqual([]);
  expect(verdicts[6 * WEEK + 11]!.summary).toContain('during the known event "migration"');
});

test("the same outage thirty times over is found from first to last", () => {
  const outages = Array.from({ length: 30 }, (_, i) => (6 + i) * WEEK + (i % 5) * 24 + 11);
  const counts = office(37 * WEEK, seededRandom(14));
  for (const at of outages) counts.fill(0, at, at + 2);
  const found = new Set(anomalousAt(judgeAll(counts)));
  expect(outages.filter((at) => !found.has(at) && !found.has(at + 1))).toEqual([]);
});

// Half of the lane's records, for two hours, twice a week: without their suddenness they would be the lane's noise.
test("the same loss of half the records thirty times over is found from first to last", () => {
  const losses = Array.from({ length: 30 }, (_, i) => 6 * WEEK + Math.floor(i * 3.5) * 24 + 11);
  const counts = office(22 * WEEK, seededRandom(16));
  for (const at of losses) for (const hour of [at, at + 1]) counts[hour] = Math.round(0.5 * counts[hour]!);
  const found = new Set(anomalousAt(judgeAll(counts)));
  const missed = losses.filter((at) => !found.has(at) && !found.has(at + 1));
  expect(missed.length).toBeLessThanOrEqual(1);
});

// Learned as noise, the rhythm of the first weeks (nothing, nothing, 3,000) would hide losses for months.
test("a lane that writes every sixth hour is found short by a third as soon as its week is known", () => {
  const random = seededRandom(17);
  const batch = (at: number) => (at % 6 === 0 ? Math.round(3000 * (0.95 + 0.1 * random())) : 0);
  const counts = Array.from({ length: 6 * WEEK }, (_, at) => batch(at));
  for (const at of [4 * WEEK + 48, 5 * WEEK + 18]) counts[at] = Math.round(0.67 * counts[at]!);
  expect(anomalousAt(judgeAll(counts))).toEqual([4 * WEEK + 48, 5 * WEEK + 18]);
});

test("in its first weeks a lane that sleeps at night and at weekends does not page", () => {
  const random = seededRandom(18);
  const counts = Array.from({ length: 4 * WEEK }, (_, at) => {
    const open = at % 24 >= 8 && at % 24 < 18 && Math.floor(at / 24) % 7 < 5;
    return open ? Math.round(500 * (0.95 + 0.1 * random())) : 0;
  });
  expect(anomalousAt(judgeAll(counts))).toEqual([]);
});

test("an explanation names the windows that were short, and its parts add up to the statistic", () => {
  const counts = office(6 * WEEK + 14, seededRandom(15)).map((count, at) =>
    at >= 6 * WEEK + 9 ? Math.round(0.5 * count) : count,
  );
  for (const verdict of judgeAll(counts).filter(({ answer }) => answer === "anomalous")) {
    const sum = verdict.parts.reduce((total, part) => total + part.contribution, 0);
    expect(sum).toBeCloseTo(verdict.statistic, 9);
    expect(verdict.parts.every((part) => /^2024-.*Z$/.test(part.label))).toBe(true);
  }
});

interface Case {
  readonly name: string;
  readonly windowSizeMs: number;
  readonly counts: readonly (readonly [value: number, times: number])[];
  readonly anomalous: readonly number[];
}

const cases: readonly Case[] = JSON.parse(readFileSync(new URL("cases.json", import.meta.url), "utf8"));
test.each(cases)("worked case: $name", ({ windowSizeMs, counts, anomalous }) => {
  const series = counts.flatMap(([value, times]) => Array<number>(times).fill(value));
  expect(anomalousAt(judgeAll(series, { windowSizeMs }))).toEqual(anomalous);
});

/** Alerts less than four windows apart are one page. */
function pagesOf(alerts: readonly number[]): number {
  return alerts.filter((at, i) => i === 0 || at - alerts[i - 1]! > 3).length;
}
