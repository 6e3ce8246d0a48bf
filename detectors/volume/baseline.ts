/**
 * How many records would be usual now? Season (slot of the week) times slow level, or what is known so far.
 */
import { medianInPlace } from "../lib/series/order-statistics.ts";
import { isWeekend, type WallTime } from "../lib/series/wall-clock.ts";
import type { BaselineMemory, VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";

/** What the expectation rests on: the week's slot, the same hour of past days, or the last windows alone. */
export type Footing = "week" | "day" | "level";

/** Enough for nine weekdays, or four weekend days. */
const DAYS_LOOKED_BACK = 16;
const scratch = new Float64Array(DAYS_LOOKED_BACK);

export interface Season {
  /** Log count, level left out; NaN where too little is known. */
  readonly log: number;
  readonly footing: Footing;
}

export function seasonOf(memory: VolumeMemory, day: number, slot: number): Season {
  const week = weekSeason(memory, day, slot);
  const near = daySeason(memory, day, slot);
  if (Number.isNaN(week)) return { log: near, footing: Number.isNaN(near) ? "level" : "day" };
  return { log: Number.isNaN(near) ? week : week + method.dayPull * (near - week), footing: "week" };
}

function weekSeason(memory: VolumeMemory, day: number, slot: number): number {
  let count = 0;
  for (let week = 1; week <= memory.grid.seasonWeeks; week++) {
    const value = dayValue(memory, day - 7 * week, slot);
    if (!Number.isNaN(value)) scratch[count++] = value;
  }
  return count < method.seasonWeeksMin ? Number.NaN : medianInPlace(scratch, count);
}

/** The same hour of the last days of the same kind. Three of them tell a rhythm; before, it's only a day. */
function daySeason(memory: VolumeMemory, day: number, slot: number): number {
  const weekday = weekdayOf(day);
  const weekend = isWeekend(weekday);
  const wanted = weekend ? method.weekendsPulled : method.weekdaysPulled;
  let count = 0;
  for (let back = 1; back <= DAYS_LOOKED_BACK && count < wanted; back++) {
    if (isWeekend((weekday - back + 7 * DAYS_LOOKED_BACK) % 7) !== weekend) continue;
    const value = dayValue(memory, day - back, slot);
    if (!Number.isNaN(value)) scratch[count++] = value;
  }
  return count < method.seasonWeeksMin ? Number.NaN : medianInPlace(scratch, count);
}

export function dayValue(memory: VolumeMemory, day: number, slot: number): number {
  const { baseline, grid } = memory;
  if (day > baseline.day || day <= baseline.day - grid.daysKept) return Number.NaN;
  return baseline.days[rowOf(memory, day) * grid.slotsPerDay + slot]!;
}

function rowOf(memory: VolumeMemory, day: number): number {
  const row = day % memory.grid.daysKept;
  return row < 0 ? row + memory.grid.daysKept : row;
}

export function weekdayOf(day: number): number {
  const weekday = (day + 3) % 7;
  return weekday < 0 ? weekday + 7 : weekday;
}

/** Opens the rows of all days up to `day`; what was there nine weeks ago is forgotten. */
export function openDay(memory: VolumeMemory, day: number): void {
  const { baseline, grid } = memory;
  const first = Math.max(baseline.day + 1, day - grid.daysKept + 1);
  for (let d = first; d <= day; d++) {
    const row = rowOf(memory, d);
    baseline.days.fill(Number.NaN, row * grid.slotsPerDay, (row + 1) * grid.slotsPerDay);
  }
  if (day > baseline.day) baseline.day = day;
}

/** Folds an accepted window in. Windows shorter than a slot are averaged into it. */
export function learnBaseline(
  memory: VolumeMemory,
  wall: WallTime,
  slot: number,
  count: number,
  expected: number,
  season: number,
): void {
  const { baseline, grid } = memory;
  const row = rowOf(memory, wall.day);
  const slotId = wall.day * grid.slotsPerDay + slot;
  if (slotId !== baseline.slot) {
    baseline.slot = slotId;
    baseline.slotSum = 0;
    baseline.slotCount = 0;
  }
  baseline.slotSum += count;
  baseline.slotCount++;
  baseline.days[row * grid.slotsPerDay + slot] =
    Math.log(baseline.slotSum / baseline.slotCount + 0.5) - baseline.level;
  learnLevels(baseline, grid.windowsPerDay, count, expected, !Number.isNaN(season));
}

function learnLevels(
  baseline: BaselineMemory,
  windowsPerDay: number,
  count: number,
  expected: number,
  seasonal: boolean,
): void {
  const logCount = Math.log(count + 0.5);
  baseline.pooled = Number.isNaN(baseline.pooled)
    ? logCount
    : baseline.pooled + method.pooledRate * (logCount - baseline.pooled);
  if (!seasonal) return;
  const move = clip(logCount - Math.log(expected + 0.5), method.levelClip);
  const rate = Math.min(0.3, method.levelRatePerDay / windowsPerDay);
  baseline.level += rate * move * Math.min(1, expected / method.levelFullAt);
}

export function clip(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}
