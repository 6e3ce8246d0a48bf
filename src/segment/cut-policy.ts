/** When a segment ends. Any cut is right; these keep it to few rows for each key and window, and bounded. */
import type { LaneWindows } from "../assign/lane.ts";

export interface CutBounds {
  /** Most bytes of records' values. @default 268_435_456 */
  readonly bytesMax: number;
  /** Most offsets. @default 5_000_000 */
  readonly offsetsMax: number;
  /** Most open series (lane × source × feature × window): bounds memory whatever names the records bring. @default 200_000 */
  readonly seriesMax: number;
}

export const DEFAULT_CUT_BOUNDS: CutBounds = {
  bytesMax: 268_435_456,
  offsetsMax: 5_000_000,
  seriesMax: 200_000,
};

export interface SegmentSize {
  readonly offsetCount: number;
  readonly byteCount: number;
  readonly seriesCount: number;
}

/** True when the segment is to end before the next record. How old it may grow is the caller's clock's matter. */
export function isOverBounds(segment: SegmentSize, bounds: CutBounds): boolean {
  return (
    segment.seriesCount >= bounds.seriesMax ||
    segment.byteCount >= bounds.bytesMax ||
    segment.offsetCount >= bounds.offsetsMax
  );
}

/**
 * Where a partition's watermark ends its segment next: at a window's end, so that most of the window is written and read
 * while it waits for records that come out of order, and at its close, so that little is left to do then.
 * @param watermarkMs highest event time so far, epoch ms.
 * @returns epoch ms, later than the watermark.
 */
export function nextCutMs(
  watermarkMs: number,
  { windowSizeMs, allowedLatenessMs }: Pick<LaneWindows, "windowSizeMs" | "allowedLatenessMs">,
): number {
  const endMs = (Math.floor(watermarkMs / windowSizeMs) + 1) * windowSizeMs;
  const closeMs =
    (Math.floor((watermarkMs - allowedLatenessMs) / windowSizeMs) + 1) * windowSizeMs + allowedLatenessMs;
  return Math.min(endMs, closeMs);
}
