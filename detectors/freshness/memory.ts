/**
 * What is remembered of a source's rhythm: how old its newest record had become, at most, in each hour of the week
 * of the last eight weeks. Plain data, 11 kB.
 */
import type { DetectorContext } from "../contract.ts";
import { type BlockTailMemory, startBlockTail } from "../lib/series/block-tail.ts";
import { type ClockMemory, startClock, type WallTime } from "../lib/series/wall-clock.ts";
import { LATENESS_TAIL } from "./lateness.ts";

export const WEEKS_KEPT = 8;
export const HOURS_PER_WEEK = 168;
const DAY_MS = 86_400_000;
const BLOCKS_KEPT = 140;

export interface FreshnessMemory {
  readonly clock: ClockMemory;
  /** End of the newest window that had a record; NaN before the first. */
  newestMs: number;
  firstMs: number;
  /** Ring of weeks by hours: greatest age in milliseconds. NaN where nothing was learned. */
  readonly ages: Float64Array;
  /** The week of each row. */
  readonly weekOfRow: Float64Array;
  /** Longest silence so far, and how many ended. */
  longestMs: number;
  silences: number;
  /** Share of empty windows, of late. */
  emptyShare: number;
  readonly lateness: BlockTailMemory;
  readonly blockMs: number;
  block: number;
}

export function startMemory(context: DetectorContext): FreshnessMemory {
  return {
    clock: startClock(),
    newestMs: Number.NaN,
    firstMs: Number.NaN,
    ages: new Float64Array((WEEKS_KEPT + 1) * HOURS_PER_WEEK).fill(Number.NaN),
    weekOfRow: new Float64Array(WEEKS_KEPT + 1).fill(Number.NaN),
    longestMs: 0,
    silences: 0,
    emptyShare: 0,
    lateness: startBlockTail(BLOCKS_KEPT, LATENESS_TAIL),
    blockMs: Math.max(DAY_MS / 2, 3 * context.windowSizeMs),
    block: -1,
  };
}

/**
 * Greatest age seen in this hour of the week or its neighbours, in the weeks before; NaN in the first three. While
 * fewer than eight weeks are known, part of the longest silence stands in for those that are missing.
 */
export function usualAgeMs(memory: FreshnessMemory, wall: WallTime): number {
  const { week, hour } = weekHour(wall);
  let weeks = 0;
  let usual = Number.NaN;
  for (let back = 1; back <= WEEKS_KEPT; back++) {
    const row = rowOf(week - back);
    if (memory.weekOfRow[row] !== week - back) continue;
    let seen = false;
    for (const near of [hour - 1, hour, hour + 1]) {
      const age = memory.ages[row * HOURS_PER_WEEK + Math.max(0, Math.min(HOURS_PER_WEEK - 1, near))]!;
      if (Number.isNaN(age)) continue;
      seen = true;
      usual = Number.isNaN(usual) ? age : Math.max(usual, age);
    }
    if (seen) weeks++;
  }
  return weeks < 3 ? Number.NaN : Math.max(usual, memory.longestMs * (1 - weeks / WEEKS_KEPT));
}

export function learnAge(memory: FreshnessMemory, wall: WallTime, ageMs: number): void {
  const { week, hour } = weekHour(wall);
  const row = rowOf(week);
  if (memory.weekOfRow[row] !== week) {
    memory.weekOfRow[row] = week;
    memory.ages.fill(Number.NaN, row * HOURS_PER_WEEK, (row + 1) * HOURS_PER_WEEK);
  }
  const at = row * HOURS_PER_WEEK + hour;
  memory.ages[at] = Number.isNaN(memory.ages[at]!) ? ageMs : Math.max(memory.ages[at]!, ageMs);
}

function weekHour(wall: WallTime): { week: number; hour: number } {
  const week = Math.floor((wall.day - wall.weekday) / 7);
  return { week, hour: wall.weekday * 24 + Math.floor(wall.timeOfDayMs / 3_600_000) };
}

function rowOf(week: number): number {
  const rows = WEEKS_KEPT + 1;
  return ((week % rows) + rows) % rows;
}
