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

/** What the window has of each of the reference's names, in the reference's order. */
export function countsOfNames(
  reference: readonly CategoryCount[],
  current: readonly CategoryCount[],
): readonly number[] {
  // A window counted onto the reference's cells has the very names, and a table of them costs more than the comparison.
  if (sameNames(reference, current)) return current.map(({ count }) => count);
  const counts = new Map(current.map(({ name, count }) => [name, count]));
  return reference.map(({ name }) => counts.get(name) ?? 0);
}

function sameNames(reference: readonly CategoryCount[], current: readonly CategoryCount[]): boolean {
  if (reference.length !== current.length) return false;
  for (let i = 0; i < reference.length; i++) if (reference[i]!.name !== current[i]!.name) return false;
  return true;
}

/** Share of `counts` in cells that are empty on the other side: the new, or (sides swapped) the vanished. */
export function shareUnmatched(counts: readonly number[], other: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count, i) => sum + (other[i] === 0 ? count : 0), 0) / total;
}
