/**
 * What is remembered of a metric: seven days of values by slot of the day, how far each was, the last 96 windows, moments,
 * the extremes, the largest departures, and how surprising each kind of evidence has been. Plain data, at most 90 kB.
 */
import type { DetectorContext } from "../contract.ts";
import { type OwnPast, startOwnPast } from "../lib/series/own-past.ts";
import { type ClockMemory, startClock } from "../lib/series/wall-clock.ts";
import { type DepartureMemory, startDeparture } from "./departure.ts";
import { startTail, type TailMemory } from "./tail.ts";

const DAY_MS = 86_400_000;
const SLOT_MS_MIN = 60_000;
export const DAYS_KEPT = 7;
export const LEVEL_WINDOWS = 96;
/** Windows after which moments forget (8 weeks), and after which a past is halved (26 weeks). */
const MOMENT_WEEKS = 8;
const PAST_WEEKS = 26;

export const EVIDENCE = ["range", "day", "stretch", "level"] as const;
export type EvidenceName = (typeof EVIDENCE)[number];

export interface MetricMemory {
  readonly clock: ClockMemory;
  readonly slotMs: number;
  readonly slotsPerDay: number;
  readonly windowsPerWeek: number;
  readonly momentWindowsMax: number;
  readonly pastWindowsMax: number;
  seen: number;
  mean: number;
  variance: number;
  min: number;
  max: number;
  /** Ring of days by slots, each row's day beside it. */
  readonly days: Float64Array;
  readonly dayOfRow: Float64Array;
  /** Mean square distance of the last windows from those of one, two … seven days before; NaN for a day not known. */
  daySquares: Float64Array;
  readonly last: Float64Array;
  lastSum: number;
  readonly pasts: Record<EvidenceName, OwnPast>;
  readonly total: OwnPast;
  /** Surprise that the present episode has reached, fading. */
  peak: number;
  departure: DepartureMemory;
  tail: TailMemory;
  /** Windows with one and the same value: now, and the most before. */
  run: number;
  longestRun: number;
  previous: number;
}

/** What a release that did not know it left out of a memory is learned from here on. */
export function complete(memory: MetricMemory): void {
  memory.departure ??= startDeparture();
  memory.tail ??= startTail();
  memory.daySquares ??= startDaySquares();
  memory.pasts.stretch ??= startOwnPast();
}

function startDaySquares(): Float64Array {
  return new Float64Array(DAYS_KEPT).fill(Number.NaN);
}

export function startMemory(context: DetectorContext): MetricMemory {
  const slotMs = Math.max(SLOT_MS_MIN, context.windowSizeMs);
  const slotsPerDay = Math.max(1, Math.ceil(DAY_MS / slotMs));
  const windowsPerWeek = (7 * DAY_MS) / context.windowSizeMs;
  return {
    clock: startClock(),
    slotMs,
    slotsPerDay,
    windowsPerWeek,
    momentWindowsMax: Math.max(2_000, MOMENT_WEEKS * windowsPerWeek),
    pastWindowsMax: Math.max(10_000, PAST_WEEKS * windowsPerWeek),
    seen: 0,
    mean: 0,
    variance: 0,
    min: Number.NaN,
    max: Number.NaN,
    days: new Float64Array((DAYS_KEPT + 1) * slotsPerDay).fill(Number.NaN),
    dayOfRow: new Float64Array(DAYS_KEPT + 1).fill(Number.NaN),
    daySquares: startDaySquares(),
    last: new Float64Array(LEVEL_WINDOWS),
    lastSum: 0,
    pasts: { range: startOwnPast(), day: startOwnPast(), stretch: startOwnPast(), level: startOwnPast() },
    total: startOwnPast(),
    peak: 0,
    departure: startDeparture(),
    tail: startTail(),
    run: 0,
    longestRun: 0,
    previous: Number.NaN,
  };
}
