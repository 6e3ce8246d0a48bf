/**
 * Raw values as the snapshot that a detector reads: exact, no sketch in between. For tests, for worked examples, and
 * for whoever wants to try a detector on a column before any stream exists.
 */
import type { CategoryCount, DistributionSnapshot } from "../contract.ts";
import { momentsOf } from "./moments.ts";
import { stepsOf } from "./steps.ts";

/** One value of a feature; `undefined` is a record that lacked it. */
export type RawValue = number | string | boolean | null | undefined;

/** @param records one value per record, in any order */
export function sampleSnapshot(records: readonly RawValue[]): DistributionSnapshot {
  const numbers = records.filter((value) => typeof value === "number");
  const finite = numbers.filter(Number.isFinite);
  const texts = records
    .filter((value) => typeof value === "string" || typeof value === "boolean")
    .map(String);
  const categories = countCategories(texts);
  const moments = momentsOf(finite);
  return {
    recordCount: records.length,
    presentCount: records.filter((value) => value !== undefined).length,
    nullCount: records.filter((value) => value === null).length,
    numberCount: numbers.length,
    stringCount: records.filter((value) => typeof value === "string").length,
    booleanCount: records.filter((value) => typeof value === "boolean").length,
    nonFiniteCount: numbers.length - finite.length,
    zeroCount: finite.filter((value) => value === 0).length,
    emptyCount: texts.filter((text) => text === "").length,
    min: moments.min,
    max: moments.max,
    mean: moments.mean,
    variance: moments.variancePopulation,
    // Every value the same: no shape. A profile's snapshot says 0 there too.
    skewness: moments.variancePopulation === 0 ? 0 : moments.skewness,
    kurtosis: moments.variancePopulation === 0 ? 0 : moments.kurtosisExcess,
    ...stepsOf(finite),
    rankErrorMax: 0,
    categories,
    categoryErrorMax: 0,
    categoryOtherCount: 0,
    distinctCount: categories.length,
  };
}

/** Most frequent first; equal counts by name, so that the order never depends on that of the records. */
function countCategories(texts: readonly string[]): CategoryCount[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
