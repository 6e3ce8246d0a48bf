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
  const left = new Map(current.map(({ name, count }) => [name, count]));
  const table = { names: [] as string[], reference: [] as number[], current: [] as number[] };
  const add = (name: string, before: number, now: number) => {
    table.names.push(name);
    table.reference.push(before);
    table.current.push(now);
  };
  for (const { name, count } of reference) {
    add(name, count, left.get(name) ?? 0);
    left.delete(name);
  }
  for (const [name, count] of left) add(name, 0, count);
  return table;
}

/** Share of `counts` in cells that are empty on the other side: the new, or (sides swapped) the vanished. */
export function shareUnmatched(counts: readonly number[], other: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count, i) => sum + (other[i] === 0 ? count : 0), 0) / total;
}
