/**
 * One feature cut into cells by its reference alone: the table that PSI, chi-square and the other divergences read.
 *
 * Everything that a record can be has its cell, so nothing falls out of the comparison: absent, null, not finite,
 * below and above all that the reference saw, each point mass, each of its top categories, the rest, the unseen.
 */
import type { DistributionSnapshot } from "../contract.ts";
import { quantileEdges } from "./quantile-edges.ts";
import { countAt, countBelow, countOf, countUpTo, type Steps } from "./steps.ts";
import { spokenApart } from "./words.ts";

export interface Cell {
  readonly label: string;
  readonly reference: number;
  readonly current: number;
  /** Most that either count may be off because a sketch, not the rows, was counted. */
  readonly referenceError: number;
  readonly currentError: number;
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
): Cell[] {
  const cells = [
    exact(
      "absent",
      reference.recordCount - reference.presentCount,
      current.recordCount - current.presentCount,
    ),
    exact("null", reference.nullCount, current.nullCount),
    exact("not finite", reference.nonFiniteCount, current.nonFiniteCount),
    ...numberCells(reference, current, options.binCount),
    ...categoryCells(reference, current, options.categoryCountMax),
  ];
  return cells.filter((cell) => cell.reference > 0 || cell.current > 0);
}

function exact(label: string, reference: number, current: number): Cell {
  return {
    label,
    reference: Math.max(0, reference),
    current: Math.max(0, current),
    referenceError: 0,
    currentError: 0,
  };
}

/** A boundary between two number cells: just at (values up to it lie left) or just below a value. */
interface Cut {
  readonly at: number;
  readonly inclusive: boolean;
}

function numberCells(
  reference: DistributionSnapshot,
  current: DistributionSnapshot,
  binCount: number,
): Cell[] {
  if (countOf(reference) === 0) return [exact("a number", 0, countOf(current))];
  const cuts = cutsOf(reference, binCount);
  const errors = [reference, current].map((side) => side.rankErrorMax * countOf(side)) as [number, number];
  const counts = [reference, current].map((side) => countsBetween(side, cuts)) as [number[], number[]];
  const names = spokenApart(cuts.map((cut) => cut.at));
  const cells: Cell[] = [];
  let between = 0;
  for (let i = 0; i <= cuts.length; i++) {
    const edge = i === 0 || i === cuts.length;
    // A gap between two values that the reference never filled: all gaps together are one cell.
    if (!edge && counts[0][i] === 0) between += counts[1][i]!;
    else
      cells.push({
        label: numberLabel(names, i),
        reference: counts[0][i]!,
        current: counts[1][i]!,
        referenceError: edge ? 0 : errors[0],
        currentError: edge ? 0 : errors[1],
      });
  }
  return [...cells, exact("between known values", 0, between)];
}

/** Below the least, above the greatest, at the quantiles, and around every value that holds a bin's share alone. */
function cutsOf(reference: DistributionSnapshot, binCount: number): Cut[] {
  const cuts: Cut[] = [
    { at: reference.min, inclusive: false },
    { at: reference.max, inclusive: true },
  ];
  for (const at of quantileEdges(reference, binCount)) cuts.push({ at, inclusive: true });
  for (const at of pointMasses(reference, binCount))
    cuts.push({ at, inclusive: false }, { at, inclusive: true });
  cuts.sort((a, b) => a.at - b.at || Number(a.inclusive) - Number(b.inclusive));
  return cuts.filter(
    (cut, i) => i === 0 || cut.at !== cuts[i - 1]!.at || cut.inclusive !== cuts[i - 1]!.inclusive,
  );
}

function pointMasses(steps: Steps, binCount: number): number[] {
  const countMin = countOf(steps) / binCount;
  const few = steps.values.length <= binCount;
  return [...steps.values].filter((_, i) => few || countAt(steps, i) >= countMin);
}

function countsBetween(steps: Steps, cuts: readonly Cut[]): number[] {
  const upTo = cuts.map((cut) => (cut.inclusive ? countUpTo(steps, cut.at) : countBelow(steps, cut.at)));
  return [...upTo, countOf(steps)].map((count, i) => count - (i === 0 ? 0 : upTo[i - 1]!));
}

/** `names` are the cuts in words; the two cuts around a point mass read alike. */
function numberLabel(names: readonly string[], i: number): string {
  if (i === 0) return `below ${names[0]}`;
  if (i === names.length) return `above ${names[i - 1]}`;
  return names[i - 1] === names[i] ? `= ${names[i]}` : `${names[i - 1]} to ${names[i]}`;
}

function categoryCells(
  reference: DistributionSnapshot,
  current: DistributionSnapshot,
  countMax: number,
): Cell[] {
  const texts = (side: DistributionSnapshot) => side.stringCount + side.booleanCount;
  if (texts(reference) === 0) return [exact("not a number", 0, texts(current))];
  const top = reference.categories.slice(0, countMax);
  const counts = new Map(current.categories.map(({ name, count }) => [name, count]));
  const cells = top.map(({ name, count }) => ({
    label: JSON.stringify(name),
    reference: count,
    current: counts.get(name) ?? 0,
    referenceError: reference.categoryErrorMax,
    currentError: current.categoryErrorMax,
  }));
  const unseen = unseenCount(reference, current);
  const rest = (side: DistributionSnapshot, key: "reference" | "current") =>
    Math.max(0, texts(side) - cells.reduce((sum, cell) => sum + cell[key], 0));
  return [
    ...cells,
    exact("other", rest(reference, "reference"), Math.max(0, rest(current, "current") - unseen)),
    exact("unseen", 0, unseen),
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
