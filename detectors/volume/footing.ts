/**
 * What does an expectation rest on, and what is begun anew when it comes to rest on more?
 *
 * While no season is known, "noise" is mostly the season itself: a lane that writes 3,000 records every sixth hour
 * seems to swing by 300 %. Carried over, that would hide losses for months. So on the day that a better footing is
 * there, the noise is read from the days that were kept, and all that was measured in units of the old noise
 * begins anew. From then on, windows on a worse footing teach nothing about noise.
 */
import { startBlockTail } from "../lib/series/block-tail.ts";
import { startLeastSquares } from "../lib/series/recursive-least-squares.ts";
import { isWeekend } from "../lib/series/wall-clock.ts";
import { dayValue, type Footing, weekdayOf } from "./baseline.ts";
import { CHANNELS, tailOptions } from "./channels.ts";
import { startDip } from "./dips.ts";
import { FORECAST_INPUTS, startRecent, type VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";

const RANK: Readonly<Record<Footing, number>> = { level: 0, day: 1, week: 2 };

/** Does this window rest on as much as the noise was learned on? */
export function teachesNoise(memory: VolumeMemory, footing: Footing): boolean {
  return RANK[footing] >= memory.noise.footing;
}

export function noteFooting(memory: VolumeMemory, footing: Footing, day: number): void {
  if (RANK[footing] <= memory.noise.footing) return;
  if (memory.noise.footing === 0) memory.noise.levelVariance = orZero(memory.noise.laneVariance);
  memory.noise.footing = RANK[footing];
  // Slots longer than windows keep averages, which tell nothing of the noise of a single window.
  if (memory.grid.windowsPerDay > memory.grid.slotsPerDay) return;
  seedNoise(memory, day, footing === "week");
  beginAnew(memory);
}

function seedNoise(memory: VolumeMemory, day: number, byWeekday: boolean): void {
  const { noise, grid } = memory;
  let sum = 0;
  let weights = 0;
  for (let slot = 0; slot < grid.slotsPerDay; slot++) {
    const { variance, expected } = pastVariance(memory, day, slot, byWeekday);
    noise.slotVariance[slot] = variance;
    if (Number.isNaN(variance)) continue;
    const weight = Math.min(1, expected / method.noiseFullAt);
    sum += weight * variance;
    weights += weight;
  }
  if (weights > 0) noise.laneVariance = sum / weights;
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}

/** A day that differs from its like by more than this (log) was no noise. */
const DEVIATION_MAX = 1;
/** A forecast from three days errs by its own noise too. */
const FORECAST_ERROR = 1.4;

function pastVariance(
  memory: VolumeMemory,
  day: number,
  slot: number,
  byWeekday: boolean,
): { variance: number; expected: number } {
  const sums = new Map<number, { count: number; sum: number; squares: number }>();
  let logs = 0;
  let values = 0;
  for (let back = 1; back <= 7 * method.seasonWeeksMin; back++) {
    const value = dayValue(memory, day - back, slot);
    if (Number.isNaN(value)) continue;
    logs += value;
    values++;
    const weekday = weekdayOf(day - back);
    const key = byWeekday ? weekday : Number(isWeekend(weekday));
    const group = sums.get(key) ?? { count: 0, sum: 0, squares: 0 };
    group.count++;
    group.sum += value;
    group.squares += value * value;
    sums.set(key, group);
  }
  let squares = 0;
  let freedom = 0;
  for (const group of sums.values()) {
    squares += Math.min(DEVIATION_MAX ** 2 * group.count, group.squares - group.sum ** 2 / group.count);
    freedom += group.count - 1;
  }
  const expected = Math.exp(logs / Math.max(1, values) + memory.baseline.level) - 0.5;
  if (freedom < 1 || expected < 1) return { variance: Number.NaN, expected };
  return { variance: (FORECAST_ERROR * squares) / freedom - 1 / (expected + 0.5), expected };
}

function beginAnew(memory: VolumeMemory): void {
  const { forecast, threshold } = memory;
  memory.recent = { ...startRecent(), countMin: memory.recent.countMin };
  memory.dip = startDip();
  memory.noise.taught = 0;
  forecast.squares = startLeastSquares(FORECAST_INPUTS);
  forecast.innovationVariance = 1;
  forecast.volatility = 1;
  forecast.mean = 0;
  forecast.slowMean = 0;
  for (const past of [
    forecast.last,
    forecast.lastWeek,
    forecast.yesterday,
    forecast.lastOfKind,
    forecast.lastButOneOfKind,
  ])
    past.fill(0);
  for (const name of CHANNELS) {
    threshold.tails[name] = startBlockTail(threshold.tails[name].maxima.length, tailOptions(name));
    threshold.lifts[name] = 0;
  }
}
