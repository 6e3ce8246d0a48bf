/**
 * Do metrics without a fault keep to the budget, from their first window on?
 *
 * `npm run bench:metric-lanes -- [--replicas 16] [--seed 1] [--budget 0.0417]`: made-up metrics of many kinds by the
 * hour and by five minutes, through the metric detector at the smallest share that a metric can have of a page a
 * month; prints pages a lane-week by the lane's age, and then the price: single windows far out that page, by age and
 * size. Alerts less than four windows apart are one page.
 */
import { parseArgs } from "node:util";
import type { DetectorContext } from "../detectors/contract.ts";
import { metric } from "../detectors/metric/metric.ts";
import { hashText, type Random, seededRandom } from "../src/base/random.ts";
import { falsePages } from "./volume/lane-faults.ts";
import { normal } from "./volume/lane-kinds.ts";

const START_MS = Date.UTC(2024, 0, 1);
const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;
const WEEKS = 8;
/** Weeks of age, each up to but without its end. */
const AGES = [
  { name: "week 1", from: 0, until: 1 },
  { name: "week 2", from: 1, until: 2 },
  { name: "weeks 3–4", from: 2, until: 4 },
  { name: "weeks 5–8", from: 4, until: 8 },
] as const;

/** Single windows put into normal values: how far out, in standard deviations, and at noon of which day. */
const SPIKE_SIZES = [10, 20, 50];
const SPIKE_DAYS = [3, 7, 21, 49];

/** The value of each window in turn. */
type Build = (random: Random, windows: number, windowsPerDay: number) => number[];

const KINDS: Readonly<Record<string, Build>> = {
  normal: (r, n) => series(n, () => 100 + 5 * normal(r)),
  wandering: (r, n) => walk(n, 0.95, () => normal(r)).map((level) => 100 + 5 * level),
  "daily and weekly waves": (r, n, d) =>
    series(n, (t) => 100 + 20 * wave(t, d) + 10 * wave(t, 7 * d) + 5 * normal(r)),
  "log-normal (σ 1.2)": (r, n) => series(n, () => Math.exp(1.2 * normal(r))),
  "tail of index 1": (r, n) => series(n, () => 1 / (1 - r())),
  "volatility that clusters (GARCH)": garch,
  "single spikes, one a day": (r, n, d) =>
    series(n, () => 100 + 5 * normal(r) + (r() < 1 / d ? 50 + 100 * r() : 0)),
  "a nightly job": (r, n, d) =>
    series(n, (t) => (t % d < Math.max(1, d / 96) ? 500 + 25 * normal(r) : 10 + normal(r))),
  "a new level once a day": (r, n, d) => {
    let level = 100;
    return series(n, (t) => {
      if (t % d === 0) level = 100 + 50 * r();
      return level + 5 * normal(r);
    });
  },
  "bursts of 1–6 windows, one a day": (r, n, d) => bursts(r, n, 1 / d),
  "bursts of 1–6 windows, one a week": (r, n, d) => bursts(r, n, 1 / (7 * d)),
};

const { values } = parseArgs({
  options: {
    replicas: { type: "string", default: "16" },
    seed: { type: "string", default: "1" },
    budget: { type: "string", default: String(0.25 / 6) },
  },
});

console.log(`| kind | windows | ${AGES.map(({ name }) => name).join(" | ")} |`);
console.log(`| --- | --- |${" --- |".repeat(AGES.length)}`);
for (const [kind, build] of Object.entries(KINDS)) {
  for (const minutes of [60, 5]) {
    const rates = ratesByAge(kind, build, minutes * MINUTE_MS).map((rate) => rate.toFixed(2));
    console.log(`| ${kind} | ${minutes === 60 ? "1 h" : "5 min"} | ${rates.join(" | ")} |`);
  }
}

