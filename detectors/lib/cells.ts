/**
 * One feature cut into cells by its reference alone: the table that PSI, chi-square and the other divergences read.
 *
 * Everything that a record can be has its cell, so nothing falls out of the comparison: absent, null, not finite,
 * below and above all that the reference saw, each point mass, each of its top categories, the rest, the unseen.
 */
import type { CategoryCount, DistributionSnapshot } from "../contract.ts";
import { categoryTable } from "./category-counts.ts";
import { type CellPlan, cellPlan, countsBetween } from "./cell-plan.ts";
import { countOf } from "./steps.ts";

export interface Cell {
  /**
   * What {@link cellLabel} makes words of. Data, because a closure for each cell's words costs more than the cell, and
   * hardly any is asked for.
   */
  readonly source: string | CategoryCount | { readonly plan: CellPlan; readonly index: number };
  readonly reference: number;
  readonly current: number;
  /** Most that either count may be off because a sketch, not the rows, was counted. */
  readonly referenceError: number;
  readonly currentError: number;
}

/** Two counts of one cell, or of several. */
export type Counts = Pick<Cell, "reference" | "current">;

export function totalOf(cells: readonly Counts[]): Counts {
  let [reference, current] = [0, 0];
  for (const cell of cells) {
    reference += cell.reference;
    current += cell.current;
  }
  return { reference, current };
}

export interface CellOptions {
  /** Quantile bins for the numbers. */
  readonly binCount: number;
  /** Reference categories with a cell of their own; the rest are "other". */
  readonly categoryCountMax: number;
}

/** Cells with their counts on both sides; those empty on both are left out. */
export function cellsOf(
  reference: DistributionSnapshot,
  current: DistributionSnapshot,
  options: CellOptions,
): readonly Cell[] {
  return cutCells(reference, current, options).cells;
}

interface CutCells {
  readonly cells: readonly Cell[];
  /**
   * The same cut for a test of significance: where both sides kept every category, each name of either is a cell.
   *
   * A top list chosen by the reference's own counts favours names that were lucky in it, and they look like a loss in
   * every window after. Names pooled by what both sides hold together favour neither (`logCellTest` does that).
   */
  readonly testCells: readonly Cell[];
}

export function cutCells(
  reference: DistributionSnapshot,
  current: DistributionSnapshot,
  options: CellOptions,
): CutCells {
  const others = filled([
    exact(
      "absent",
      reference.recordCount - reference.presentCount,
      current.recordCount - current.presentCount,
    ),
    exact("null", reference.nullCount, current.nullCount),
    exact("not finite", reference.nonFiniteCount, current.nonFiniteCount),
    ...numberCells(reference, current, options.binCount),
  ]);
  const cells = [...others, ...filled(categoryCells(reference, current, options.categoryCountMax))];
  const complete = reference.categoryOtherCount === 0 && current.categoryOtherCount === 0;
  if (!complete || reference.categories.length === 0) return { cells, testCells: cells };
  const { reference: left, current: right, names } = categoryTable(reference.categories, current.categories);
  return { cells, testCells: [...others, ...names.map((name, i) => exact(name, left[i]!, right[i]!))] };
}

function filled(cells: readonly Cell[]): Cell[] {
  return cells.filter((cell) => cell.reference > 0 || cell.current > 0);
}

/** The cell in words. */
export function cellLabel({ source }: Cell): string {
  if (typeof source === "string") return source;
  return "name" in source ? JSON.stringify(source.name) : source.plan.labelOf(source.index);
}

function exact(source: string, reference: number, current: number): Cell {
  return {
    source,
    reference: Math.max(0, reference),
    current: Math.max(0, current),
    referenceError: 0,
    currentError: 0,
  };
}

function numberCells(
  reference: DistributionSnapshot,
  current: DistributionSnapshot,
  binCount: number,
): Cell[] {
  if (countOf(reference) === 0) return [exact("a number", 0, countOf(current))];
  const plan = cellPlan(reference, binCount);
  const counts = countsBetween(current, plan.cuts);
  const referenceError = reference.rankErrorMax * countOf(reference);
  const currentError = current.rankErrorMax * countOf(current);
  const cells: Cell[] = [];
  let between = 0;
  for (let i = 0; i < counts.length; i++) {
    // The first and last lie beyond the reference's least and greatest, which are exact in it.
    const beyond = i === 0 || i === counts.length - 1;
    // A gap between two values that the reference never filled: all gaps together are one cell.
    if (!beyond && plan.counts[i] === 0) between += counts[i]!;
    else
      cells.push({
        source: { plan, index: i },
        reference: plan.counts[i]!,
        current: counts[i]!,
        referenceError: beyond ? 0 : referenceError,
        currentError: beyond ? 0 : currentError,
      });
  }
  cells.push(exact("between known values", 0, between));
  return cells;
}

function categoryCells(
  reference: DistributionSnapshot,
  current: DistributionSnapshot,
  countMax: number,
): Cell[] {
  const texts = (side: DistributionSnapshot) => side.stringCount + side.booleanCount;
  if (texts(reference) === 0) return [exact("not a number", 0, texts(current))];
  const complete = reference.categoryOtherCount === 0;
  const top = reference.categories.filter(({ count }) => !complete || count > 1).slice(0, countMax);
  const counts = new Map(current.categories.map(({ name, count }) => [name, count]));
  const cells: Cell[] = top.map((category) => ({
    source: category,
    reference: category.count,
    current: counts.get(category.name) ?? 0,
    referenceError: reference.categoryErrorMax,
    currentError: current.categoryErrorMax,
  }));
  const rest = (side: DistributionSnapshot, key: "reference" | "current") =>
    Math.max(0, texts(side) - cells.reduce((sum, cell) => sum + cell[key], 0));
  const unseen = unseenCount(reference, current);
  // How often the reference itself met a value for the only time: by Good and Turing, the share in which the next
  // records will be new. Without it every long tail would look like drift, for its unseen share is never 0.
  const once = complete ? reference.categories.filter(({ count }) => count === 1).length : 0;
  return [
    ...cells,
    exact("other", rest(reference, "reference") - once, rest(current, "current") - unseen),
    exact("unseen", once, unseen),
  ];
}

/** Only a reference that kept every category can say that one was never seen. */
function unseenCount(reference: DistributionSnapshot, current: DistributionSnapshot): number {
  if (reference.categoryOtherCount > 0) return 0;
  const known = new Set(reference.categories.map(({ name }) => name));
  const listed = current.categories.reduce((sum, { name, count }) => sum + (known.has(name) ? 0 : count), 0);
  // What is not listed is unseen too, unless the current sketch overflowed and may have dropped a known name.
  return listed + (current.categoryErrorMax === 0 ? current.categoryOtherCount : 0);
}
