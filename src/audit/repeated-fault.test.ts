import { expect, test } from "vitest";
import type { Detector, DistributionDetector } from "../../detectors/contract.ts";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { type Random, seededRandom } from "../base/random.ts";
import type { CompleteWindow } from "../rollup/complete-window.ts";
import { ProfileArena } from "../sketch/arena.ts";
import type { ProfileRow } from "../store/contract.ts";
import { LaneAuditor } from "./lane-auditor.ts";

const HOUR_MS = 3_600_000;
const HEALTHY = 72;
const TIMES = 30;
const EVERY = 5;
const DETECTORS = BUILT_IN_DETECTORS.filter(
  (detector): detector is DistributionDetector => detector.input === "distribution",
);

type Row = Record<string, number | string | null>;

/** Each feature has a fault of its own, of a size that a window of 200 records shows clearly. */
const FAULTS: Readonly<Record<string, (value: Row[string], random: Random) => Row[string]>> = {
  amount: (value) => (value as number) + 60,
  age: (value, random) => (random() < 0.05 ? null : value),
  price: (value, random) => (random() < 0.05 ? 99_999 : value),
  country: (value, random) => (random() < 0.05 ? "N/A" : value),
  device: (value, random) => (value === "tv" && random() < 0.9 ? "phone" : value),
  temperature: (value, random) => (random() < 0.1 ? 20 : value),
  clicks: (value, random) => (random() < 0.03 ? String(value) : value),
};

function healthyRow(random: Random): Row {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return {
    amount: Math.round(100 + 40 * normal()),
    age: Math.round(40 + 12 * normal()),
    price: Number(Math.exp(3 + 0.5 * normal()).toFixed(2)),
    country: ["FR", "DE", "US", "BR"][Math.floor(4 * random())]!,
    device: ["phone", "desktop", "tv"][Math.floor(3 * random())]!,
    temperature: Number((17 + 4 * normal()).toFixed(2)),
    clicks: Math.floor(-4 * Math.log(1 - random())),
  };
}

function windowAt(index: number, random: Random, isHurt: boolean): CompleteWindow {
  const rows = Array.from({ length: 200 }, () => healthyRow(random));
  const arena = new ProfileArena();
  const key = { windowStartMs: index * HOUR_MS, windowSizeMs: HOUR_MS, swimlane: "prod", source: "web" };
  const profiles = Object.entries(FAULTS).map(([feature, hurt], at): ProfileRow => {
    const series = arena.open(at);
    for (const row of rows) {
      const value = isHurt ? hurt(row[feature]!, random) : row[feature]!;
      if (value === null) arena.addNull(series);
      else if (typeof value === "number") arena.addNumber(series, value);
      else arena.addString(series, value);
    }
    const profile = arena.seal(series);
    return { ...key, feature, kind: "feature", revision: 1, recordCount: rows.length, profile };
  });
  const counts = { recordCount: rows.length, profileCount: profiles.length, segmentCount: 1 };
  return { window: { ...key, revision: 1, ...counts, mergedAtMs: 0 }, profiles };
}

function auditorOf(detectors: readonly Detector[]): LaneAuditor {
  return new LaneAuditor({
    swimlane: "prod",
    source: "web",
    windowSizeMs: HOUR_MS,
    detectors,
    detectorOptions: {},
    pageBudgetPerWeek: 0.25,
    timeZone: "UTC",
    knownEvents: [],
  });
}

/** A metric that swings by a tenth about 100, in every window of a steady lane. */
function metricWindowAt(index: number, value: number): CompleteWindow {
  const arena = new ProfileArena();
  const series = arena.open(0);
  arena.addPresent(series);
  arena.addNumber(series, value);
  const key = { windowStartMs: index * HOUR_MS, windowSizeMs: HOUR_MS, swimlane: "prod", source: "web" };
  const row = { ...key, feature: "yield", kind: "metric", revision: 1, recordCount: 200 } as const;
  const counts = { recordCount: 200, profileCount: 1, segmentCount: 1 };
  return {
    window: { ...key, revision: 1, ...counts, mergedAtMs: 0 },
    profiles: [{ ...row, profile: arena.seal(series) }],
  };
}

// Three hours twice a week, up or down by turns, after 280 windows; the budget is one page a month for the whole lane.
test("the same fault of a metric thirty times over pages the thirtieth time as it did the first", () => {
  const random = seededRandom(12);
  const auditor = auditorOf(BUILT_IN_DETECTORS);
  const faults = Array.from({ length: TIMES }, (_, i) => 280 + Math.round(i * 3.5 * 24) + (i % 5));
  const found = new Set<number>();
  const elsewhere: number[] = [];
  for (let index = 0; index < faults.at(-1)! + 24; index++) {
    const fault = faults.findIndex((from) => index >= from && index < from + 3);
    const usual = 100 + 10 * (2 * random() - 1);
    const rows = auditor.audit(
      metricWindowAt(index, fault < 0 ? usual : fault % 2 === 0 ? usual + 60 : usual - 60),
    );
    if (!rows.some((row) => row.severity === "page" && row.answer === "anomalous")) continue;
    if (fault < 0) elsewhere.push(index);
    else found.add(fault);
  }
  expect([...found].sort((a, b) => a - b)).toEqual(faults.map((_, i) => i));
  expect(elsewhere).toEqual([]);
});

// A window that was refused teaches nothing, or the tenth null would be as usual as the first was odd.
test("the same fault thirty times over is found the thirtieth time as it was the first", () => {
  const random = seededRandom(11);
  const auditor = auditorOf(DETECTORS);
  const found: Record<string, number[]> = Object.fromEntries(Object.keys(FAULTS).map((name) => [name, []]));
  let falseAlerts = 0;
  for (let index = 0; index < HEALTHY + TIMES * EVERY; index++) {
    const isHurt = index >= HEALTHY && (index - HEALTHY) % EVERY === 0;
    const rows = auditor.audit(windowAt(index, random, isHurt));
    const alerted = new Set(
      rows.filter((row) => row.answer === "anomalous" && row.severity !== "info").map((row) => row.feature),
    );
    if (!isHurt) falseAlerts += alerted.size;
    else for (const [name, times] of Object.entries(found)) times.push(alerted.has(name) ? 1 : 0);
  }
  for (const [name, times] of Object.entries(found))
    expect({ name, times }).toEqual({ name, times: new Array(TIMES).fill(1) });
  expect(falseAlerts).toBe(0);
});
