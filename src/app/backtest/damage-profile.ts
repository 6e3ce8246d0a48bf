/**
 * Damage done to one stored profile, as the same fault would have done it to the records behind it: some of its values
 * lost, replaced, moved or multiplied. Counts stay whole and consistent; numbers stay exact where the sketch was.
 */
import type { Random } from "../../base/random.ts";
import { addMoments, zeroMoments } from "../../sketch/moments.ts";
import type { CategorySummary, Profile } from "../../sketch/profile.ts";

/**
 * Of the window's records only `share` are left, drawn without replacement: a feature that every record had is still
 * had by every record, to the last one.
 */
export function keepRecords(profile: Profile, share: number, random: Random): Profile {
  const values = valueCountOf(profile);
  const keep = exactly(Math.round((profile.nullCount + values) * share), profile.nullCount + values, random);
  const nullCount = keep(profile.nullCount);
  const kept = keepCategories(keepNumbers(profile, keep), keep);
  const valuesPerRecord = values / Math.max(1, profile.presentCount - profile.nullCount);
  const valued = values === 0 ? 0 : Math.round(valueCountOf(kept) / valuesPerRecord);
  return { ...kept, nullCount, presentCount: valued + nullCount };
}

/** How many of `count` records are left when each is kept with probability `share`. */
export function leftOf(count: number, share: number, random: Random): number {
  return withProbability(share, random)(count);
}

/** Every value becomes null with probability `share`. */
export function loseValues(profile: Profile, share: number, random: Random): Profile {
  const keep = withProbability(1 - share, random);
  const kept = keepCategories(keepNumbers(profile, keep), keep);
  const values = valueCountOf(profile);
  const presentValues = profile.presentCount - profile.nullCount;
  const lost = values === 0 ? 0 : Math.round((presentValues * (values - valueCountOf(kept))) / values);
  return { ...kept, nullCount: profile.nullCount + lost };
}

/** Every number becomes `value` with probability `share`. */
export function replaceNumbers(profile: Profile, share: number, value: number, random: Random): Profile {
  const kept = keepNumbers(profile, withProbability(1 - share, random));
  const count = profile.numberCount - kept.numberCount;
  const { items, weights } = kept.quantiles;
  const pairs = new Map([...items].map((item, i) => [item, weights[i]!]));
  if (count > 0) pairs.set(value, (pairs.get(value) ?? 0) + count);
  return ofNumbers({ ...kept, numberCount: profile.numberCount }, [...pairs], profile);
}

/** Every string or boolean becomes `name` with probability `share`. */
export function replaceCategories(profile: Profile, share: number, name: string, random: Random): Profile {
  const kept = keepCategories(profile, withProbability(1 - share, random));
  const before = profile.stringCount + profile.booleanCount;
  const count = before - kept.stringCount - kept.booleanCount;
  const added = { ...kept, stringCount: kept.stringCount + count };
  return { ...added, categories: withCategory(kept.categories, name, count) };
}

/** Every number becomes `move(number)`, which must not change their order (or turn it around whole). */
export function moveNumbers(profile: Profile, move: (value: number) => number): Profile {
  const { items, weights } = profile.quantiles;
  const pairs = [...items].map((item, i): Pair => [move(item), weights[i]!]);
  const ends = [move(profile.min), move(profile.max)];
  const moved = { ...profile, min: Math.min(...ends), max: Math.max(...ends) };
  return ofNumbers(moved, pairs, moved);
}

/** The name that most strings of the profile are; "" when it has none. */
export function topCategory(profile: Profile): string {
  return profile.categories.names[0] ?? "";
}

type Pair = readonly [value: number, weight: number];

/** How many of so many records (or values) are left. Called once for each group of equal ones. */
type Keep = (count: number) => number;

function keepNumbers(profile: Profile, keep: Keep): Profile {
  const { items, weights } = profile.quantiles;
  const pairs = [...items].map((item, i): Pair => [item, keep(weights[i]!)]);
  const nanCount = keep(profile.nanCount);
  const positiveInfinityCount = keep(profile.positiveInfinityCount);
  const negativeInfinityCount = keep(profile.negativeInfinityCount);
  const nonFiniteCount = nanCount + positiveInfinityCount + negativeInfinityCount;
  const finite = pairs.reduce((sum, [, weight]) => sum + weight, 0);
  const counts = { nanCount, positiveInfinityCount, negativeInfinityCount, nonFiniteCount };
  return ofNumbers({ ...profile, ...counts, numberCount: finite + nonFiniteCount }, pairs, profile);
}

