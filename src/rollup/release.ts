/** Which of a lane's windows are complete, now that no more records are to be expected before a watermark? */
import type { CompleteWindow } from "./complete-window.ts";
import type { LaneProgress } from "./lane-progress.ts";
import { mergeWindow } from "./merge.ts";
import type { GroupWatermark } from "./watermarks.ts";

export interface Releasing {
  /** Of what feeds the lane. */
  readonly watermark: GroupWatermark;
  readonly allowedLatenessMs: number;
  readonly mergedAtMs: number;
  /** Whether a lane that has been silent until then is no longer filled with zeros. */
  readonly isRetired: (lane: LaneProgress, passedMs: number) => boolean;
  readonly isFull: () => boolean;
}

/** Appends the lane's complete windows to `released`, in order, until it is full. */
export function releaseLane(
  lane: LaneProgress,
  { watermark, allowedLatenessMs, mergedAtMs, isRetired, isFull }: Releasing,
  released: CompleteWindow[],
): void {
  const passedMs = watermark.ms - (watermark.final ? 0 : allowedLatenessMs);
  while (!isFull()) {
    if (isRetired(lane, passedMs)) return;
    const endMs = lane.nextStartMs + lane.windowSizeMs;
    if (endMs > passedMs && !(watermark.final && reachesEnd(lane, passedMs))) return;
    const { windowSizeMs, nextStartMs: windowStartMs } = lane;
    const target = { ...lane.name, windowStartMs, windowSizeMs, revision: 1, mergedAtMs };
    released.push(mergeWindow(target, lane.release()));
  }
}

/**
 * At the end of an input, whether the lane's next window can be taken as whole: the input reaches into its last
 * twentieth, or it holds one record only, as windows do that were counted elsewhere.
 */
function reachesEnd(lane: LaneProgress, lastEventMs: number): boolean {
  const rows = lane.pending.get(lane.nextStartMs);
  if (rows === undefined) return false;
  const recordCount = rows.reduce(
    (sum, row) => (row.kind === "records" ? sum + row.profile.presentCount : sum),
    0,
  );
  return recordCount <= 1 || lane.nextStartMs + lane.windowSizeMs - lastEventMs <= lane.windowSizeMs / 20;
}

/** By when they end, then by lane and source. */
export function compareByEnd(a: CompleteWindow, b: CompleteWindow): number {
  const left = a.window;
  const right = b.window;
  const byEnd = left.windowStartMs + left.windowSizeMs - (right.windowStartMs + right.windowSizeMs);
  if (byEnd !== 0) return byEnd;
  if (left.swimlane !== right.swimlane) return left.swimlane < right.swimlane ? -1 : 1;
  return left.source < right.source ? -1 : left.source > right.source ? 1 : 0;
}
