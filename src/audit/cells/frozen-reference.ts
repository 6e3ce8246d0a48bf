/**
 * What did a feature look like when judging began? The merge of the reference's windows, bounded, and never
 * changed afterwards: "never seen before" must not drift with what is seen later.
 */
import type { CategoryCount, DistributionSnapshot } from "../../../detectors/contract.ts";

/** Distinct numbers kept; beyond it, values are halved by weight as a quantile sketch does. */
const VALUES_MAX = 2048;
/** A number with at least this share of the reference keeps its exact count when others are halved. */
const KEPT_SHARE = 0.002;
/** Names kept; more are counted as "other" (such a feature is an id). */
const KNOWN_NAMES_MAX = 10_000;

/** Plain, mutable while the reference is being gathered. */
export interface FrozenReference {
  windowCount: number;
  recordCount: number;
  presentCount: number;
  nullCount: number;
  numberCount: number;
  stringCount: number;
  booleanCount: number;
  nonFiniteCount: number;
  zeroCount: number;
  emptyCount: number;
  min: number;
  max: number;
  mean: number;
  /** Sum of squared distances to the mean. */
  m2: number;
  values: Float64Array;
  counts: Float64Array;
  categories: Map<string, number>;
  categoryOtherCount: number;
  /** Share of the numbers by which a rank from `values` may be off; 0 until values were halved. */
  rankErrorMax: number;
}

export function emptyReference(): FrozenReference {
  return {
    windowCount: 0,
    recordCount: 0,
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
    mean: 0,
    m2: 0,
    values: new Float64Array(0),
    counts: new Float64Array(0),
    categories: new Map(),
    categoryOtherCount: 0,
    rankErrorMax: 0,
  };
}

/** Folds one window of the reference in. */
export function addToReference(reference: FrozenReference, window: DistributionSnapshot): void {
  mergeMoments(reference, window);
  reference.windowCount += 1;
  reference.recordCount += window.recordCount;
  reference.presentCount += window.presentCount;
  reference.nullCount += window.nullCount;
  reference.numberCount += window.numberCount;
  reference.stringCount += window.stringCount;
  reference.booleanCount += window.booleanCount;
  reference.nonFiniteCount += window.nonFiniteCount;
  reference.zeroCount += window.zeroCount;
  reference.emptyCount += window.emptyCount;
  mergeValues(reference, window);
  mergeCategories(reference, window);
}

/** The reference as detectors see it. */
export function referenceSnapshot(reference: FrozenReference): DistributionSnapshot {
  const { values, counts, m2, mean } = reference;
  const finite = reference.numberCount - reference.nonFiniteCount;
  const cumulativeCounts = new Float64Array(counts.length);
  let seen = 0;
  for (let i = 0; i < counts.length; i++) cumulativeCounts[i] = seen += counts[i]!;
  return {
    recordCount: reference.recordCount,
    presentCount: reference.presentCount,
    nullCount: reference.nullCount,
    numberCount: reference.numberCount,
    stringCount: reference.stringCount,
    booleanCount: reference.booleanCount,
    nonFiniteCount: reference.nonFiniteCount,
    zeroCount: reference.zeroCount,
    emptyCount: reference.emptyCount,
    min: reference.min,
    max: reference.max,
    mean: finite > 0 ? mean : Number.NaN,
    variance: finite > 0 ? m2 / finite : Number.NaN,
    skewness: Number.NaN,
    kurtosis: Number.NaN,
    values,
    cumulativeCounts,
    rankErrorMax: reference.rankErrorMax,
    categories: rankedCategories(reference.categories),
    categoryErrorMax: 0,
    categoryOtherCount: reference.categoryOtherCount,
    distinctCount: reference.categories.size,
  };
}

function rankedCategories(categories: ReadonlyMap<string, number>): CategoryCount[] {
  return [...categories]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

/** Chan, Golub and LeVeque 1979: the moments of two sets from the moments of each. */
function mergeMoments(reference: FrozenReference, window: DistributionSnapshot): void {
  const before = reference.numberCount - reference.nonFiniteCount;
  const added = window.numberCount - window.nonFiniteCount;
  if (added <= 0) return;
  const delta = window.mean - reference.mean;
  reference.m2 += window.variance * added + (delta * delta * before * added) / (before + added);
  reference.mean += (delta * added) / (before + added);
  reference.min = before > 0 ? Math.min(reference.min, window.min) : window.min;
  reference.max = before > 0 ? Math.max(reference.max, window.max) : window.max;
}

function mergeValues(reference: FrozenReference, window: DistributionSnapshot): void {
  if (window.values.length === 0) return;
  const size = reference.values.length + window.values.length;
  const values = new Float64Array(size);
  const counts = new Float64Array(size);
  let i = 0;
  let j = 0;
  let length = 0;
  while (i < reference.values.length || j < window.values.length) {
    const left = i < reference.values.length ? reference.values[i]! : Number.POSITIVE_INFINITY;
    const right = j < window.values.length ? window.values[j]! : Number.POSITIVE_INFINITY;
    values[length] = Math.min(left, right);
    if (left <= right) counts[length]! += reference.counts[i++]!;
    if (right <= left) {
      counts[length]! += window.cumulativeCounts[j]! - (j > 0 ? window.cumulativeCounts[j - 1]! : 0);
      j++;
    }
    length++;
  }
  reference.values = values.slice(0, length);
  reference.counts = counts.slice(0, length);
  if (length > 2 * VALUES_MAX) halveValues(reference);
}

/** Every two neighbouring light values become one with the weight of both; heavy values stay exact. */
function halveValues(reference: FrozenReference): void {
  const { values, counts } = reference;
  const heavyMin = KEPT_SHARE * counts.reduce((sum, count) => sum + count, 0);
  let kept = 0;
  let waiting = -1;
  const keep = (value: number, count: number): void => {
    values[kept] = value;
    counts[kept++] = count;
  };
  for (let i = 0; i < values.length; i++) {
    if (counts[i]! >= heavyMin) {
      if (waiting >= 0) keep(values[waiting]!, counts[waiting]!);
      keep(values[i]!, counts[i]!);
      waiting = -1;
    } else if (waiting >= 0) {
      // Alternating which of the two stays keeps the ranks free of bias.
      const survivor = reference.windowCount % 2 === 0 ? i : waiting;
      keep(values[survivor]!, counts[i]! + counts[waiting]!);
      waiting = -1;
    } else waiting = i;
  }
  if (waiting >= 0) keep(values[waiting]!, counts[waiting]!);
  reference.values = values.slice(0, kept);
  reference.counts = counts.slice(0, kept);
  reference.rankErrorMax = Math.min(1, reference.rankErrorMax + 1 / VALUES_MAX);
}

function mergeCategories(reference: FrozenReference, window: DistributionSnapshot): void {
  reference.categoryOtherCount += window.categoryOtherCount;
  for (const { name, count } of window.categories) {
    const known = reference.categories.get(name);
    if (known !== undefined) reference.categories.set(name, known + count);
    else if (reference.categories.size < KNOWN_NAMES_MAX) reference.categories.set(name, count);
    else reference.categoryOtherCount += count;
  }
}
