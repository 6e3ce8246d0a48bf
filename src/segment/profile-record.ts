/** Folds a profile record (docs/reference/profile-record.md): summaries of rows that nobody sent one by one. */
import { parseDurationMs } from "../base/duration.ts";
import { errorText, OperationalError } from "../base/errors.ts";
import type { DecodedRecord } from "../decode/record.ts";
import type { Profile } from "../sketch/profile.ts";
import { profileFromRecord } from "../sketch/profile-record.ts";
import type { OpenSegment } from "./open-segment.ts";

interface ProfileRecord {
  readonly window?: unknown;
  readonly record_count?: unknown;
  readonly profiles: Readonly<Record<string, unknown>>;
}

/**
 * Merges the record's profiles into its window, all or nothing: half a profile would be a wrong number that looks right.
 * @returns why the record cannot be taken; `undefined` when it was folded.
 */
export function foldProfileRecord(
  open: OpenSegment,
  record: DecodedRecord,
  windowStartMs: number,
  windowSizeMs: number,
): string | undefined {
  const json = record.profileRecord as ProfileRecord;
  const refusal = refuseWindow(json.window, windowSizeMs);
  if (refusal !== undefined) return refusal;
  const recordCount = json.record_count ?? 0;
  if (typeof recordCount !== "number" || !Number.isSafeInteger(recordCount) || recordCount < 0) {
    return `record_count is ${JSON.stringify(recordCount)}, not a whole number of 0 or more`;
  }
  const made = readProfiles(json.profiles);
  if (typeof made === "string") return made;
  const window = open.laneWindow(record.swimlane, record.source, windowStartMs, windowSizeMs);
  const before = window.series.size;
  window.recordCount += recordCount;
  for (const [feature, profile] of made) window.openSeries(feature, "feature").made.push(profile);
  open.seriesCount += window.series.size - before;
  return undefined;
}

function refuseWindow(window: unknown, windowSizeMs: number): string | undefined {
  const summarisedMs = typeof window === "string" ? parseDurationMs(window) : undefined;
  if (summarisedMs === undefined)
    return `window is ${JSON.stringify(window)}; write a length such as "1m" or "1h"`;
  if (summarisedMs === 0 || windowSizeMs % summarisedMs !== 0) {
    return `a summary of ${window} does not fit into the lane's windows of ${windowSizeMs} ms; it can be merged, never split`;
  }
  return undefined;
}

function readProfiles(
  profiles: Readonly<Record<string, unknown>>,
): readonly (readonly [string, Profile])[] | string {
  const made: (readonly [string, Profile])[] = [];
  for (const [feature, json] of Object.entries(profiles)) {
    if (feature === "__proto__") return 'key "__proto__" among the profiles';
    try {
      made.push([feature, profileFromRecord(json)]);
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      return `profile of "${feature}": ${errorText(error)}`;
    }
  }
  return made;
}
