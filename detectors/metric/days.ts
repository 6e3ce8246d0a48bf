/**
 * What was the metric at this time of day on the seven days before?
 */
import { medianInPlace } from "../lib/series/order-statistics.ts";
import type { WallTime } from "../lib/series/wall-clock.ts";
import { DAYS_KEPT, type MetricMemory } from "./memory.ts";

const scratch = new Float64Array(DAYS_KEPT);
/** Days that must be known before their median is shown as what was expected. */
const DAYS_FOR_MEDIAN = 3;

export interface DayView {
  /**
   * Distance to what repeats at this time: two of the days before, or the same day a week ago; before three days are
   * known, any. One fault must not excuse the next at its hour. NaN without a day.
   */
  readonly rhythmDistance: number;
  /** Least distance to any of the days before: a value as on one of them is nothing new. NaN without a day. */
  readonly distance: number;
  /** Median of those days; NaN with fewer than three. */
  readonly median: number;
}

export function compareWithDays(memory: MetricMemory, wall: WallTime, value: number): DayView {
  const slot = slotOf(memory, wall);
  let count = 0;
  let distance = Number.POSITIVE_INFINITY;
  let second = Number.POSITIVE_INFINITY;
  let lastWeek = Number.POSITIVE_INFINITY;
  for (let back = 1; back <= DAYS_KEPT; back++) {
    const row = rowOf(wall.day - back);
    if (memory.dayOfRow[row] !== wall.day - back) continue;
    const before = memory.days[row * memory.slotsPerDay + slot]!;
    if (Number.isNaN(before)) continue;
    scratch[count++] = before;
    const apart = Math.abs(value - before);
    second = Math.min(second, Math.max(distance, apart));
    distance = Math.min(distance, apart);
    if (back === DAYS_KEPT) lastWeek = apart;
  }
  if (count === 0) return { distance: Number.NaN, rhythmDistance: Number.NaN, median: Number.NaN };
  const rhythmDistance = count < DAYS_FOR_MEDIAN ? distance : Math.min(second, lastWeek);
  return {
    distance,
    rhythmDistance,
    median: count < DAYS_FOR_MEDIAN ? Number.NaN : medianInPlace(scratch, count),
  };
}

export function learnDay(memory: MetricMemory, wall: WallTime, value: number): void {
  const row = rowOf(wall.day);
  if (memory.dayOfRow[row] !== wall.day) {
    memory.dayOfRow[row] = wall.day;
    memory.days.fill(Number.NaN, row * memory.slotsPerDay, (row + 1) * memory.slotsPerDay);
  }
  memory.days[row * memory.slotsPerDay + slotOf(memory, wall)] = value;
}

function slotOf(memory: MetricMemory, wall: WallTime): number {
  return Math.min(memory.slotsPerDay - 1, Math.floor(wall.timeOfDayMs / memory.slotMs));
}

function rowOf(day: number): number {
  const rows = DAYS_KEPT + 1;
  return ((day % rows) + rows) % rows;
}
