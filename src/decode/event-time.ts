/** Reading a record's event time: ISO 8601, or a number in a stated unit. */

export type TimeUnit = "ms" | "s" | "us" | "ns";

export const MS_PER: Readonly<Record<TimeUnit, number>> = { ms: 1, s: 1_000, us: 1e-3, ns: 1e-6 };
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(?:Z|z|([+-])(\d\d):?(\d\d))?$/;
/** What a JavaScript Date can hold: ±100 million days around 1970. */
export const EPOCH_MS_MAX = 8.64e15;

/**
 * @param value an ISO 8601 text (without a zone it is UTC, never the machine's own zone) or a number in `unit`.
 * @returns epoch milliseconds, fractions cut; NaN when it is no time.
 */
export function readEventTimeMs(value: unknown, unit: TimeUnit): number {
  if (typeof value === "number") return inRange(Math.floor(value * MS_PER[unit]));
  if (typeof value !== "string") return Number.NaN;
  const iso = ISO.exec(value);
  if (iso !== null) return isoToEpochMs(iso);
  return /^-?\d{1,19}(\.\d+)?$/.test(value) ? inRange(Math.floor(Number(value) * MS_PER[unit])) : Number.NaN;
}

function isoToEpochMs(iso: RegExpExecArray): number {
  const [
    ,
    year,
    month,
    day,
    hour = "0",
    minute = "0",
    second = "0",
    fraction = "0",
    sign,
    zoneHour,
    zoneMinute,
  ] = iso;
  if (!isCalendarTime(+year!, +month!, +day!, +hour, +minute, +second)) return Number.NaN;
  const localMs =
    Date.UTC(+year!, +month! - 1, +day!, +hour, +minute, +second) +
    Math.floor(Number(`0.${fraction}`) * 1000 + 1e-9);
  if (sign === undefined) return localMs;
  const zoneMs = (+zoneHour! * 60 + +zoneMinute!) * 60_000;
  return sign === "+" ? localMs - zoneMs : localMs + zoneMs;
}

/** False for the 31st of April or 25:00, which `Date.UTC` would carry over; 24:00 and a leap second are taken. */
function isCalendarTime(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): boolean {
  if (month < 1 || month > 12 || hour > 24 || minute > 59 || second > 60) return false;
  return day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function inRange(epochMs: number): number {
  return Math.abs(epochMs) <= EPOCH_MS_MAX ? epochMs : Number.NaN;
}
