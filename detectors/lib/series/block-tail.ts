/**
 * How high must a score be to be exceeded by chance only so often? Asked of the lane's own past.
 *
 * Scores within a block (half a day) hang together, maxima of blocks hardly do. Their upper part is taken as
 * generalised Pareto: threshold = a + scale ((share above a / probability)^shape − 1) / shape. The scale is the
 * mean excess over a, right-censored at the 90 % quantile: the drops already seen, true or false, are counted as
 * "at least that high" and so do not raise the bar against the next one. Before blocks exist a prior answers.
 *
 * @see Siffer et al., KDD 2017 (SPOT), for the idea; Coles 2001, An Introduction to Statistical Modeling of
 *   Extreme Values, section 4.
 */
import { quantileOfSorted } from "./order-statistics.ts";

/** Plain data. `maxima` is a ring of the last blocks. */
export interface BlockTailMemory {
  readonly maxima: Float64Array;
  count: number;
  /** Largest score of the block that is still open. */
  open: number;
  /** 60 % quantile of the maxima, and the scale above it; refreshed when a block closes. */
  base: number;
  scale: number;
}

export interface BlockTailOptions {
  readonly basePrior: number;
  readonly scalePrior: number;
  /** Blocks that the prior is worth. */
  readonly priorBlocks: number;
  readonly shape: number;
  readonly thresholdMin: number;
}

const BASE_QUANTILE = 0.6;
const CENSOR_QUANTILE = 0.9;

export function startBlockTail(blocksMax: number, options: BlockTailOptions): BlockTailMemory {
  return {
    maxima: new Float64Array(blocksMax),
    count: 0,
    open: 0,
    base: options.basePrior,
    scale: options.scalePrior,
  };
}

export function noteScore(tail: BlockTailMemory, score: number): void {
  if (score > tail.open) tail.open = score;
}

export function closeBlock(tail: BlockTailMemory, options: BlockTailOptions): void {
  tail.maxima[tail.count % tail.maxima.length] = tail.open;
  tail.count++;
  tail.open = 0;
  refit(tail, options);
}

/** @param probability that the maximum of one block exceeds the threshold although nothing happened. */
export function tailThreshold(tail: BlockTailMemory, probability: number, options: BlockTailOptions): number {
  const rarity = (1 - BASE_QUANTILE) / probability;
  const reach =
    Math.abs(options.shape) < 1e-9 ? Math.log(rarity) : (rarity ** options.shape - 1) / options.shape;
  return Math.max(options.thresholdMin, tail.base + tail.scale * reach);
}

/** Chance that a block's maximum reaches `score`, by an exponential tail, which never claims certainty. */
export function tailProbability(tail: BlockTailMemory, score: number): number {
  if (score <= tail.base) return 1;
  return (1 - BASE_QUANTILE) * Math.exp(-(score - tail.base) / Math.max(tail.scale, 1e-9));
}

function refit(tail: BlockTailMemory, options: BlockTailOptions): void {
  const sorted = tail.maxima.slice(0, Math.min(tail.count, tail.maxima.length)).sort();
  const weight = sorted.length / (sorted.length + options.priorBlocks / 2);
  const base = quantileOfSorted(sorted, BASE_QUANTILE);
  const censor = quantileOfSorted(sorted, CENSOR_QUANTILE);
  let excessSum = options.priorBlocks * options.scalePrior;
  let excessCount = options.priorBlocks;
  for (const score of sorted) {
    if (score <= base) continue;
    excessSum += Math.min(score, censor) - base;
    if (score < censor) excessCount++;
  }
  tail.base = weight * base + (1 - weight) * options.basePrior;
  tail.scale = excessSum / excessCount;
}
