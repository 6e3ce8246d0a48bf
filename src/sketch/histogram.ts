import type { HistogramSummary } from "./profile.ts";

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
  return a.length === b.length && a.every((edge, i) => edge === b[i]);
}
