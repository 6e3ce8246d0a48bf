/** Weighted samples of numbers (QuantileSummary): making, merging, and how far a rank may be off. */
import { KllSketch } from "./kll.ts";
import { sampleOfSketch } from "./kll-view.ts";
import type { QuantileSummary } from "./profile.ts";
import { rankErrorOfVariance } from "./rank-error.ts";
import { sharedWeights } from "./shared-lists.ts";
import { mergeSamples } from "./weighted.ts";

/** Most that a rank may be off, as a share of `count` numbers; 0 when every value is kept. */
export function rankErrorOf(summary: QuantileSummary, count: number): number {
  return rankErrorOfVariance(summary.rankVariance, count);
}

/**
 * The union of several samples. Exact as long as at most `k` distinct values are in it; beyond, a KLL merge whose
 * coin is seeded by `seed`. Counts stay exact in both.
 */
export function mergeQuantiles(parts: readonly QuantileSummary[], k: number, seed: number): QuantileSummary {
  const used = parts.filter((part) => part.items.length > 0);
  const rankVariance = used.reduce((sum, part) => sum + part.rankVariance, 0);
  const union = mergeSamples(used);
  if (union.items.length <= k) {
    return { k, items: union.items, weights: sharedWeights(union.weights), rankVariance };
  }
  return summaryOfSketch(KllSketch.fromWeighted(union.items, union.weights, { k, seed, rankVariance }));
}

/** A KLL sketch as a weighted sample: each value once, ascending, with all its weight. */
export function summaryOfSketch(sketch: KllSketch): QuantileSummary {
  return { k: sketch.k, ...sampleOfSketch(sketch), rankVariance: sketch.rankVariance };
}