console.log(
  `\n| pages, of ${values.replicas} lanes | windows | ${SPIKE_DAYS.map((day) => `day ${day}`).join(" | ")} |`,
);
console.log(`| --- | --- |${" --- |".repeat(SPIKE_DAYS.length)}`);
for (const size of SPIKE_SIZES) {
  for (const minutes of [60, 5]) {
    const found = SPIKE_DAYS.map((day) => spikesFound(size, day, minutes * MINUTE_MS));
    const window = minutes === 60 ? "1 h" : "5 min";
    console.log(`| one window of ${size} deviations | ${window} | ${found.join(" | ")} |`);
  }
}

/** Pages a lane-week in each age. */
function ratesByAge(kind: string, build: Build, windowSizeMs: number): number[] {
  const windowsPerDay = DAY_MS / windowSizeMs;
  const replicas = Number(values.replicas);
  const pages = AGES.map(() => 0);
  for (let replica = 0; replica < replicas; replica++) {
    const random = seededRandom(hashText(`${kind}|${windowSizeMs}|${values.seed}|${replica}`));
    const alerts = alertsOf(build(random, WEEKS * 7 * windowsPerDay, windowsPerDay), windowSizeMs);
    AGES.forEach(({ from, until }, i) => {
      const week = (at: number) => at / (7 * windowsPerDay);
      pages[i]! += falsePages(
        alerts.filter((at) => week(at) >= from && week(at) < until),
        [],
      );
    });
  }
  return AGES.map(({ from, until }, i) => pages[i]! / (replicas * (until - from)));
}

/** Lanes of normal values on which a single window pages. */
function spikesFound(size: number, day: number, windowSizeMs: number): number {
  const windowsPerDay = DAY_MS / windowSizeMs;
  const at = Math.floor((day + 0.5) * windowsPerDay);
  let found = 0;
  for (let replica = 0; replica < Number(values.replicas); replica++) {
    const random = seededRandom(hashText(`spike|${windowSizeMs}|${values.seed}|${replica}`));
    const lane = KINDS["normal"]!(random, at + 1, windowsPerDay);
    lane[at] = 100 + 5 * size;
    if (alertsOf(lane, windowSizeMs).includes(at)) found++;
  }
  return found;
}

function alertsOf(lane: readonly number[], windowSizeMs: number): number[] {
  const context: DetectorContext = {
    swimlane: "lane",
    source: "",
    feature: "value",
    windowSizeMs,
    timeZone: "UTC",
    pageBudgetPerWeek: Number(values.budget),
    familySize: 1,
    knownEvents: [],
  };
  let memory = metric.start(context, metric.defaults);
  const alerts: number[] = [];
  lane.forEach((value, at) => {
    const startMs = START_MS + at * windowSizeMs;
    const point = { startMs, endMs: startMs + windowSizeMs, value };
    const { verdict, memory: after } = metric.step(point, memory, context, metric.defaults);
    memory = after;
    if (verdict.answer === "anomalous" && verdict.severity === "page") alerts.push(at);
  });
  return alerts;
}

function series(windows: number, valueAt: (window: number) => number): number[] {
  return Array.from({ length: windows }, (_, window) => valueAt(window));
}

/** Each value keeps so much of the one before; its spread is that of `draw`. */
function walk(windows: number, kept: number, draw: () => number): number[] {
  let level = 0;
  return series(windows, () => {
    level = kept * level + Math.sqrt(1 - kept * kept) * draw();
    return level;
  });
}

function wave(window: number, period: number): number {
  return Math.sin((2 * Math.PI * window) / period);
}

/** Bollerslev 1986, with the coefficients of a stock's returns. */
function garch(random: Random, windows: number): number[] {
  let variance = 1;
  let last = 0;
  return series(windows, () => {
    variance = 0.02 + 0.13 * last * last + 0.85 * variance;
    last = Math.sqrt(variance) * normal(random);
    return 100 + 5 * last;
  });
}

function bursts(random: Random, windows: number, chance: number): number[] {
  let left = 0;
  let height = 0;
  return series(windows, () => {
    if (left === 0 && random() < chance) {
      left = 1 + Math.floor(6 * random());
      height = 50 + 100 * random();
    }
    const lifted = left > 0 ? height : 0;
    left = Math.max(0, left - 1);
    return 100 + lifted + 5 * normal(random);
  });
}
