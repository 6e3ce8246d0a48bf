/** A lane's windows as its records are cut to them; larger ones, merged from those, are stored beside them. */
import type { LaneRow } from "../store/contract.ts";
import { laneKey } from "./lane-progress.ts";

/**
 * @param sizeOf what a swimlane is configured to: it holds when windows of it are stored. NaN where it is not known.
 * @returns of each lane and source the row of its own windows; else of the smallest.
 */
export function ownSizes(
  rows: readonly LaneRow[],
  sizeOf: (swimlane: string) => number = () => Number.NaN,
): Iterable<LaneRow> {
  const own = new Map<string, LaneRow>();
  for (const row of rows) {
    const known = own.get(laneKey(row));
    const windowSizeMs = sizeOf(row.swimlane);
    const smaller = known === undefined || row.windowSizeMs < known.windowSizeMs;
    if (row.windowSizeMs === windowSizeMs || (smaller && known?.windowSizeMs !== windowSizeMs))
      own.set(laneKey(row), row);
  }
  return own.values();
}
