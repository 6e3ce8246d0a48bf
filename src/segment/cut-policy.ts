/** When a segment ends. Any cut is right; these keep it to about one row for each key and window, and bounded. */

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
