/** What detectors see of a profile. */
import type { DistributionSnapshot } from "../../detectors/contract.ts";
import { distinctCountOf } from "./distinct.ts";
import type { Profile, QuantileSummary } from "./profile.ts";
import { finiteCountOf } from "./profile.ts";
import { rankErrorOf } from "./quantiles.ts";

/** @param recordCount records of the swimlane and source in the window, with or without this feature. */
export function snapshotOf(profile: Profile, recordCount: number): DistributionSnapshot {
  const count = finiteCountOf(profile);
  const { values, cumulativeCounts } = sortedView(profile.quantiles, profile.min, profile.max);
  const { names, counts, errorMax } = profile.categories;
  const keptCount = counts.reduce((sum, c) => sum + c, 0);
  return {
    recordCount,
    presentCount: profile.presentCount,
    nullCount: profile.nullCount,
    numberCount: profile.numberCount,
    stringCount: profile.stringCount,
    booleanCount: profile.booleanCount,
    nonFiniteCount: profile.nonFiniteCount,
    zeroCount: profile.zeroCount,
    emptyCount: profile.emptyCount,
    min: profile.min,
    max: profile.max,
    ...shapeOf(profile, count),
    values,
    cumulativeCounts,
    rankErrorMax: rankErrorOf(profile.quantiles, count),
    categories: names.map((name, i) => ({ name, count: counts[i]! })),
    categoryErrorMax: errorMax,
    categoryOtherCount: profile.stringCount + profile.booleanCount - keptCount,
    distinctCount: distinctCountOf(profile),
  };
}

/**
 * The weighted sample as an empirical distribution. A sketch may have dropped the extremes, which the profile knows
 * exactly: they are put back with the weight of one number each, taken from their neighbours (the convention of
 * DataSketches for Java; ranks differ by at most 1/n).
 */
export function sortedView(
  summary: QuantileSummary,
  min: number,
  max: number,
): { values: Float64Array; cumulativeCounts: Float64Array } {
  const { items, weights } = summary;
  if (items.length === 0) return { values: new Float64Array(0), cumulativeCounts: new Float64Array(0) };
  const values: number[] = [];
  const cumulative: number[] = [];
  let sum = 0;
  if (items[0] !== min) {
    values.push(min);
    cumulative.push(1);
  }
  for (let i = 0; i < items.length; i++) {
    sum += weights[i]!;
    // The lowest item gave its only number to the minimum: it stands for none any more.
    if (sum === cumulative.at(-1)) continue;
    values.push(items[i]!);
    cumulative.push(sum);
  }
  if (items.at(-1) !== max) {
    cumulative[cumulative.length - 1] = sum - 1;
    if (cumulative.length > 1 && cumulative.at(-2) === sum - 1) {
      cumulative.pop();
      values.pop();
    }
    values.push(max);
    cumulative.push(sum);
  }
  return { values: Float64Array.from(values), cumulativeCounts: Float64Array.from(cumulative) };
}

function shapeOf(profile: Profile, count: number) {
  if (count === 0)
    return { mean: Number.NaN, variance: Number.NaN, skewness: Number.NaN, kurtosis: Number.NaN };
  const variance = profile.m2 / count;
  // Every value the same: no shape, and 0 / 0 would poison what is computed from it.
  if (variance === 0) return { mean: profile.mean, variance, skewness: 0, kurtosis: 0 };
  return {
    mean: profile.mean,
    variance,
    skewness: profile.m3 / count / variance ** 1.5,
    kurtosis: profile.m4 / count / variance ** 2 - 3,
  };
}
