/**
 * One feature cut into cells by its reference alone: the table that PSI, chi-square and the other divergences read.
 *
 * Everything that a record can be has its cell, so nothing falls out of the comparison: absent, null, not finite,
 * below and above all that the reference saw, each point mass, each of its top categories, the rest, the unseen.
 */
import type { CategoryCount, DistributionSnapshot } from "../contract.ts";
import { categoryTable, countsOfNames } from "./category-counts.ts";
import { type CellPlan, cellPlan, countsIn } from "./cell-plan.ts";
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
  const others: Cell[] = [];
  addExact(
    others,
    "absent",
    reference.recordCount - reference.presentCount,
    current.recordCount - current.presentCount,
  );
  addExact(others, "null", reference.nullCount, current.nullCount);
  addExact(others, "not finite", reference.nonFiniteCount, current.nonFiniteCount);
  addNumberCells(others, reference, current, options.binCount);
  const cells = others.slice();
  addCategoryCells(cells, reference, current, options.categoryCountMax);
  const complete = reference.categoryOtherCount === 0 && current.categoryOtherCount === 0;
  if (!complete || reference.categories.length === 0) return { cells, testCells: cells };
  const { reference: left, current: right, names } = categoryTable(reference.categories, current.categories);
  names.forEach((name, i) => {
    others.push(exact(name, left[i]!, right[i]!));
  });
  return { cells, testCells: others };
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

/** One that is empty on both sides is no cell. */
function addExact(cells: Cell[], source: string, reference: number, current: number): void {
  if (reference > 0 || current > 0) cells.push(exact(source, reference, current));
}

function addNumberCells(
  cells: Cell[],
  reference: DistributionSnapshot,
  current: DistributionSnapshot,
  binCount: number,
): void {
  if (countOf(reference) === 0) {
    addExact(cells, "a number", 0, countOf(current));
    return;
  }
  const plan = cellPlan(reference, binCount);
  const counts = countsIn(current, plan);
  const referenceError = reference.rankErrorMax * countOf(reference);
  const currentError = current.rankErrorMax * countOf(current);
  let between = 0;
  for (let i = 0; i < counts.length; i++) {
    // The first and last lie beyond the reference's least and greatest, which are exact in it.
    const beyond = i === 0 || i === counts.length - 1;
    // A gap between two values that the reference never filled: all gaps together are one cell.
    if (!beyond && plan.counts[i] === 0) between += counts[i]!;
    else if (plan.counts[i]! > 0 || counts[i]! > 0)
      cells.push({
        source: { plan, index: i },
        reference: plan.counts[i]!,
        current: counts[i]!,
        referenceError: beyond ? 0 : referenceError,
        currentError: beyond ? 0 : currentError,
      });
  }
  addExact(cells, "between known values", 0, between);
}

function addCategoryCells(
  cells: Cell[],
  reference: DistributionSnapshot,
  current: DistributionSnapshot,
  countMax: number,
): void {
  const texts = (side: DistributionSnapshot) => side.stringCount + side.booleanCount;
  if (texts(reference) === 0) {
    addExact(cells, "not a number", 0, texts(current));
    return;
  }
  const complete = reference.categoryOtherCount === 0;
  const counts = countsOfNames(reference.categories, current.categories);
  // What no cell of its own takes.
  let referenceRest = texts(reference);
  let currentRest = texts(current);
  // How often the reference itself met a value for the only time: by Good and Turing, the share in which the next
  // records will be new. Without it every long tail would look like drift, for its unseen share is never 0.
  let once = 0;
  let cellCount = 0;
  let known = 0;
  for (let i = 0; i < counts.length; i++) {
    const category = reference.categories[i]!;
    const now = counts[i]!;
    known += now;
    const single = complete && category.count === 1;
    if (single) once++;
    if (cellCount === countMax || (complete && category.count <= 1)) continue;
    cellCount++;
    referenceRest -= category.count;
    currentRest -= now;
    if (category.count > 0 || now > 0)
      cells.push({
        source: category,
        reference: category.count,
        current: now,
        referenceError: reference.categoryErrorMax,
        currentError: current.categoryErrorMax,
      });
  }
  const unseen = unseenCount(reference, current, known);
  addExact(cells, "other", Math.max(0, referenceRest) - once, Math.max(0, currentRest) - unseen);
  addExact(cells, "unseen", once, unseen);
}

/** Only a reference that kept every category can say that one was never seen. @param known names of it in the window */
function unseenCount(reference: DistributionSnapshot, current: DistributionSnapshot, known: number): number {
  if (reference.categoryOtherCount > 0) return 0;
  let listed = -known;
  for (const { count } of current.categories) listed += count;
  // What is not listed is unseen too, unless the current sketch overflowed and may have dropped a known name.
  return listed + (current.categoryErrorMax === 0 ? current.categoryOtherCount : 0);
}
