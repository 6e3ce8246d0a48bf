/** When a segment ends. Any cut is right; these keep it to about one row for each key and window, and bounded. */

export interface CutBounds {
  /** Longest time, by the log's own clock, from the first record to the last. @default 60_000 */
  readonly ageMsMax: number;
  /** Most bytes of records' values. @default 268_435_456 */
  readonly bytesMax: number;
  /** Most offsets. @default 5_000_000 */
  readonly offsetsMax: number;
  /** Most open series (lane × source × feature × window): bounds memory whatever names the records bring. @default 200_000 */
  readonly seriesMax: number;
}

export const DEFAULT_CUT_BOUNDS: CutBounds = {
  ageMsMax: 60_000,
  bytesMax: 268_435_456,
  offsetsMax: 5_000_000,
  seriesMax: 200_000,
};

export interface SegmentSize {
  readonly offsetCount: number;
  readonly byteCount: number;
  readonly seriesCount: number;
  readonly startedAtMs: number;
}

/** True when the segment is to end before the record whose log time is `logTimeMs` (NaN: no log time, no age). */
export function isOverBounds(segment: SegmentSize, logTimeMs: number, bounds: CutBounds): boolean {
  return (
    segment.seriesCount >= bounds.seriesMax ||
    segment.byteCount >= bounds.bytesMax ||
    segment.offsetCount >= bounds.offsetsMax ||
    logTimeMs - segment.startedAtMs > bounds.ageMsMax
  );
}
