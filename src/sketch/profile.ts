/**
 * One profile: all summaries of one (swimlane, source, feature, window). Plain and immutable; open profiles live
 * in an arena (arena.ts), merged ones are made by merge.ts, stored ones go through codec.ts.
 */
export interface Profile {
  /** Records that had the feature, `null` included. */
  readonly presentCount: number;
  readonly nullCount: number;
  /** Elements of arrays that were `null`; not part of `nullCount`, which counts records. */
  readonly nullElementCount: number;
  readonly numberCount: number;
  readonly stringCount: number;
  readonly booleanCount: number;
  /** NaN and both infinities together; part of `numberCount`, never of the moments or the quantiles. */
  readonly nonFiniteCount: number;
  readonly nanCount: number;
  readonly positiveInfinityCount: number;
  readonly negativeInfinityCount: number;
  readonly zeroCount: number;
  /** Empty strings. */
  readonly emptyCount: number;
  /** Of the finite numbers; NaN when there are none. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Sums of powers of the distance to the mean, 2nd to 4th. NaN once one of them left the range of doubles. */
  readonly m2: number;
  readonly m3: number;
  readonly m4: number;
  readonly quantiles: QuantileSummary;
  readonly categories: CategorySummary;
  /** Exact counts on a reference's frozen edges; null where no reference was given, or two were mixed. */
  readonly histogram: HistogramSummary | null;
}

/**
 * The finite numbers as a weighted sample: `weights[i]` of them are taken to be `items[i]`.
 * Exact (`rankVariance` 0) while at most `k` distinct values came; from then on it is a KLL sketch. In both cases
 * the weights are whole and add up to the count of finite numbers.
 */
export interface QuantileSummary {
  /** Size: the distinct values that are kept exactly, and the k of the KLL sketch beyond them. */
  readonly k: number;
  /** Ascending, each value once. */
  readonly items: Float64Array;
  readonly weights: Float64Array;
  /**
   * Sum of the squared weights that compactions have displaced: the variance of a rank, in numbers squared, is at
   * most this. It adds up when sketches merge, so the bound that follows from it stays honest (quantiles.ts).
   */
  readonly rankVariance: number;
}

/** The most frequent strings (booleans as "true" and "false") with lower bounds of their counts. */
export interface CategorySummary {
  /** Most names kept. Up to here every name is kept and every count exact. */
  readonly namesMax: number;
  /** Most frequent first; ties by name, so that equal data give equal bytes. */
  readonly names: readonly string[];
  readonly counts: Float64Array;
  /** Most that any count is too low, and most that a name which is not kept can have had. 0 = exact. */
  readonly errorMax: number;
  /** HyperLogLog of all names, from the moment that not all are kept; null before. */
  readonly distinct: DistinctSummary | null;
}

/** HyperLogLog registers, each 0 to 63, as many as 2^lgK. */
export interface DistinctSummary {
  readonly lgK: number;
  readonly registers: Uint8Array;
}

/** Counts on frozen edges; histogram.ts says which bin is which. */
export interface HistogramSummary {
  /** Ascending. A value that stands twice is a point mass with a bin of its own. */
  readonly edges: Float64Array;
  readonly counts: Float64Array;
}

export const KLL_K_DEFAULT = 1024;
export const CATEGORIES_MAX_DEFAULT = 384;
/** Registers for distinct strings: 4,096, a standard error of 1.6% after merging. */
export const DISTINCT_LG_K = 12;

/** A profile of nothing: the neutral element of a merge. */
export function emptyProfile(k = KLL_K_DEFAULT, categoriesMax = CATEGORIES_MAX_DEFAULT): Profile {
  return {
    presentCount: 0,
    nullCount: 0,
    nullElementCount: 0,
    numberCount: 0,
    stringCount: 0,
    booleanCount: 0,
    nonFiniteCount: 0,
    nanCount: 0,
    positiveInfinityCount: 0,
    negativeInfinityCount: 0,
    zeroCount: 0,
    emptyCount: 0,
    min: Number.NaN,
    max: Number.NaN,
    mean: Number.NaN,
    m2: Number.NaN,
    m3: Number.NaN,
    m4: Number.NaN,
    quantiles: { k, items: new Float64Array(0), weights: new Float64Array(0), rankVariance: 0 },
    categories: {
      namesMax: categoriesMax,
      names: [],
      counts: new Float64Array(0),
      errorMax: 0,
      distinct: null,
    },
    histogram: null,
  };
}

/** Finite numbers: those that `quantiles` and the moments stand for. */
export function finiteCountOf(profile: Profile): number {
  return profile.numberCount - profile.nonFiniteCount;
}
