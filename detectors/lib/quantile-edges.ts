import { countOf, countUpTo, type Steps, valueAtRank } from "./steps.ts";

/**
 * Inner edges that cut the reference into `binCount` shares as equal as its ties allow: the values at ranks
 * ⌈j·n/B⌉, duplicates removed. A value belongs to the bin whose number is how many edges lie below it.
 */
export function quantileEdges(reference: Steps, binCount: number): number[] {
  const n = countOf(reference);
  if (n === 0) return [];
  const edges: number[] = [];
  for (let j = 1; j < binCount; j++) {
    const edge = valueAtRank(reference, Math.max(1, Math.ceil((j * n) / binCount)));
    if (edge !== edges[edges.length - 1]) edges.push(edge);
  }
  return edges;
}

/** Numbers in each of the `edges.length + 1` bins (−∞, e₀], (e₀, e₁], …, (eₗ, ∞). */
export function binCounts(steps: Steps, edges: readonly number[]): number[] {
  const upTo = [...edges.map((edge) => countUpTo(steps, edge)), countOf(steps)];
  return upTo.map((count, i) => count - (i === 0 ? 0 : upTo[i - 1]!));
}
