/** Merges profiles of the same feature: of segments into a window, of windows into an hour, a day, a reference. */
import { mergeCategories } from "./categories.ts";
import { mergeHistograms } from "./histogram.ts";
import { addMoments, zeroMoments } from "./moments.ts";
import type { Profile } from "./profile.ts";
import { emptyProfile, finiteCountOf } from "./profile.ts";
import { mergeQuantiles } from "./quantiles.ts";

/**
 * Counts, bins, minimum and maximum are exact whatever the order; moments are so to rounding; quantiles stay exact
 * while at most k distinct values came in all, and keep their bound beyond. The same profiles in the same order
 * with the same seed give the same bits.
 * @param seed of the coins: a hash of what the result is.
 */
export function mergeProfiles(profiles: readonly Profile[], seed: number): Profile {
  const [first] = profiles;
  if (first === undefined) return emptyProfile();
  if (profiles.length === 1) return first;
  const sum = (count: (profile: Profile) => number) => profiles.reduce((total, p) => total + count(p), 0);
  const numeric = profiles.filter((p) => finiteCountOf(p) > 0);
  return {
    presentCount: sum((p) => p.presentCount),
    nullCount: sum((p) => p.nullCount),
    nullElementCount: sum((p) => p.nullElementCount),
    numberCount: sum((p) => p.numberCount),
    stringCount: sum((p) => p.stringCount),
    booleanCount: sum((p) => p.booleanCount),
    nonFiniteCount: sum((p) => p.nonFiniteCount),
    nanCount: sum((p) => p.nanCount),
    positiveInfinityCount: sum((p) => p.positiveInfinityCount),
    negativeInfinityCount: sum((p) => p.negativeInfinityCount),
    zeroCount: sum((p) => p.zeroCount),
    emptyCount: sum((p) => p.emptyCount),
    min: numeric.length === 0 ? Number.NaN : Math.min(...numeric.map((p) => p.min)),
    max: numeric.length === 0 ? Number.NaN : Math.max(...numeric.map((p) => p.max)),
    ...mergeMoments(numeric),
    quantiles: mergeQuantiles(
      profiles.map((p) => p.quantiles),
      Math.max(...profiles.map((p) => p.quantiles.k)),
      seed,
    ),
    categories: mergeCategories(
      profiles.map((p) => p.categories),
      Math.max(...profiles.map((p) => p.categories.namesMax)),
    ),
    // A profile of nothing has no bins, and none to miss.
    histogram: mergeHistograms(
      profiles.filter((p) => p.presentCount > 0 || p.histogram).map((p) => p.histogram),
    ),
  };
}

function mergeMoments(profiles: readonly Profile[]): Pick<Profile, "mean" | "m2" | "m3" | "m4"> {
  const total = zeroMoments();
  for (const p of profiles) {
    addMoments(total, { count: finiteCountOf(p), mean: p.mean, m2: p.m2, m3: p.m3, m4: p.m4 });
  }
  if (total.count === 0) return { mean: Number.NaN, m2: Number.NaN, m3: Number.NaN, m4: Number.NaN };
  // A power beyond the range of doubles is NaN in every profile, never infinite: QuestDB keeps neither.
  const finite = (value: number) => (Number.isFinite(value) ? value : Number.NaN);
  return { mean: total.mean, m2: finite(total.m2), m3: finite(total.m3), m4: finite(total.m4) };
}
