/**
 * Questions to a KLL sketch: ranks, quantiles, PMF, CDF.
 */
import { invariant } from "../base/errors.ts";
import type { KllSketch } from "./kll.ts";
import { countsTo, onesOf, SHARED_LENGTH_MAX } from "./shared-lists.ts";
import { mergeSamples, sampleOfRun, type WeightedSample } from "./weighted.ts";

export type RankSide = "inclusive" | "exclusive";

export class KllView {
  readonly count: number;
  /** Ascending, each value once. */
  readonly values: Float64Array;
  /** Numbers at or below each value. */
  readonly cumulativeCounts: Float64Array;

  /**
   * @param extremes "restored" puts the true minimum and maximum into the view (DataSketches for Java); "as_kept"
   * answers from the retained items alone (its C++ core). Ranks differ by 1/n at most.
   */
  constructor(sketch: KllSketch, extremes: "restored" | "as_kept" = "restored") {
    invariant(!sketch.isEmpty, "an empty KLL sketch has no ranks; ask isEmpty first");
    const sample = sampleOfSketch(sketch);
    const min = extremes === "restored" ? sketch.min : sample.items[0]!;
    const max = extremes === "restored" ? sketch.max : sample.items[sample.items.length - 1]!;
    const view = viewOf(sample, min, max);
    this.count = sketch.count;
    this.values = view.values;
    this.cumulativeCounts = view.cumulativeCounts;
  }

  /** Share of numbers at or below `value` (inclusive), or below it (exclusive). */
  rank(value: number, side: RankSide = "inclusive"): number {
    const at = firstAfter(this.values, value, side === "inclusive");
    return at === 0 ? 0 : this.cumulativeCounts[at - 1]! / this.count;
  }

  /** A number at the given normalized rank, 0 to 1. */
  quantile(rank: number, side: RankSide = "inclusive"): number {
    invariant(rank >= 0 && rank <= 1, `rank ${rank} is outside [0, 1]`);
    // Inclusive takes the first number that reaches the rank, exclusive the first that passes it.
    const target = side === "inclusive" ? Math.ceil(rank * this.count) : Math.floor(rank * this.count);
    const at = firstAfter(this.cumulativeCounts, target, side === "exclusive");
    return this.values[Math.min(at, this.values.length - 1)]!;
  }

  /** Cumulative shares at the split points (ascending), and 1 for the rest. */
  cdf(splitPoints: readonly number[], side: RankSide = "inclusive"): number[] {
    splitPoints.forEach((point, i) => {
      invariant(i === 0 || splitPoints[i - 1]! < point, "split points must be ascending, each once");
    });
    return [...splitPoints.map((point) => this.rank(point, side)), 1];
  }

  /** Shares between the split points, one more than there are points. */
  pmf(splitPoints: readonly number[], side: RankSide = "inclusive"): number[] {
    const cdf = this.cdf(splitPoints, side);
    return cdf.map((share, i) => share - (cdf[i - 1] ?? 0));
  }
}

/** The retained items, each value once with all its weight. */
export function sampleOfSketch(sketch: KllSketch): WeightedSample {
  return mergeSamples(sketch.levels().map(({ items, weight }) => sampleOfRun(items, items.length, weight)));
}

/**
 * A weighted sample with the true extremes put back: each takes the weight of one number from its neighbour, so
 * that ranks differ by 1/n at most. Values that lost all their weight to an extreme are left out.
 */
export function viewOf(
  sample: WeightedSample,
  min: number,
  max: number,
): { values: Float64Array; cumulativeCounts: Float64Array } {
  const { items, weights } = sample;
  const low = items.length > 0 && items[0] !== min ? 1 : 0;
  const high = items.length > 0 && items[items.length - 1] !== max ? 1 : 0;
  // Every number another, nothing to put back: nothing of its own to keep.
  if (low + high === 0 && weights.length <= SHARED_LENGTH_MAX && weights === onesOf(weights.length))
    return { values: items, cumulativeCounts: countsTo(items.length) };
  const values = new Float64Array(items.length + low + high);
  const cumulativeCounts = new Float64Array(values.length);
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i]!;
  let size = 0;
  const push = (value: number, cumulative: number) => {
    if (cumulative === (size === 0 ? 0 : cumulativeCounts[size - 1]!)) return;
    values[size] = value;
    cumulativeCounts[size++] = cumulative;
  };
  if (low) push(min, 1);
  let sum = 0;
  for (let i = 0; i < items.length; i++) {
    sum += weights[i]!;
    push(items[i]!, high ? Math.min(sum, total - 1) : sum);
  }
  if (high) push(max, total);
  if (size === values.length) return { values, cumulativeCounts };
  return { values: values.slice(0, size), cumulativeCounts: cumulativeCounts.slice(0, size) };
}

/** Index of the first element above `value`, or (`inclusive` false) at or above it. */
function firstAfter(sorted: Float64Array, value: number, inclusive: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (inclusive ? sorted[middle]! <= value : sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
