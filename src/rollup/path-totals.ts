/** What a path accounts for, added up: the same whichever process wrote its segments, and after a restart. */
import { OUTCOMES, type OutcomeCounts, zeroOutcomes } from "../decode/outcome.ts";
import type { Manifest } from "../segment/manifest.ts";

/** Sums over segments of the path; the outcomes add up to `endOffset - startOffset`. */
export interface PathTotals {
  /** First offset that they account for. */
  readonly startOffset: number;
  /** One past the last. */
  readonly endOffset: number;
  readonly outcomes: OutcomeCounts;
  readonly byteCount: number;
  readonly segmentCount: number;
}

export function emptyTotals(offset: number): PathTotals {
  return { startOffset: offset, endOffset: offset, outcomes: zeroOutcomes(), byteCount: 0, segmentCount: 0 };
}

/** Adds the segments that begin where `totals` end or later; those before are in them. */
export function addSegments(totals: PathTotals, path: readonly Manifest[]): PathTotals {
  const outcomes = { ...totals.outcomes };
  let { endOffset, byteCount, segmentCount } = totals;
  for (const manifest of path) {
    if (manifest.startOffset < totals.endOffset) continue;
    for (const outcome of OUTCOMES) outcomes[outcome] += manifest.outcomes[outcome];
    byteCount += manifest.byteCount;
    segmentCount++;
    endOffset = manifest.endOffset;
  }
  return { startOffset: totals.startOffset, endOffset, outcomes, byteCount, segmentCount };
}
