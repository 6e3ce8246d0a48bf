import { countOf, type Steps } from "./steps.ts";

/** One distinct value of either side, and what had been counted when it was reached. */
export interface MergedStep {
  readonly value: number;
  /** How far it is to the next distinct value; 0 at the last. */
  readonly width: number;
  /** Numbers equal to the value, by side. */
  readonly countReference: number;
  readonly countCurrent: number;
  /** Numbers at or below the value, by side. */
  readonly upToReference: number;
  readonly upToCurrent: number;
}

/** Walks both step functions together, once per distinct value, ties consumed on both sides. */
export function eachMergedStep(reference: Steps, current: Steps, visit: (step: MergedStep) => void): void {
  const a = reference.values;
  const b = current.values;
  let [i, j, upToReference, upToCurrent] = [0, 0, 0, 0];
  while (i < a.length || j < b.length) {
    const value = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    const [beforeReference, beforeCurrent] = [upToReference, upToCurrent];
    if (a[i] === value) upToReference = reference.cumulativeCounts[i++]!;
    if (b[j] === value) upToCurrent = current.cumulativeCounts[j++]!;
    const next = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    visit({
      value,
      width: next === Number.POSITIVE_INFINITY ? 0 : next - value,
      countReference: upToReference - beforeReference,
      countCurrent: upToCurrent - beforeCurrent,
      upToReference,
      upToCurrent,
    });
  }
}

/** Both counts, or `undefined` when a side is empty and nothing can be compared. */
export function countsOf(reference: Steps, current: Steps): readonly [number, number] | undefined {
  const [n, m] = [countOf(reference), countOf(current)];
  return n > 0 && m > 0 ? [n, m] : undefined;
}
