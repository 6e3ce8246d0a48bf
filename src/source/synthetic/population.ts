/** The made-up people behind the synthetic source: what a healthy record of each lane looks like, and how many come. */
import type { Random } from "../../base/random.ts";

/** The features of one record, before any fault. */
export interface SyntheticFeatures {
  watch_time: number;
  sessions: number;
  age: number | null;
  score: number;
  is_premium: boolean;
  country: string;
  device: string;
  [feature: string]: unknown;
}

export interface SyntheticLane {
  readonly swimlane: string;
  readonly source: string;
  /** Records in a window at the mean of the week. */
  readonly recordsPerWindow: number;
  /** 0 = flat day, 1 = nothing at night. */
  readonly dailySwing: number;
}

export const DEMO_LANES: readonly SyntheticLane[] = [
  { swimlane: "prod", source: "watch-events", recordsPerWindow: 120, dailySwing: 0.6 },
  { swimlane: "eval", source: "watch-events", recordsPerWindow: 70, dailySwing: 0.4 },
  { swimlane: "dev", source: "watch-events", recordsPerWindow: 45, dailySwing: 0.5 },
];

const COUNTRIES = ["US", "FR", "DE", "BR", "IN", "GB", "JP", "ES", "NL", "SE"] as const;
const DEVICES = ["phone", "tv", "tablet", "desktop"] as const;
const DAY_MS = 86_400_000;

/** Expected records in the window that starts at `startMs`: a day that peaks at 20:00 UTC, a quieter weekend. */
export function expectedRecords(lane: SyntheticLane, startMs: number): number {
  const hour = (startMs % DAY_MS) / 3_600_000;
  const day = new Date(startMs).getUTCDay();
  const daily = 1 + lane.dailySwing * Math.cos(((hour - 20) / 24) * 2 * Math.PI);
  return lane.recordsPerWindow * daily * (day === 0 || day === 6 ? 0.85 : 1);
}

export function drawFeatures(random: Random): SyntheticFeatures {
  return {
    watch_time: round(Math.exp(2.6 + 0.7 * normal(random)), 2),
    sessions: poisson(random, 2.4),
    age: random() < 0.03 ? null : Math.round(Math.min(90, Math.max(13, 37 + 13 * normal(random)))),
    score: round(1 / (1 + Math.exp(-(0.4 + 0.9 * normal(random)))), 4),
    is_premium: random() < 0.22,
    country: pick(COUNTRIES, random),
    device: pick(DEVICES, random),
  };
}

/** A Poisson draw; by a normal above 50, where the two can't be told apart here. */
export function poisson(random: Random, mean: number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let draws = 0;
  for (let product = random(); product > limit; product *= random()) draws++;
  return draws;
}

/** A standard normal draw (Box and Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The first values are the most frequent, as cities and devices are. */
function pick<T>(values: readonly T[], random: Random): T {
  const u = random();
  return values[Math.floor(u * u * values.length)]!;
}

function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
