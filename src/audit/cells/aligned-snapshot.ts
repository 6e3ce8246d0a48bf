/**
 * A tally as detectors see it: both sides of a comparison on the same cells, so that any test that is right on ties
 * is right on them, and nothing has to be interpolated.
 */
import type { CategoryCount, DistributionSnapshot } from "../../../detectors/contract.ts";
import type { Catalog } from "./catalog.ts";
import type { Tally } from "./tally.ts";

const NO_VALUES = new Float64Array(0);
const NO_CATEGORIES: readonly CategoryCount[] = [];

/** What cells do not hold. Of the window as it came; of a baseline only the frozen range is known. */
export type Beside = Partial<
  Pick<
    DistributionSnapshot,
    | "min"
    | "max"
    | "mean"
    | "variance"
    | "skewness"
    | "kurtosis"
    | "numberCount"
    | "stringCount"
    | "booleanCount"
    | "nonFiniteCount"
    | "zeroCount"
    | "emptyCount"
    | "categoryErrorMax"
    | "distinctCount"
  >
>;

/** Records that lack the feature count as `null` on both sides: a baseline does not tell them apart. */
export function alignedSnapshot(tally: Tally, catalog: Catalog, beside: Beside): DistributionSnapshot {
  const numbers = catalog.layout === "numbers";
  const booleanCount = beside.booleanCount ?? 0;
  return {
    recordCount: tally.recordCount,
    presentCount: tally.recordCount,
    nullCount: tally.nullCount,
    numberCount: numbers ? tally.valueCount : (beside.numberCount ?? 0),
    stringCount: numbers ? (beside.stringCount ?? 0) : tally.valueCount - booleanCount,
    booleanCount,
    // Neither side counts numbers that are not finite among its cells.
    nonFiniteCount: 0,
    zeroCount: beside.zeroCount ?? 0,
    emptyCount: beside.emptyCount ?? 0,
    min: beside.min ?? Number.NaN,
    max: beside.max ?? Number.NaN,
    mean: beside.mean ?? Number.NaN,
    variance: beside.variance ?? Number.NaN,
    skewness: beside.skewness ?? Number.NaN,
    kurtosis: beside.kurtosis ?? Number.NaN,
    values: numbers ? catalog.edges : NO_VALUES,
    cumulativeCounts: numbers ? cumulative(tally.counts) : NO_VALUES,
    rankErrorMax: numbers ? tally.rankErrorMax : 0,
    categories: numbers ? NO_CATEGORIES : categoriesOf(tally.counts, catalog),
    categoryErrorMax: beside.categoryErrorMax ?? 0,
    categoryOtherCount: numbers ? 0 : tally.counts[catalog.cellCount - 1]!,
    distinctCount: beside.distinctCount ?? catalog.names.length,
  };
}

function cumulative(counts: Float64Array): Float64Array {
  const sums = new Float64Array(counts.length);
  let seen = 0;
  for (let i = 0; i < counts.length; i++) sums[i] = seen += counts[i]!;
  return sums;
}

function categoriesOf(counts: Float64Array, catalog: Catalog): CategoryCount[] {
  return catalog.names.map((name, i) => ({ name, count: counts[i]! }));
}
