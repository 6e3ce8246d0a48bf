/** KLL levels from elsewhere: of a weighted sample, of two sketches that merge. Arrays here, no sketch yet. */
import { InvariantError } from "../base/errors.ts";
import { mergeStrided } from "./kll-compact.ts";

/**
 * Levels of an ascending weighted sample: an item of weight w goes to the levels of the bits of w, which is exact:
 * an item at level l stands for 2^l numbers.
 */
export function levelsOfWeighted(items: Float64Array, weights: Float64Array): Float64Array[] {
  const levels = sizesOfWeighted(weights).map((size) => new Float64Array(size));
  const filled = new Int32Array(levels.length);
  for (let i = 0; i < items.length; i++) {
    const weight = weights[i]!;
    for (let bits = lowBits(weight); bits !== 0; bits &= bits - 1) {
      const level = lowestOf(bits);
      levels[level]![filled[level]!++] = items[i]!;
    }
    for (let bits = highBits(weight); bits !== 0; bits &= bits - 1) {
      const level = WORD_BITS + lowestOf(bits);
      levels[level]![filled[level]!++] = items[i]!;
    }
  }
  return levels;
}

function sizesOfWeighted(weights: Float64Array): number[] {
  const sizes = new Array<number>(2 * WORD_BITS).fill(0);
  let levelCount = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!;
    if (!(weight >= 1 && Number.isSafeInteger(weight)))
      throw new InvariantError(`weight ${weight} is not a whole positive number`);
    const low = lowBits(weight);
    const high = highBits(weight);
    for (let bits = low; bits !== 0; bits &= bits - 1) sizes[lowestOf(bits)]!++;
    for (let bits = high; bits !== 0; bits &= bits - 1) sizes[WORD_BITS + lowestOf(bits)]!++;
    const highest = high === 0 ? WORD_BITS - Math.clz32(low) : 2 * WORD_BITS - Math.clz32(high);
    if (highest > levelCount) levelCount = highest;
  }
  return sizes.slice(0, levelCount);
}

/** A weight in two words, so that its set bits are found by integers: remainders of doubles take ten times as long. */
const WORD_BITS = 32;
const WORD = 4_294_967_296;

function lowBits(weight: number): number {
  // Modulo 2^32 by definition, whatever the weight.
  return weight | 0;
}

function highBits(weight: number): number {
  return weight < WORD ? 0 : (weight / WORD) | 0;
}

/** The place of the lowest set bit. */
function lowestOf(bits: number): number {
  return WORD_BITS - 1 - Math.clz32(bits & -bits);
}

/**
 * Halves ascending levels, from the lowest up, until all fit together.
 * @param capacities by depth below the top level. @param flip the coin: 0 or 1.
 * @returns the levels, ascending, and the variance that the halving brought into ranks.
 */
export function fitLevels(
  given: readonly Float64Array[],
  capacities: Int32Array,
  flip: () => number,
): { levels: Float64Array[]; rankVariance: number } {
  const levels = given.length === 0 ? [new Float64Array(0)] : [...given];
  let held = levels.reduce((sum, level) => sum + level.length, 0);
  let target = levels.reduce((sum, _, depth) => sum + capacities[depth]!, 0);
  let rankVariance = 0;
  for (let l = 0; l < levels.length; l++) {
    const level = levels[l]!;
    if (held < target || level.length < capacities[levels.length - 1 - l]!) continue;
    if (l === levels.length - 1) {
      levels.push(new Float64Array(0));
      target += capacities[levels.length - 1]!;
    }
    const odd = level.length & 1;
    const half = level.length >>> 1;
    const offset = flip();
    levels[l] = level.slice(0, odd);
    levels[l + 1] = risenInto(levels[l + 1]!, level, half, odd + offset);
    rankVariance += 4 ** l;
    held -= half;
  }
  return { levels, rankVariance };
}

/** `above` with every second of `level` from `from` on, `half` of them, in order. */
function risenInto(above: Float64Array, level: Float64Array, half: number, from: number): Float64Array {
  const merged = new Float64Array(half + above.length);
  merged.set(above, half);
  mergeStrided(merged, 0, half, above.length, level, half, 2, from);
  return merged;
}

export function concat(parts: readonly Float64Array[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
