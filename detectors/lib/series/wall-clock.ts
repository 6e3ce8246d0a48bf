/**
 * Which slot of the day is it, by the wall clock of the people who make the data?
 *
 * Seasons follow wall clocks, not UTC: when clocks change, 9 o'clock traffic stays at 9 o'clock. The zone's
 * offset is looked up once a day (twice on the day of a change) and kept in the memory, so a step costs no
 * calendar work. Days of 23 and 25 hours simply skip or repeat a slot.
 */

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** 1970-01-01 was a Thursday; adding 3 makes Monday day 0 of the week. */
const EPOCH_WEEKDAY = 3;

/** Where the offset in use came from, so that it is looked up again only when it may have changed. Plain data. */
export interface ClockMemory {
  offsetMs: number;
  validFromMs: number;
  validUntilMs: number;
}

export interface WallTime {
  /** Whole days since 1970-01-01 on the local calendar. */
  readonly day: number;
  /** 0 = Monday … 6 = Sunday. */
  readonly weekday: number;
  /** Milliseconds since local midnight. */
  readonly timeOfDayMs: number;
}

export function startClock(): ClockMemory {
  return { offsetMs: 0, validFromMs: 0, validUntilMs: 0 };
}

export function wallTimeAt(timeMs: number, timeZone: string, clock: ClockMemory): WallTime {
  const localMs = timeMs + offsetAt(timeMs, timeZone, clock);
  const day = Math.floor(localMs / DAY_MS);
  return { day, weekday: (((day + EPOCH_WEEKDAY) % 7) + 7) % 7, timeOfDayMs: localMs - day * DAY_MS };
}

export function isWeekend(weekday: number): boolean {
  return weekday >= 5;
}

function offsetAt(timeMs: number, timeZone: string, clock: ClockMemory): number {
  if (timeZone === "UTC") return 0;
  if (timeMs >= clock.validFromMs && timeMs < clock.validUntilMs) return clock.offsetMs;
  clock.offsetMs = zoneOffsetMs(timeMs, timeZone);
  clock.validFromMs = timeMs;
  clock.validUntilMs = unchangedUntilMs(timeMs, timeZone, clock.offsetMs);
  return clock.offsetMs;
}

/** Zones change at most a few times a year: look a day ahead, and hour by hour only where a change lies in it. */
function unchangedUntilMs(timeMs: number, timeZone: string, offsetMs: number): number {
  if (zoneOffsetMs(timeMs + DAY_MS, timeZone) === offsetMs) return timeMs + DAY_MS;
  const nextQuarterMs = (Math.floor(timeMs / (HOUR_MS / 4)) + 1) * (HOUR_MS / 4);
  return nextQuarterMs;
}

/** Building a format is some 1,000 times dearer than using it. The cache holds one small object a zone. */
const formats = new Map<string, Intl.DateTimeFormat>();

function zoneOffsetMs(timeMs: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(timeZone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(timeMs)) part[type] = Number(value);
  const localMs = Date.UTC(
    part["year"]!,
    part["month"]! - 1,
    part["day"]!,
    part["hour"]!,
    part["minute"]!,
    part["second"]!,
  );
  return localMs - Math.floor(timeMs / 1000) * 1000;
}
