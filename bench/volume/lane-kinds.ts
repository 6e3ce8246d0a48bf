/**
 * Made-up lanes of many kinds, so that the method is chosen by principle and not by the few public series.
 *
 * Each kind gives the expected count of a window from its wall time, and how noise lies on top. Everything is
 * seeded; the same seed gives the same lanes.
 */
import type { Random } from "../../src/base/random.ts";

export interface LaneKind {
  readonly name: string;
  readonly windowSizeMs: number;
  readonly weeks: number;
  /** Builds one lane's counts. */
  readonly build: (random: Random, windows: number, windowsPerDay: number) => Float64Array;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const laneKinds: readonly LaneKind[] = [
  kind("timetable", HOUR_MS, 26, (r, n, d) => noisy(r, n, 0.015, 0, timetable(r, n, d, 0))),
  kind("timetable-5min", 5 * MINUTE_MS, 12, (r, n, d) => noisy(r, n, 0.02, 0, timetable(r, n, d, 0))),
  kind("timetable-changes", HOUR_MS, 30, (r, n, d) => noisy(r, n, 0.03, 0, timetable(r, n, d, 6))),
  kind("small-10-an-hour", HOUR_MS, 26, (r, n, d) => noisy(r, n, 0.05, 0.3, rhythm(r, n, d, 10))),
  kind("large-1000-an-hour", HOUR_MS, 26, (r, n, d) => noisy(r, n, 0.04, 0.5, rhythm(r, n, d, 1000))),
  kind("large-steady", HOUR_MS, 26, (r, n) => noisy(r, n, 0.01, 0.3, flat(n, 20_000 * (0.5 + r())))),
  kind("memoryless-flat", 15 * MINUTE_MS, 16, (r, n) => noisy(r, n, 0, 0, flat(n, 60))),
  kind("weather", HOUR_MS, 40, (r, n, d) => noisy(r, n, 0.22, 0.93, rhythm(r, n, d, 200))),
  kind("holidays", HOUR_MS, 52, (r, n, d) => noisy(r, n, 0.06, 0.6, holidays(r, rhythm(r, n, d, 400), d))),
  kind("clock-shifts", HOUR_MS, 52, (r, n, d) =>
    noisy(r, n, 0.06, 0.6, clockShifts(r, rhythm(r, n, d, 400), d)),
  ),
  kind("growth", HOUR_MS, 30, (r, n, d) => noisy(r, n, 0.07, 0.6, grow(rhythm(r, n, d, 300), d, 1.05))),
  kind("decline", HOUR_MS, 30, (r, n, d) => noisy(r, n, 0.07, 0.6, grow(rhythm(r, n, d, 900), d, 0.96))),
  kind("bursts", HOUR_MS, 30, (r, n, d) => bursts(r, noisy(r, n, 0.12, 0.7, rhythm(r, n, d, 150)), d)),
  kind("minute", MINUTE_MS, 6, (r, n, d) => noisy(r, n, 0.08, 0.9, rhythm(r, n, d, 60))),
  kind("daily", 24 * HOUR_MS, 120, (r, n) => noisy(r, n, 0.1, 0.4, weekly(r, n, 5000))),
  kind("daily-attention", 24 * HOUR_MS, 120, (r, n) =>
    bursts(r, noisy(r, n, 0.18, 0.8, weekly(r, n, 800)), 1),
  ),
  kind("batch-every-6h", HOUR_MS, 26, (r, n) => noisy(r, n, 0.05, 0, batches(n, 6, 3000))),
];

function kind(name: string, windowSizeMs: number, weeks: number, build: LaneKind["build"]): LaneKind {
  return { name, windowSizeMs, weeks, build };
}

/** Smooth double-humped day, calmer nights and weekends; phase and depth differ by lane. */
function rhythm(random: Random, windows: number, windowsPerDay: number, mean: number): Float64Array {
  const night = 0.05 + 0.4 * random();
  const phase = random();
  const weekend = 0.5 + 0.6 * random();
  const second = 0.4 * random();
  return Float64Array.from({ length: windows }, (_, t) => {
    const turn = 2 * Math.PI * ((t % windowsPerDay) / windowsPerDay + phase);
    const shape = Math.max(0, 1 + Math.sin(turn) + second * Math.sin(2 * turn)) / 2;
    const dayOfWeek = Math.floor(t / windowsPerDay) % 7;
    return mean * (night + 1.4 * shape) * (dayOfWeek >= 5 ? weekend : 1);
  });
}

/** Trips by plan: whole blocks of hours at one of few rates, nothing at night; re-planned every so many weeks. */
function timetable(
  random: Random,
  windows: number,
  windowsPerDay: number,
  weeksBetweenChanges: number,
): Float64Array {
  const rates = [0, 0, 120, 240, 480];
  const plan = () =>
    Float64Array.from({ length: 48 }, (_, h) =>
      h % 24 < 5 ? 0 : rates[Math.floor(random() * rates.length)]!,
    );
  let current: Float64Array = plan();
  const values = new Float64Array(windows);
  for (let t = 0; t < windows; t++) {
    const week = weeksBetweenChanges * 7 * windowsPerDay;
    if (week > 0 && t > 0 && t % week === 0) current = changed(random, current);
    const hour = Math.floor(((t % windowsPerDay) * 24) / windowsPerDay);
    const weekend = Math.floor(t / windowsPerDay) % 7 >= 5;
    values[t] = ((current[(weekend ? 24 : 0) + hour]! * 24) / windowsPerDay) * (windowsPerDay > 24 ? 4 : 1);
  }
  return values;
}

function changed(random: Random, plan: Float64Array): Float64Array {
  return plan.map((rate) => (rate > 0 && random() < 0.25 ? rate * (random() < 0.5 ? 0.5 : 1.5) : rate));
}

function flat(windows: number, mean: number): Float64Array {
  return new Float64Array(windows).fill(mean);
}

function weekly(random: Random, windows: number, mean: number): Float64Array {
  const days = Array.from({ length: 7 }, () => 0.6 + 0.8 * random());
  return Float64Array.from({ length: windows }, (_, t) => mean * days[t % 7]!);
}

function batches(windows: number, every: number, size: number): Float64Array {
  return Float64Array.from({ length: windows }, (_, t) => (t % every === 0 ? size : 0));
}

/** Ten weekdays a year run like the Sunday before. */
function holidays(random: Random, expected: Float64Array, windowsPerDay: number): Float64Array {
  const values = expected.slice();
  const days = Math.floor(values.length / windowsPerDay);
  for (let day = 35; day < days; day++) {
    if (day % 7 >= 5 || random() > 10 / 260) continue;
    const sunday = day - (day % 7) - 1;
    values.set(expected.subarray(sunday * windowsPerDay, (sunday + 1) * windowsPerDay), day * windowsPerDay);
  }
  return values;
}

/** The lane follows a wall clock that the configuration doesn't name: it moves by an hour twice a year, and stays. */
function clockShifts(random: Random, expected: Float64Array, windowsPerDay: number): Float64Array {
  const values = expected.slice();
  const hour = Math.round(windowsPerDay / 24);
  const first = Math.floor((6 + 8 * random()) * 7) * windowsPerDay;
  const second = first + 26 * 7 * windowsPerDay;
  for (let t = first; t < Math.min(second, values.length - hour); t++) values[t] = expected[t + hour]!;
  return values;
}

function grow(expected: Float64Array, windowsPerDay: number, factorPerWeek: number): Float64Array {
  return expected.map((value, t) => value * factorPerWeek ** (t / (7 * windowsPerDay)));
}

/** Sudden attention: up to eight times as many, falling back over hours. */
function bursts(random: Random, counts: Float64Array, windowsPerDay: number): Float64Array {
  let extra = 0;
  return counts.map((count) => {
    extra *= 0.75;
    if (random() < 0.15 / windowsPerDay) extra += 1 + 7 * random();
    return Math.round(count * (1 + extra));
  });
}

/** Autocorrelated log-normal noise (`memory` is its lag-1 correlation), then Poisson counting. */
function noisy(
  random: Random,
  windows: number,
  spread: number,
  memory: number,
  expected: Float64Array,
): Float64Array {
  const counts = new Float64Array(windows);
  let state = 0;
  for (let t = 0; t < windows; t++) {
    state = memory * state + Math.sqrt(1 - memory * memory) * normal(random);
    counts[t] = poisson(random, expected[t]! * Math.exp(spread * state - (spread * spread) / 2));
  }
  return counts;
}

export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Knuth's product below 30, the rounded normal above, which is near enough for noise. */
export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0;
  if (mean >= 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let product = random();
  let count = 0;
  while (product > limit) {
    product *= random();
    count++;
  }
  return count;
}
