/**
 * Edges for a histogram of two sides that a person reads: round numbers, over where nearly all values of both lie.
 * Extremes get an open bar at either end, so that one wild value never squeezes the rest into one bin.
 */
const BINS = 28;
/** Share of values at each end left to the open bars. */
const TAIL_SHARE = 0.005;
/** Positive values that span more than this factor are cut in equal ratios, not in equal widths. */
const RATIO_LINEAR_MAX = 1_000;

interface Side {
  readonly values: Float64Array;
  readonly cumulativeCounts: Float64Array;
}

/** @param sides with at least one value each. @returns ascending, at least two. */
export function binEdges(sides: readonly Side[]): readonly number[] {
  const low = Math.min(...sides.map((side) => quantile(side, TAIL_SHARE)));
  const high = Math.max(...sides.map((side) => quantile(side, 1 - TAIL_SHARE)));
  if (low > 0 && high / low > RATIO_LINEAR_MAX) return ratioEdges(low, high);
  return roundEdges(low, high > low ? high : low + Math.max(1, Math.abs(low)) * 1e-6);
}

/** Multiples of 1, 2 or 5 times a power of ten. */
function roundEdges(low: number, high: number): readonly number[] {
  const step = roundStep((high - low) / BINS);
  const first = Math.floor(low / step);
  const last = Math.floor(high / step) + 1;
  return Array.from({ length: last - first + 1 }, (_, i) => clean((first + i) * step));
}

function ratioEdges(low: number, high: number): readonly number[] {
  const first = Math.floor(Math.log10(low) * 3);
  const last = Math.floor(Math.log10(high) * 3) + 1;
  const stride = Math.max(1, Math.ceil((last - first) / BINS));
  const edges: number[] = [];
  for (let i = first; i < last + stride; i += stride)
    edges.push(clean(THIRDS[((i % 3) + 3) % 3]! * 10 ** Math.floor(i / 3)));
  return edges;
}

const THIRDS = [1, 2, 5] as const;

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power;
}

/** 0.30000000000000004 is 0.3 to people. */
function clean(value: number): number {
  return Number(value.toPrecision(12));
}

function quantile({ values, cumulativeCounts }: Side, rank: number): number {
  const target = rank * cumulativeCounts[cumulativeCounts.length - 1]!;
  const index = cumulativeCounts.findIndex((count) => count >= target);
  return values[index < 0 ? values.length - 1 : index]!;
}
