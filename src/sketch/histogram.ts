/**
 * Exact counts on the frozen quantile edges of a reference: what PSI, chi² and Jensen–Shannon need without error.
 *
 * Bins, in order: null, not finite, below the first edge, above the last, then one for each pair of neighbouring
 * edges. A pair of equal edges is a point mass, a single value that the reference holds often; its neighbours leave
 * it out. Every other bin takes its lower edge and not its upper one, but for the last, which takes both.
 */
import { invariant } from "../base/errors.ts";
import type { HistogramSummary } from "./profile.ts";

export const BIN_NULL = 0;
export const BIN_NON_FINITE = 1;
export const BIN_BELOW = 2;
export const BIN_ABOVE = 3;
/** The first bin between edges. */
export const BIN_FIRST = 4;

/**
 * Edges at the quantiles of a distribution, for about `binCount` bins. A value that holds a bin's share or more
 * becomes a point mass, standing twice.
 * @param values ascending, each once. @param cumulativeCounts numbers at or below each.
 */
export function quantileEdges(
  values: Float64Array,
  cumulativeCounts: Float64Array,
  binCount: number,
): Float64Array {
  const total = cumulativeCounts[cumulativeCounts.length - 1] ?? 0;
  const edges: number[] = [];
  let cut = 0;
  for (let i = 0; i < values.length; i++) {
    const cumulative = cumulativeCounts[i]!;
    const count = cumulative - (i === 0 ? 0 : cumulativeCounts[i - 1]!);
    const heavy = count * binCount >= total;
    const due = Math.floor((cumulative * binCount) / total);
    const outermost = i === 0 || i === values.length - 1;
    if (heavy) edges.push(values[i]!, values[i]!);
    else if (outermost || due > cut) edges.push(values[i]!);
    cut = due;
  }
  return Float64Array.from(edges);
}

/** Counts numbers into the bins of frozen edges, one at a time or by sorted runs. */
export class HistogramCounter {
  readonly edges: Float64Array;
  readonly counts: Float64Array;
  #table: Uint16Array | null = null;

  constructor(edges: Float64Array) {
    invariant(edges.length >= 2, "a histogram needs two edges");
    for (let i = 1; i < edges.length; i++) {
      invariant(edges[i - 1]! <= edges[i]!, "the edges of a histogram must be ascending");
      invariant(i < 2 || edges[i - 2]! < edges[i]!, "an edge stands twice at most: a point mass");
    }
    this.edges = edges;
    this.counts = new Float64Array(BIN_FIRST + edges.length - 1);
  }

  add(value: number): void {
    this.counts[this.binOf(value)]!++;
  }

  binOf(value: number): number {
    const { edges } = this;
    const last = edges.length - 1;
    if (value - value !== 0) return BIN_NON_FINITE;
    if (value < edges[0]!) return BIN_BELOW;
    if (value > edges[last]!) return BIN_ABOVE;
    this.#table ??= binTableOf(edges);
    let at = this.#table[orderedKey(value)]!;
    while (at < last && value >= edges[at + 1]!) at++;
    // On a point mass that is the second of two equal edges, and the bin is the one between them.
    if (at > 0 && edges[at] === value && edges[at - 1] === value) return BIN_FIRST + at - 1;
    return BIN_FIRST + Math.min(at, last - 1);
  }

  /** Adds an ascending run: one walk along both, so that a number costs a comparison. */
  addSorted(run: Float64Array, length: number): void {
    const { edges, counts } = this;
    const last = edges.length - 1;
    let at = 0;
    while (at < length && run[at]! < edges[0]!) at++;
    counts[BIN_BELOW]! += at;
    for (let bin = 0; bin < last; bin++) {
      const begin = at;
      const upper = edges[bin + 1]!;
      // A point mass and the last bin take their upper edge too.
      const closed = edges[bin] === upper || bin + 1 === last;
      while (at < length && (run[at]! < upper || (closed && run[at] === upper))) at++;
      counts[BIN_FIRST + bin]! += at - begin;
    }
    counts[BIN_ABOVE]! += length - at;
  }

  /** The counts so far, with those of records that had no finite number. */
  summary(nullCount: number, nonFiniteCount: number): HistogramSummary {
    const counts = this.counts.slice();
    counts[BIN_NULL] = nullCount;
    counts[BIN_NON_FINITE]! += nonFiniteCount;
    return { edges: this.edges, counts };
  }
}

/** Adds bins where all edges are the same ones; null where one side has none, or others: bins never mix. */
export function mergeHistograms(parts: readonly (HistogramSummary | null)[]): HistogramSummary | null {
  const first = parts[0];
  if (!first) return null;
  const counts = new Float64Array(first.counts.length);
  for (const part of parts) {
    if (!part || !sameEdges(part.edges, first.edges)) return null;
    for (let i = 0; i < counts.length; i++) counts[i]! += part.counts[i]!;
  }
  return { edges: first.edges, counts };
}

function sameEdges(a: Float64Array, b: Float64Array): boolean {
  return a === b || (a.length === b.length && a.every((edge, i) => edge === b[i]));
}

const tables = new WeakMap<Float64Array, Uint16Array>();
const float = new Float32Array(1);
const floatBits = new Int32Array(float.buffer);

/** The upper 16 bits of the value as a float, made to ascend with it. */
function orderedKey(value: number): number {
  float[0] = value;
  const bits = floatBits[0]!;
  // Negative floats descend as integers: all their bits turn; of the others only the sign does.
  return (bits ^ ((bits >> 31) | 0x80000000)) >>> 16;
}

/**
 * For each key, an edge that no value with that key lies below (or the first one): the search for a value's bin
 * begins there and takes a step or two. 128 KiB for each set of edges, shared by all counters on it.
 */
function binTableOf(edges: Float64Array): Uint16Array {
  const known = tables.get(edges);
  if (known !== undefined) return known;
  invariant(edges.length < 65_536, "a histogram has fewer than 65,536 edges");
  const table = new Uint16Array(65_536);
  let at = 0;
  for (let key = 1; key < 65_536; key++) {
    // Rounding to float may lift a value into this key from below: count the edges up to the key before.
    while (at + 1 < edges.length && orderedKey(edges[at + 1]!) < key - 1) at++;
    table[key] = at;
  }
  tables.set(edges, table);
  return table;
}
