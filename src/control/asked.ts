/** What requests are made of: names, moments, counts. One place, so that every route reads them the same way. */
import { z } from "zod";
import { parseDurationMs } from "../base/duration.ts";
import type { TimeSpan } from "../store/contract.ts";
import { RequestRefused } from "./api-failure.ts";

/** Longest name of a lane, source or feature that a request may carry. */
export const NAME_CHARACTERS_MAX = 2_048;
/** Beyond what a JavaScript date can hold, arithmetic on moments is no longer exact. */
const MOMENT_MS_MAX = 8.64e15;

export const name = z.string().max(NAME_CHARACTERS_MAX);
export const swimlane = name.describe("Name of the lane, exactly as it appears in the records. Any Unicode.");
export const source = name.describe("Name of the source within the lane; empty for records without one.");
export const feature = name.describe('Name of the feature or metric; "*" for the records as a whole.');

export const moment = z
  .string()
  .max(64)
  .describe(
    'ISO 8601 ("2026-11-02T12:00:00Z"), epoch milliseconds, "now", or how long ago ("90s", "1h", "7d").',
  );

export const windowSize = z
  .string()
  .max(32)
  .describe('Size of the stored windows ("1m", "1h"); the lane\'s own when left out.');

export const count = (most: number, usual: number, about: string) =>
  z.coerce.number().int().min(1).max(most).default(usual).describe(about);

/** One value or several: `feature=a&feature=b`. */
export const several = (most: number, about: string) =>
  z
    .union([name, z.array(name).max(most)])
    .transform((value) => (typeof value === "string" ? [value] : value))
    .describe(about);

/** @param label which parameter, for the refusal. */
export function readMoment(text: string, nowMs: number, label: string): number {
  const trimmed = text.trim();
  if (trimmed === "now") return nowMs;
  const agoMs = parseDurationMs(trimmed);
  const timeMs =
    agoMs !== undefined ? nowMs - agoMs : /^-?\d+$/.test(trimmed) ? Number(trimmed) : readIso(trimmed);
  if (Number.isFinite(timeMs) && Math.abs(timeMs) <= MOMENT_MS_MAX) return timeMs;
  throw new RequestRefused(
    400,
    "REQUEST_INVALID",
    `"${label}" is not a moment: "${text}"`,
    'Give ISO 8601 with a zone ("2026-11-02T12:00:00Z"), epoch milliseconds, "now", or how long ago ("1h").',
  );
}

/** A date alone means midnight UTC; a time without a zone is refused, for it would mean the server's. */
function readIso(text: string): number {
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2}))?$/.test(text))
    return Number.NaN;
  return Date.parse(text);
}

export function readSpan(asked: { since: string; until: string }, nowMs: number): TimeSpan {
  const sinceMs = readMoment(asked.since, nowMs, "since");
  const untilMs = readMoment(asked.until, nowMs, "until");
  if (sinceMs < untilMs) return { sinceMs, untilMs };
  const detail = `"since" (${new Date(sinceMs).toISOString()}) is not before "until" (${new Date(untilMs).toISOString()})`;
  throw new RequestRefused(400, "REQUEST_INVALID", detail, "Swap them, or leave until out for now.");
}

export function readWindowSize(text: string | undefined, usualMs: number, label = "window"): number {
  if (text === undefined) return usualMs;
  const sizeMs = parseDurationMs(text);
  if (sizeMs !== undefined && sizeMs > 0) return sizeMs;
  const detail = `"${label}" is not a duration: "${text}"`;
  throw new RequestRefused(400, "REQUEST_INVALID", detail, 'Give for example "1m", "1h" or "1d".');
}
