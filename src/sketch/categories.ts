/** Counts by category (CategorySummary): making, merging, and what happens when there are too many. */
import { hashText } from "../base/random.ts";
import { mergeDistinct } from "./distinct.ts";
import type { CategorySummary, DistinctSummary } from "./profile.ts";

/** A longer string is kept as its beginning and a hash of the whole, so that no string can fill the memory. */
const NAME_LENGTH_MAX = 256;
const NAME_LENGTH_KEPT = 240;

/** The name under which a string is counted: itself, unless it is very long. */
export function categoryName(value: string): string {
  if (value.length <= NAME_LENGTH_MAX) return value;
  return `${value.slice(0, NAME_LENGTH_KEPT)}…#${hashText(value).toString(16).padStart(8, "0")}`;
}

/**
 * Keeps the `namesMax` most frequent. When there are more, the count of the first that must go is taken off every
 * other and added to the error: each count stays a lower bound, short by at most the error.
 * @see Agarwal et al. 2012, "Mergeable Summaries", section 3 (Misra–Gries).
 * @param errorMax error that the counts bring with them.
 * @param distinctOf asked for when not every name is kept.
 */
export function summaryOfCounts(
  counts: Iterable<[string, number]>,
  namesMax: number,
  errorMax: number,
  distinctOf: () => DistinctSummary,
): CategorySummary {
  const rows = [...counts].sort(mostFrequentFirst);
  const cut = rows.length > namesMax ? rows[namesMax]![1] : 0;
  const kept = cut === 0 ? rows : rows.filter(([, count]) => count > cut);
  return {
    namesMax,
    names: kept.map(([name]) => name),
    counts: Float64Array.from(kept, ([, count]) => count - cut),
    errorMax: errorMax + cut,
    distinct: errorMax + cut === 0 ? null : distinctOf(),
  };
}

/** The union of several; exact while at most `namesMax` names are in it and every part was exact. */
export function mergeCategories(parts: readonly CategorySummary[], namesMax: number): CategorySummary {
  const counts = new Map<string, number>();
  let errorMax = 0;
  for (const part of parts) {
    errorMax += part.errorMax;
    part.names.forEach((name, i) => {
      counts.set(name, (counts.get(name) ?? 0) + part.counts[i]!);
    });
  }
  return summaryOfCounts(counts, namesMax, errorMax, () => mergeDistinct(parts));
}

// By code unit, not by locale: the same everywhere.
function mostFrequentFirst(a: [string, number], b: [string, number]): number {
  return b[1] - a[1] || (a[0] < b[0] ? -1 : 1);
}
