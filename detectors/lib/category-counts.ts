import type { CategoryCount } from "../contract.ts";

/** Two sides' counts by category, in one order. */
export interface CategoryTable {
  readonly names: readonly string[];
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

/** Lines up both sides by name: the reference's order, then what is new. A name may be any string, "" included. */
export function categoryTable(
  reference: readonly CategoryCount[],
  current: readonly CategoryCount[],
): CategoryTable {
  const [left, right] = [reference, current].map(
    (side) => new Map(side.map(({ name, count }) => [name, count])),
  );
  const names = [...new Set([...left!.keys(), ...right!.keys()])];
  return {
    names,
    reference: names.map((name) => left!.get(name) ?? 0),
    current: names.map((name) => right!.get(name) ?? 0),
  };
}

/** Share of `counts` in cells that are empty on the other side: the new, or (sides swapped) the vanished. */
export function shareUnmatched(counts: readonly number[], other: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count, i) => sum + (other[i] === 0 ? count : 0), 0) / total;
}
