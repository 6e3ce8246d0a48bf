/**
 * A verdict's name: what a person copies from the page, the API, verdicts.jsonl or a message and hands to
 * `lanewatch explain`. It is the row's key in a form that a shell, a URL and a chat leave alone.
 *
 * `prod/clicks/price/psi/2026-11-23T14:05Z/1m` is lane, source, feature, detector, window start, window size. In each
 * part whatever is not a letter, a digit or one of `._~-` is percent-encoded, so a lane called "prod/eu" is
 * `prod%2Feu`; `-` stands for the lane's records as a whole (feature `*`).
 */
import { formatDuration, parseDurationMs } from "../base/duration.ts";
import type { VerdictRow } from "./contract.ts";
import { fromStoredText, toStoredText } from "./stored-text.ts";

/** What names a verdict. */
export type VerdictKey = Pick<
  VerdictRow,
  "swimlane" | "source" | "feature" | "detector" | "windowStartMs" | "windowSizeMs"
>;

const RECORDS = "-";

export function verdictName(verdict: VerdictKey): string {
  const { swimlane, source, feature, detector, windowStartMs, windowSizeMs } = verdict;
  const names = [encode(swimlane), encode(source), encodeFeature(feature), encode(detector)];
  return [...names, timeText(windowStartMs), formatDuration(windowSizeMs)].join("/");
}

/** @returns undefined when the text is no verdict's name. */
export function parseVerdictName(text: string): VerdictKey | undefined {
  const parts = text.trim().split("/");
  if (parts.length !== 6) return undefined;
  const [swimlane, source, feature, detector] = parts.slice(0, 4).map(decode);
  const windowStartMs = /^\d{4,}-\d\d-\d\dT[\d:.]+Z$/.test(parts[4]!) ? Date.parse(parts[4]!) : Number.NaN;
  const windowSizeMs = parseDurationMs(parts[5]!);
  if (swimlane === undefined || source === undefined || feature === undefined || detector === undefined)
    return undefined;
  if (Number.isNaN(windowStartMs) || windowSizeMs === undefined || windowSizeMs <= 0) return undefined;
  return {
    swimlane,
    source,
    feature: parts[2] === RECORDS ? "*" : feature,
    detector,
    windowStartMs,
    windowSizeMs,
  };
}

function encodeFeature(feature: string): string {
  if (feature === "*") return RECORDS;
  return feature === RECORDS ? "%2D" : encode(feature);
}

/** encodeURIComponent leaves a few characters that a shell does not. */
function encode(name: string): string {
  // Half a surrogate pair has no bytes: it is written as the store writes it.
  return encodeURIComponent(toStoredText(name)).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decode(part: string): string | undefined {
  try {
    return fromStoredText(decodeURIComponent(part));
  } catch {
    return undefined;
  }
}

/** "2026-11-23T14:05Z"; seconds and milliseconds only where there are any. */
function timeText(epochMs: number): string {
  const iso = new Date(epochMs).toISOString();
  return iso.replace(/(?::00)?\.000Z$/, "Z");
}
