/**
 * What did one window hold, counted onto the catalog's cells?
 *
 * Exact as long as the window's sketch kept every value (about a thousand numbers, every category); beyond that the
 * sketch's rank error goes with it, and is never mistaken for evidence.
 */
import type { DistributionSnapshot } from "../../../detectors/contract.ts";
import type { Catalog } from "./catalog.ts";

export interface Tally {
  readonly recordCount: number;
  /** Records without a value: explicit nulls and records that lacked the feature. */
  readonly nullCount: number;
  /** Values that were counted onto the cells. */
  readonly valueCount: number;
  readonly counts: Float64Array;
  readonly rankErrorMax: number;
}

export function tallyOf(window: DistributionSnapshot, catalog: Catalog): Tally {
  const counts = catalog.layout === "numbers" ? numberCounts(window, catalog) : nameCounts(window, catalog);
  let valueCount = 0;
  for (let i = 0; i < counts.length; i++) valueCount += counts[i]!;
  return {
    recordCount: window.recordCount,
    nullCount: window.nullCount + Math.max(0, window.recordCount - window.presentCount),
    valueCount,
    counts,
    rankErrorMax: catalog.layout === "numbers" ? window.rankErrorMax : categoryError(window),
  };
}

function numberCounts(window: DistributionSnapshot, catalog: Catalog): Float64Array {
  const counts = new Float64Array(catalog.cellCount);
  const { values, cumulativeCounts } = window;
  let cell = 0;
  let before = 0;
  for (let i = 0; i < values.length; i++) {
    while (catalog.edges[cell]! < values[i]!) cell++;
    counts[cell]! += cumulativeCounts[i]! - before;
    before = cumulativeCounts[i]!;
  }
  return counts;
}

function nameCounts(window: DistributionSnapshot, catalog: Catalog): Float64Array {
  const counts = new Float64Array(catalog.cellCount);
  const index = nameIndex(catalog);
  const other = catalog.cellCount - 1;
  for (const { name, count } of window.categories) counts[index.get(name) ?? other]! += count;
  counts[other]! += window.categoryOtherCount;
  return counts;
}

function categoryError(window: DistributionSnapshot): number {
  const total = window.stringCount + window.booleanCount;
  return total > 0 ? window.categoryErrorMax / total : 0;
}

const nameIndexes = new WeakMap<Catalog, ReadonlyMap<string, number>>();

/** Derived from a frozen catalog, so it can be remembered beside it without being part of the memory. */
function nameIndex(catalog: Catalog): ReadonlyMap<string, number> {
  let index = nameIndexes.get(catalog);
  if (index === undefined) {
    index = new Map(catalog.names.map((name, i) => [name, i]));
    nameIndexes.set(catalog, index);
  }
  return index;
}
