/**
 * Lanes of kinds that the public tables have not: hourly and weekly seasons, a thousand records a window, batches,
 * clumps of one sender, slow drift, growth, a category that is new after months. All seeded.
 */
import { type Random, seededRandom } from "../../../src/base/random.ts";

export type Value = number | string | null;
export type Row = Record<string, Value>;

export interface MadeLane {
  readonly name: string;
  readonly windowSizeMs: number;
  readonly windowCount: number;
  readonly referenceWindows: number;
  /** Rows of window `index`; healthy. */
  readonly rows: (index: number) => Row[];
}

const HOUR_MS = 3_600_000;

export function madeLanes(seed: number): MadeLane[] {
  return [
    fixedLane("fixed_50", 50, seed),
    fixedLane("fixed_200", 200, seed),
    fixedLane("fixed_1000", 1000, seed),
    seasonalLane("season_1000", 1000, seed),
    seasonalLane("season_150", 150, seed),
    batchLane(seed),
    clumpLane(seed),
    slowLane(seed),
    dailyLane(seed),
  ];
}

/** What a row depends on beside chance: the hour's and day's phase, the window's own luck, time's drift. */
interface Mood {
  /** −1 to 1 over the day, and 1 on weekends. */
  readonly day: number;
  readonly weekend: number;
  /** A standard normal of the window's own, times its weight. */
  readonly luck: (feature: number) => number;
  readonly drift: number;
}

const CALM: Mood = { day: 0, weekend: 0, luck: () => 0, drift: 0 };

function fixedLane(name: string, count: number, seed: number): MadeLane {
  return lane(
    name,
    { hours: 1, windowCount: 500, referenceWindows: 72 },
    seed,
    () => count,
    () => CALM,
  );
}

function seasonalLane(name: string, count: number, seed: number): MadeLane {
  const size = (index: number): number => count * (1 + 0.6 * dayPhase(index)) * (isWeekend(index) ? 0.6 : 1);
  const shape = { hours: 1, windowCount: 28 * 24, referenceWindows: 14 * 24 };
  return lane(name, shape, seed, size, (index) => ({
    ...CALM,
    day: dayPhase(index),
    weekend: isWeekend(index) ? 1 : 0,
  }));
}

/** Every window is a batch from a population of its own. */
function batchLane(seed: number): MadeLane {
  return lane(
    "batches_300",
    { hours: 1, windowCount: 500, referenceWindows: 72 },
    seed,
    () => 300,
    (_, random) => {
      const draws = Array.from({ length: 16 }, () => 0.25 * normal(random));
      return { ...CALM, luck: (feature) => draws[feature % 16]! };
    },
  );
}

/** Each sender sends ten records that are alike. */
function clumpLane(seed: number): MadeLane {
  const base = lane(
    "clumps_300",
    { hours: 1, windowCount: 500, referenceWindows: 72 },
    seed,
    () => 30,
    () => CALM,
  );
  return {
    ...base,
    rows: (index) => base.rows(index).flatMap((row) => Array.from({ length: 10 }, () => ({ ...row }))),
  };
}

/** Means creep by a twentieth of a standard deviation a week; records double in ten weeks; a new name after two months. */
function slowLane(seed: number): MadeLane {
  const shape = { hours: 6, windowCount: 400, referenceWindows: 56 };
  const size = (index: number): number => 200 * (1 + index / 280);
  const base = lane("slow_200", shape, seed, size, (index) => ({ ...CALM, drift: index / 560 }));
  const random = seededRandom(seed + 99);
  const withNewName = (row: Row): Row => (random() < 0.05 ? { ...row, country: "C_new" } : row);
  return { ...base, rows: (index) => (index < 240 ? base.rows(index) : base.rows(index).map(withNewName)) };
}

