import type { DistributionSnapshot } from "../../../detectors/contract.ts";

/** A feature that no record of the window carried. */
export function absentFeature(recordCount: number): DistributionSnapshot {
  return {
    recordCount,
    presentCount: 0,
    nullCount: 0,
    numberCount: 0,
    stringCount: 0,
    booleanCount: 0,
    nonFiniteCount: 0,
    zeroCount: 0,
    emptyCount: 0,
    min: Number.NaN,
    max: Number.NaN,
    mean: Number.NaN,
    variance: Number.NaN,
    skewness: Number.NaN,
    kurtosis: Number.NaN,
    values: new Float64Array(0),
    cumulativeCounts: new Float64Array(0),
    rankErrorMax: 0,
    categories: [],
    categoryErrorMax: 0,
    categoryOtherCount: 0,
    distinctCount: 0,
  };
}
