/**
 * What was the metric at this time of day on the seven days before?
 */
import { medianInPlace } from "../lib/series/order-statistics.ts";
import type { WallTime } from "../lib/series/wall-clock.ts";
import { DAYS_KEPT, type MetricMemory } from "./memory.ts";

const scratch = new Float64Array(DAYS_KEPT);
/** A day counts as unlike by the mean over so many windows, exponentially weighted. */
const STRETCH_WINDOWS = 48;
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
  /**
   * The same for the last 48 windows: least root mean square distance to those of any one of the days before. NaN
   * without a day.
   */
  readonly stretchDistance: number;
  /** Median of those days; NaN with fewer than three. */
  readonly median: number;
}

export function compareWithDays(memory: MetricMemory, wall: WallTime, value: number): DayView {
  const slot = slotOf(memory, wall);
  let count = 0;
  let distance = Number.POSITIVE_INFINITY;
  let second = Number.POSITIVE_INFINITY;
  let lastWeek = Number.POSITIVE_INFINITY;
  let stretch = Number.POSITIVE_INFINITY;
  for (let back = 1; back <= DAYS_KEPT; back++) {
    const before = valueBefore(memory, wall.day - back, slot);
    const square = meanSquare(memory.daySquares[back - 1]!, value - before);
    if (square < stretch) stretch = square;
    if (Number.isNaN(before)) continue;
    scratch[count++] = before;
    const apart = Math.abs(value - before);
    second = Math.min(second, Math.max(distance, apart));
    distance = Math.min(distance, apart);
    if (back === DAYS_KEPT) lastWeek = apart;
  }
  const stretchDistance = Number.isFinite(stretch) ? Math.sqrt(stretch) : Number.NaN;
  if (count === 0)
    return { distance: Number.NaN, rhythmDistance: Number.NaN, stretchDistance, median: Number.NaN };
  const rhythmDistance = count < DAYS_FOR_MEDIAN ? distance : Math.min(second, lastWeek);
  return {
    distance,
    rhythmDistance,
    stretchDistance,
    median: count < DAYS_FOR_MEDIAN ? Number.NaN : medianInPlace(scratch, count),
  };
}

/** A day that is not known here keeps what it was apart. */
function meanSquare(squares: number, apart: number): number {
  if (Number.isNaN(apart)) return squares;
  return Number.isNaN(squares) ? apart * apart : squares + (apart * apart - squares) / STRETCH_WINDOWS;
}

export function learnDay(memory: MetricMemory, wall: WallTime, value: number): void {
  const slot = slotOf(memory, wall);
  for (let back = 1; back <= DAYS_KEPT; back++) {
    const apart = value - valueBefore(memory, wall.day - back, slot);
    memory.daySquares[back - 1] = meanSquare(memory.daySquares[back - 1]!, apart);
  }
  const row = rowOf(wall.day);
  if (memory.dayOfRow[row] !== wall.day) {
    memory.dayOfRow[row] = wall.day;
    memory.days.fill(Number.NaN, row * memory.slotsPerDay, (row + 1) * memory.slotsPerDay);
  }
  memory.days[row * memory.slotsPerDay + slot] = value;
}

/** NaN where it is not known. */
function valueBefore(memory: MetricMemory, day: number, slot: number): number {
  const row = rowOf(day);
  return memory.dayOfRow[row] === day ? memory.days[row * memory.slotsPerDay + slot]! : Number.NaN;
}

function slotOf(memory: MetricMemory, wall: WallTime): number {
  return Math.min(memory.slotsPerDay - 1, Math.floor(wall.timeOfDayMs / memory.slotMs));
}

function rowOf(day: number): number {
  const rows = DAYS_KEPT + 1;
  return ((day % rows) + rows) % rows;
}
