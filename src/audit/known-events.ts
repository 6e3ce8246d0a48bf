/**
 * Which of the owner's known events lie in a window? An event may recur: by the wall clock of its time zone, so that
 * what begins at 9 o'clock begins at 9 o'clock in summer and in winter.
 */
import type { KnownEvent } from "../../detectors/contract.ts";
import { timeAtWall, wallMsAt } from "../base/wall-clock.ts";

export type Recurrence = "day" | "week" | "month" | "year";

/** A known event as the calendar has it: its first occurrence, and how it recurs from there on, for ever. */
export interface CalendarEvent extends KnownEvent {
  /** Undefined: it happens once. */
  readonly every?: Recurrence | undefined;
  /** By whose wall clock it recurs. @default UTC */
  readonly timeZone?: string | undefined;
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** The shortest that a recurrence may be apart: an event must be no longer, or its occurrences would overlap. */
export const RECURRENCE_MS_MIN: Readonly<Record<Recurrence, number>> = {
  day: DAY_MS,
  week: WEEK_MS,
  month: 28 * DAY_MS,
  year: 365 * DAY_MS,
};

/** Occurrences that touch the window `[startMs, endMs)`, in the calendar's order. */
export function eventsTouching<E extends CalendarEvent>(
  events: readonly E[],
  startMs: number,
  endMs: number,
): readonly E[] {
  return events.flatMap((event) =>
    occurrences(event, startMs, endMs).filter((each) => each.startMs < endMs && each.endMs > startMs),
  );
}

function occurrences<E extends CalendarEvent>(event: E, startMs: number, endMs: number): readonly E[] {
  const { every, timeZone = "UTC" } = event;
  if (every === undefined) return [event];
  if (endMs <= event.startMs) return [];
  const first = wallMsAt(event.startMs, timeZone);
  const lengthMs = wallMsAt(event.endMs, timeZone) - first;
  const found: E[] = [];
  const last = stepsBetween(first, wallMsAt(endMs, timeZone), every);
  // One occurrence may have begun a whole recurrence before the window and still last.
  for (
    let step = Math.max(0, stepsBetween(first, wallMsAt(startMs, timeZone), every) - 1);
    step <= last;
    step++
  ) {
    const wallMs = after(first, step, every);
    found.push({
      ...event,
      startMs: timeAtWall(wallMs, timeZone),
      endMs: timeAtWall(wallMs + lengthMs, timeZone),
    });
  }
  return found;
}

/** Whole recurrences that fit between two wall times; of months and years perhaps one too many. */
function stepsBetween(firstMs: number, wallMs: number, every: Recurrence): number {
  switch (every) {
    case "day":
      return Math.floor((wallMs - firstMs) / DAY_MS);
    case "week":
      return Math.floor((wallMs - firstMs) / WEEK_MS);
    case "month":
      return monthOf(wallMs) - monthOf(firstMs);
    case "year":
      return Math.floor(monthOf(wallMs) / 12) - Math.floor(monthOf(firstMs) / 12);
  }
}

function after(firstMs: number, step: number, every: Recurrence): number {
  switch (every) {
    case "day":
      return firstMs + step * DAY_MS;
    case "week":
      return firstMs + step * WEEK_MS;
    case "month":
      return inMonth(firstMs, monthOf(firstMs) + step);
    case "year":
      return inMonth(firstMs, monthOf(firstMs) + 12 * step);
  }
}

/** The same day and time of another month; its last day where it has no such day (31 April, 29 February). */
function inMonth(wallMs: number, month: number): number {
  const firstOfMonth = (each: number) => Date.UTC(Math.floor(each / 12), ((each % 12) + 12) % 12, 1);
  const lastDayMs = firstOfMonth(month + 1) - firstOfMonth(month) - DAY_MS;
  const dayMs = Math.floor((wallMs - firstOfMonth(monthOf(wallMs))) / DAY_MS) * DAY_MS;
  const timeOfDayMs = ((wallMs % DAY_MS) + DAY_MS) % DAY_MS;
  return firstOfMonth(month) + Math.min(dayMs, lastDayMs) + timeOfDayMs;
}

/** Months since the year 0. */
function monthOf(wallMs: number): number {
  const date = new Date(wallMs);
  return 12 * date.getUTCFullYear() + date.getUTCMonth();
}