function dailyLane(seed: number): MadeLane {
  const shape = { hours: 24, windowCount: 300, referenceWindows: 56 };
  const mood = (index: number, random: Random): Mood => {
    const draws = Array.from({ length: 16 }, () => 0.1 * normal(random));
    return {
      ...CALM,
      weekend: index % 7 >= 5 ? 1 : 0,
      luck: (feature) => draws[feature % 16]!,
      drift: index / 600,
    };
  };
  return lane("daily_500", shape, seed, (index) => (index % 7 >= 5 ? 350 : 500), mood);
}

interface LaneShape {
  readonly hours: number;
  readonly windowCount: number;
  readonly referenceWindows: number;
}

function lane(
  name: string,
  shape: LaneShape,
  seed: number,
  size: (index: number) => number,
  mood: (index: number, random: Random) => Mood,
): MadeLane {
  const rows = (index: number): Row[] => {
    const random = seededRandom(seed * 1_000_003 + index * 7919 + name.length * 104_729 + name.charCodeAt(0));
    const feeling = mood(index, random);
    const count = poisson(size(index), random);
    return Array.from({ length: count }, () => rowOf(feeling, random));
  };
  const windowSizeMs = shape.hours * HOUR_MS;
  return {
    name,
    windowSizeMs,
    windowCount: shape.windowCount,
    referenceWindows: shape.referenceWindows,
    rows,
  };
}

function rowOf(mood: Mood, random: Random): Row {
  const { day, weekend, drift } = mood;
  const amount = Math.exp(3 + 0.3 * day + 0.2 * mood.luck(0) + drift + 1.2 * normal(random));
  const duration = -Math.log(1 - random()) * 40 * (1 + 0.3 * day + 0.3 * Math.abs(mood.luck(1)));
  const clicks =
    random() < logistic(0.4 + 0.5 * day + mood.luck(2)) ? 0 : poisson(3 + weekend + drift, random);
  return {
    amount: rounded(amount, 2),
    duration: rounded(duration, 3),
    clicks,
    temperature: rounded(15 + 6 * day + 5 * drift + mood.luck(3) + 4 * normal(random), 1),
    score: random(),
    age:
      random() < logistic(-3 + day + mood.luck(4))
        ? null
        : Math.min(99, Math.max(18, Math.round(40 + 12 * normal(random)))),
    price: [9.99, 19.99, 29.99, 49.99, 99.99][zipf(5, 1.2, random)]!,
    subscribed: random() < logistic(-1 + 0.5 * weekend + mood.luck(5)) ? 1 : 0,
    country: `C${zipf(60, 1.3 - 0.1 * day - 0.05 * drift, random)}`,
    device: ["phone", "desktop", "tablet", "tv"][zipf(4, 1 + 0.4 * day + 0.2 * mood.luck(6), random)]!,
    campaign: `k${zipf(3000, 1.05, random)}`,
    latency: Math.round(20 + 5 * mood.luck(7) + 100 / Math.sqrt(random() + 1e-4)),
  };
}

function dayPhase(index: number): number {
  return Math.sin((2 * Math.PI * ((index % 24) - 8)) / 24);
}

function isWeekend(index: number): boolean {
  return Math.floor(index / 24) % 7 >= 5;
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function poisson(mean: number, random: Random): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  let product = random();
  let count = 0;
  for (const limit = Math.exp(-mean); product > limit; count++) product *= random();
  return count;
}

const zipfTables = new Map<string, Float64Array>();

/** A rank from 0, with a share that falls as a power of the rank. */
function zipf(size: number, power: number, random: Random): number {
  const key = `${size}|${power.toFixed(2)}`;
  let table = zipfTables.get(key);
  if (table === undefined) {
    table = new Float64Array(size);
    let sum = 0;
    for (let i = 0; i < size; i++) table[i] = sum += (i + 1) ** -Number(power.toFixed(2));
    for (let i = 0; i < size; i++) table[i]! /= sum;
    zipfTables.set(key, table);
  }
  const u = random();
  let low = 0;
  let high = size - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table[middle]! < u) low = middle + 1;
    else high = middle;
  }
  return low;
}
