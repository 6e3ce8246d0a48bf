import type { LaneWindows } from "./lane.ts";

/**
 * Whether a record is too late or from the future, by comparing its event time with the log's own time of the
 * same record: both come from the log, never from our clock, so that reading it again decides the same.
 *
 * @param logTimeMs the broker's timestamp; NaN where the log keeps none (a file), which makes nothing late.
 * @param asOfMs stands in for the log's time when that is NaN: nothing in a file is newer than the run that reads it.
 */
export function judgeLateness(
  eventTimeMs: number,
  logTimeMs: number,
  asOfMs: number,
  lane: LaneWindows,
): "ok" | "late" | "future" {
  const logMs = Number.isNaN(logTimeMs) ? asOfMs : logTimeMs;
  if (eventTimeMs - logMs > lane.futureMaxMs) return "future";
  if (!Number.isNaN(logTimeMs) && logTimeMs - eventTimeMs > lane.lateMaxMs) return "late";
  return "ok";
}