/** Puts numbers into a profile; what follows from them is computed anew. @param bounds its min and max hold where the sketch has lost the extremes */
function ofNumbers(profile: Profile, pairs: readonly Pair[], bounds: Profile): Profile {
  // Two numbers may become one by rounding.
  const byValue = new Map<number, number>();
  for (const [value, weight] of pairs) if (weight > 0) byValue.set(value, (byValue.get(value) ?? 0) + weight);
  const kept = [...byValue].sort((a, b) => a[0] - b[0]);
  const moments = zeroMoments();
  for (const [mean, count] of kept) addMoments(moments, { count, mean, m2: 0, m3: 0, m4: 0 });
  const none = kept.length === 0;
  const exact = profile.quantiles.rankVariance === 0;
  const first = kept[0]?.[0] ?? Number.NaN;
  const last = kept.at(-1)?.[0] ?? Number.NaN;
  return {
    ...profile,
    zeroCount: kept.find(([value]) => value === 0)?.[1] ?? 0,
    min: none || exact ? first : Math.min(first, bounds.min),
    max: none || exact ? last : Math.max(last, bounds.max),
    mean: none ? Number.NaN : moments.mean,
    m2: none ? Number.NaN : moments.m2,
    m3: none ? Number.NaN : moments.m3,
    m4: none ? Number.NaN : moments.m4,
    quantiles: {
      ...profile.quantiles,
      items: Float64Array.from(kept, ([value]) => value),
      weights: Float64Array.from(kept, ([, weight]) => weight),
    },
    histogram: null,
  };
}

function keepCategories(profile: Profile, keep: Keep): Profile {
  const { categories } = profile;
  const counts = categories.counts.map((count) => keep(count));
  const keptBefore = categories.counts.reduce((sum, count) => sum + count, 0);
  const other = keep(profile.stringCount + profile.booleanCount - keptBefore);
  const total = counts.reduce((sum, count) => sum + count, 0) + other;
  const booleans = profile.stringCount === 0;
  const emptyAt = categories.names.indexOf("");
  return {
    ...profile,
    stringCount: booleans ? 0 : total,
    booleanCount: booleans ? total : 0,
    emptyCount: emptyAt < 0 ? 0 : counts[emptyAt]!,
    categories: ordered(
      categories,
      [...counts].map((count, i) => [categories.names[i]!, count]),
    ),
  };
}

function withCategory(categories: CategorySummary, name: string, count: number): CategorySummary {
  const pairs = new Map(categories.names.map((each, i) => [each, categories.counts[i]!]));
  if (count > 0) pairs.set(name, (pairs.get(name) ?? 0) + count);
  return ordered(categories, [...pairs]);
}

function ordered(
  categories: CategorySummary,
  pairs: readonly (readonly [string, number])[],
): CategorySummary {
  const kept = pairs.filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return {
    ...categories,
    names: kept.map(([name]) => name),
    counts: Float64Array.from(kept, ([, count]) => count),
  };
}

function valueCountOf({ numberCount, stringCount, booleanCount }: Profile): number {
  return numberCount + stringCount + booleanCount;
}

/** Most that are drawn one by one; above, a normal deviate is as good. */
const DRAWN_MAX = 200;

/** Each is kept with that probability, whatever becomes of the others. */
function withProbability(share: number, random: Random): Keep {
  return (count) => {
    if (share >= 1 || count <= 0) return Math.max(0, count);
    if (share <= 0) return 0;
    if (count > DRAWN_MAX) return near(count, share, count * share * (1 - share), random);
    let kept = 0;
    for (let i = 0; i < count; i++) if (random() < share) kept++;
    return kept;
  };
}

/** Exactly `keepCount` of `total` are kept, over all calls. */
function exactly(keepCount: number, total: number, random: Random): Keep {
  let [keepLeft, left] = [keepCount, total];
  return (count) => {
    const kept = Math.max(
      keepLeft - (left - count),
      Math.min(keepLeft, drawn(count, keepLeft, left, random)),
    );
    keepLeft -= kept;
    left -= count;
    return kept;
  };
}

/** Without replacement: a hypergeometric draw. */
function drawn(count: number, keepLeft: number, left: number, random: Random): number {
  if (count > DRAWN_MAX) {
    const share = keepLeft / left;
    const variance = (count * share * (1 - share) * (left - count)) / Math.max(1, left - 1);
    return near(count, share, variance, random);
  }
  let kept = 0;
  for (let i = 0; i < count; i++) if (random() * (left - i) < keepLeft - kept) kept++;
  return kept;
}

function near(count: number, share: number, variance: number, random: Random): number {
  const deviate = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.min(count, Math.max(0, Math.round(count * share + deviate * Math.sqrt(variance))));
}
