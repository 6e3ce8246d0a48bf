/**
 * How the levels of a KLL sketch are sized, as Apache DataSketches does it: an item at level l stands for 2^l
 * numbers; the top level holds k items and each level below two thirds of the one above, at least `m`.
 * @see Karnin, Lang, Liberty 2016, "Optimal Quantile Approximation in Streams", arXiv:1603.05346.
 */

/** Smallest capacity of a level; fixed by the format. */
export const LEVEL_CAPACITY_MIN = 8;
/** Enough for 2^61 numbers. */
export const LEVELS_MAX = 61;
export const KLL_K_MIN = 8;
export const KLL_K_MAX = 65_535;

/** Items that `level` may hold in a sketch of `levelCount` levels. */
function levelCapacity(k: number, levelCount: number, level: number): number {
  const depth = levelCount - level - 1;
  return Math.max(LEVEL_CAPACITY_MIN, scaledCapacity(k, depth));
}

const capacitiesOfK = new Map<number, Int32Array>();
/** Sizes in use are few; beyond this many they are computed anew. */
const CACHED_KS_MAX = 64;

/** Capacity by depth below the top level; shared among sketches of the same k. */
export function capacitiesByDepth(k: number): Int32Array {
  let capacities = capacitiesOfK.get(k);
  if (capacities === undefined) {
    capacities = Int32Array.from({ length: LEVELS_MAX + 1 }, (_, depth) => levelCapacity(k, depth + 1, 0));
    if (capacitiesOfK.size < CACHED_KS_MAX) capacitiesOfK.set(k, capacities);
  }
  return capacities;
}

/** Items that all levels may hold together. */
export function totalCapacity(k: number, levelCount: number): number {
  let sum = 0;
  for (let level = 0; level < levelCount; level++) sum += levelCapacity(k, levelCount, level);
  return sum;
}

/**
 * Published rank error of a sketch of size k at 99% confidence: of one rank, or (`pmf`) of a difference of two.
 * A fit by the DataSketches authors; k = 200 gives 1.33% and 1.65%.
 */
export function normalizedRankError(k: number, pmf: boolean): number {
  return pmf ? 2.446 / k ** 0.9433 : 2.296 / k ** 0.9723;
}

// In integers, rounded in two steps beyond depth 30, exactly as the format's other readers compute it.
function scaledCapacity(k: number, depth: number): number {
  if (depth <= 30) return scaledOnce(k, depth);
  const half = depth >>> 1;
  return scaledOnce(scaledOnce(k, half), depth - half);
}

function scaledOnce(k: number, depth: number): number {
  // 2k · 2^depth stays below 2^48 and 3^30 below 2^48: exact in doubles, and so is the floor of the quotient.
  const scaled = Math.floor((2 * k * 2 ** depth) / 3 ** depth);
  return Math.floor((scaled + 1) / 2);
}
