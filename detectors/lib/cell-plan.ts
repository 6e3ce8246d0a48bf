/**
 * How a reference cuts a feature's numbers into cells: below its least, above its greatest, at its quantiles, and
 * around every value that holds a bin's share alone. A property of the reference only, and of nothing else.
 */
import type { DistributionSnapshot } from "../contract.ts";
import { quantileEdges } from "./quantile-edges.ts";
import { countAt, countOf, countOfFirst, lowerIndex, type Steps, upperIndex } from "./steps.ts";
import { spokenApart } from "./words.ts";

/** A boundary between two cells: just at a value (values up to it lie left), or just below it. */
export interface Cut {
  readonly at: number;
  readonly inclusive: boolean;
}

export interface CellPlan {
  /** Ascending. There is one cell more than cuts. */
  readonly cuts: readonly Cut[];
  /** The reference's values, and how many of them lie left of each cut. */
  readonly values: Float64Array;
  readonly leftOf: readonly number[];
  /** The reference's own numbers in each cell. */
  readonly counts: readonly number[];
  /** The cell in words. Worked out when first asked for: most verdicts are never read. */
  readonly labelOf: (cell: number) => string;
}

/** Plans by reference and number of bins. A snapshot never changes, so remembering its plan changes no answer. */
const PLANS = new WeakMap<DistributionSnapshot, Map<number, CellPlan>>();

export function cellPlan(reference: DistributionSnapshot, binCount: number): CellPlan {
  const plans = PLANS.get(reference) ?? new Map<number, CellPlan>();
  PLANS.set(reference, plans);
  const plan = plans.get(binCount) ?? makePlan(reference, binCount);
  plans.set(binCount, plan);
  return plan;
}

function makePlan(reference: DistributionSnapshot, binCount: number): CellPlan {
  const cuts = cutsOf(reference, binCount);
  const leftOf = valuesLeftOf(reference.values, cuts);
  let names: string[] | undefined;
  return {
    cuts,
    values: reference.values,
    leftOf,
    counts: countsBetween(reference, leftOf),
    labelOf: (cell) => {
      names ??= spokenApart(cuts.map((cut) => cut.at));
      return numberLabel(names, cell);
    },
  };
}

function cutsOf(reference: DistributionSnapshot, binCount: number): Cut[] {
  const cuts: Cut[] = [
    { at: reference.min, inclusive: false },
    { at: reference.max, inclusive: true },
  ];
  for (const at of quantileEdges(reference, binCount)) cuts.push({ at, inclusive: true });
  for (const at of pointMasses(reference, binCount)) {
    cuts.push({ at, inclusive: false }, { at, inclusive: true });
  }
  cuts.sort((a, b) => a.at - b.at || Number(a.inclusive) - Number(b.inclusive));
  return cuts.filter(
    (cut, i) => i === 0 || cut.at !== cuts[i - 1]!.at || cut.inclusive !== cuts[i - 1]!.inclusive,
  );
}

function pointMasses(steps: Steps, binCount: number): number[] {
  const few = steps.values.length <= binCount;
  const countMin = few ? 0 : countOf(steps) / binCount;
  const found: number[] = [];
  for (let i = 0; i < steps.values.length; i++) {
    if (countAt(steps, i) >= countMin) found.push(steps.values[i]!);
  }
  return found;
}

/** A side's numbers in each of the plan's cells. */
export function countsIn(steps: Steps, { values, cuts, leftOf }: CellPlan): number[] {
  // Most windows lie on the very edges of their baseline, where each cut has been looked for already.
  return countsBetween(steps, steps.values === values ? leftOf : valuesLeftOf(steps.values, cuts));
}

function valuesLeftOf(values: Float64Array, cuts: readonly Cut[]): number[] {
  return cuts.map(({ at, inclusive }) => (inclusive ? upperIndex(values, at) : lowerIndex(values, at)));
}

function countsBetween(steps: Steps, leftOf: readonly number[]): number[] {
  const counts: number[] = [];
  let before = 0;
  for (const valueCount of leftOf) {
    const upTo = countOfFirst(steps, valueCount);
    counts.push(upTo - before);
    before = upTo;
  }
  counts.push(countOf(steps) - before);
  return counts;
}

/** `names` are the cuts in words; the two cuts around a point mass read alike. */
function numberLabel(names: readonly string[], cell: number): string {
  if (cell === 0) return `below ${names[0]}`;
  if (cell === names.length) return `above ${names[cell - 1]}`;
  return names[cell - 1] === names[cell] ? `= ${names[cell]}` : `${names[cell - 1]} to ${names[cell]}`;
}
