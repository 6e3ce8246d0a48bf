/** What detectors see of a profile. */
import type { DistributionSnapshot } from "../../detectors/contract.ts";
import { distinctCountOf } from "./distinct.ts";
import { viewOf } from "./kll-view.ts";
import type { Profile } from "./profile.ts";
import { finiteCountOf } from "./profile.ts";
import { rankErrorOf } from "./quantiles.ts";

/** @param recordCount records of the swimlane and source in the window, with or without this feature. */
export function snapshotOf(profile: Profile, recordCount: number): DistributionSnapshot {
  const count = finiteCountOf(profile);
  const { values, cumulativeCounts } = viewOf(profile.quantiles, profile.min, profile.max);
  const { names, counts, errorMax } = profile.categories;
  let keptCount = 0;
  for (let i = 0; i < counts.length; i++) keptCount += counts[i]!;
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
