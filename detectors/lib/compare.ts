/**
 * All distances between two snapshots, each with what the sketches' own error may have added or hidden.
 *
 * A sketch misplaces a rank by at most ε (a share of its numbers). What follows from that for each statistic is a
 * line of algebra, written beside it; where both sides kept every value, ε is 0 and so is every error.
 */
import type { DistributionSnapshot } from "../contract.ts";
import { cdfGap } from "./cdf-gap.ts";
import { chiSquareTest } from "./contingency.ts";
import { divergences } from "./divergences.ts";
import { effectiveSize, logStephensTail } from "./kolmogorov.ts";
import { binCounts, quantileEdges } from "./quantile-edges.ts";
import { mannWhitney } from "./rank-tests.ts";
import { countOf } from "./steps.ts";
import { sum } from "./sum.ts";
import { energyDistance, wasserstein1 } from "./transport.ts";

export interface Estimate {
  readonly value: number;
  /** Most that sketch error alone may have moved `value`, either way. */
  readonly error: number;
}

export interface NumberComparison {
  readonly ks: Estimate;
  /** ln p of the gap that neither sketch's error can explain, max(0, D − ε₁ − ε₂). */
  readonly ksLogP: number;
  readonly wasserstein1: Estimate;
  readonly energyDistance: Estimate;
  /** P(current > reference) + ½ P(equal). */
  readonly superiority: Estimate;
  /** On the reference's quantile bins, see {@link TableComparison}. */
  readonly bins: TableComparison;
}

/** Compares the finite numbers. NaN where a side has none. */
export function compareNumbers(
  reference: DistributionSnapshot,
  current: DistributionSnapshot,
  binCount: number,
): NumberComparison {
  const gap = cdfGap(reference, current).gap;
  const [e1, e2] = [reference.rankErrorMax, current.rankErrorMax];
  const [width1, width2] = [reference.max - reference.min, current.max - current.min];
  const edges = quantileEdges(reference, binCount);
  return {
    // Each CDF is off by at most its own ε, everywhere.
    ks: { value: gap, error: e1 + e2 },
    ksLogP: logStephensTail(Math.max(0, gap - e1 - e2), effectiveSize(countOf(reference), countOf(current))),
    // ∫ |F − G| moves by at most ∫ ε₁ + ∫ ε₂, each over the range of its own values.
    wasserstein1: { value: wasserstein1(reference, current), error: e1 * width1 + e2 * width2 },
    // The same in the L² norm, which obeys the triangle inequality.
    energyDistance: {
      value: energyDistance(reference, current),
      error: Math.SQRT2 * (e1 * Math.sqrt(width1) + e2 * Math.sqrt(width2)),
    },
    // ∫ F dG moves by at most ε₁, and by parts by at most ε₂.
    superiority: { value: mannWhitney(reference, current).superiority, error: e1 + e2 },
    // A bin is the difference of two ranks.
    bins: compareTables(binCounts(reference, edges), binCounts(current, edges), 2 * e1, 2 * e2),
  };
}

export interface TableComparison {
  readonly psi: Estimate;
  readonly chiSquare: Estimate;
  readonly totalVariation: Estimate;
  readonly jensenShannonDistance: Estimate;
  readonly hellinger: Estimate;
}

/**
 * Compares two rows of counts over the same cells.
 * @param referenceError, currentError most that a cell's share may be off
 */
export function compareTables(
  reference: readonly number[],
  current: readonly number[],
  referenceError: number,
  currentError: number,
): TableComparison {
  const measured = divergences(reference, current);
  const chiSquare = chiSquareTest(reference, current).statistic;
  const [n, m] = [sum(reference), sum(current)];
  const size = effectiveSize(n, m);
  const cellCount = reference.length;
  // All cells together: shares are off by `error` each, and a share moved is gone from one cell and found in another.
  const moved = [referenceError, currentError].map((error) => Math.min(1, (cellCount * error) / 2));
  // PSI and chi-square are squares of a norm whose weights are 1 / share: √ obeys the triangle inequality (to second
  // order for PSI), so a value v moves by at most 2·√v·s + s², s being the norm of the errors.
  const weights = sum(
    reference.map((count, i) => 1 / Math.max((count + current[i]!) / (n + m), 1 / (n + m))),
  );
  const norm = (referenceError + currentError) * Math.sqrt(weights);
  const squared = (value: number) => 2 * Math.sqrt(value) * norm + norm * norm;
  const metric = Math.sqrt(moved[0]!) + Math.sqrt(moved[1]!);
  return {
    psi: { value: measured.psi, error: squared(measured.psi) },
    chiSquare: { value: chiSquare, error: size * squared(chiSquare / size) },
    totalVariation: { value: measured.totalVariation, error: moved[0]! + moved[1]! },
    // Both are metrics, and no more than the square root of the total variation between a row and its own sketch.
    jensenShannonDistance: { value: measured.jensenShannonDistance, error: metric },
    hellinger: { value: measured.hellinger, error: metric },
  };
}
