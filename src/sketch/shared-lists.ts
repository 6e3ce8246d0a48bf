/**
 * Lists that very many profiles have in common, kept once a process instead of once a profile: weights of one, counts
 * that rise by one (both of any sample in which every number is another), and names of categories. Never changed:
 * whoever wants to change a list makes its own.
 */

/** Longer lists of ones are made for their profile alone. */
export const SHARED_LENGTH_MAX = 1_024;
/** Most names kept; past it all are forgotten, which costs memory and nothing else. */
export const SHARED_NAMES_MAX = 65_536;

const ones: (Float64Array | undefined)[] = [];
const risingCounts: (Float64Array | undefined)[] = [];
const names = new Map<string, string>();

/** `length` ones. */
export function onesOf(length: number): Float64Array {
  if (length > SHARED_LENGTH_MAX) return new Float64Array(length).fill(1);
  ones[length] ??= new Float64Array(length).fill(1);
  return ones[length];
}

/** 1, 2, 3 … `length`. */
export function countsTo(length: number): Float64Array {
  if (length > SHARED_LENGTH_MAX) return Float64Array.from({ length }, (_, i) => i + 1);
  risingCounts[length] ??= Float64Array.from({ length }, (_, i) => i + 1);
  return risingCounts[length];
}

/** The shared list where all weights are one, `weights` itself otherwise. */
export function sharedWeights(weights: Float64Array): Float64Array {
  return weights.length <= SHARED_LENGTH_MAX && weights.every((weight) => weight === 1)
    ? onesOf(weights.length)
    : weights;
}

/** The one string of this process that reads so. */
export function sharedName(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= SHARED_NAMES_MAX) names.clear();
  names.set(name, name);
  return name;
}
