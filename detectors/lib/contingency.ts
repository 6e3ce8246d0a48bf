/** Tests on the 2 × B table of two rows of counts. Cells that are empty on both sides are left out. */
import { logChiSquareTail } from "./tails.ts";

export interface TableTest {
  readonly statistic: number;
  /** 0 when there is but one cell: nothing to test, and the p-value is 1. */
  readonly degrees: number;
  readonly logP: number;
}

/** Pearson's chi-square, without continuity correction. */
export function chiSquareTest(reference: readonly number[], current: readonly number[]): TableTest {
  return tableTest(reference, current, (observed, expected) => (observed - expected) ** 2 / expected);
}

/** The likelihood ratio G; near chi-square, steadier where cells differ greatly. */
export function gTest(reference: readonly number[], current: readonly number[]): TableTest {
  return tableTest(reference, current, (observed, expected) =>
    observed === 0 ? 0 : 2 * observed * Math.log(observed / expected),
  );
}

/**
 * Could `current` have been drawn from the reference's shares, taken as exact? Only where the reference left no
 * cell empty (`logP` is −∞ otherwise, when the current side is there).
 */
export function goodnessOfFit(reference: readonly number[], current: readonly number[]): TableTest {
  const n = total(reference);
  const m = total(current);
  const used = reference.map((_, i) => i).filter((i) => reference[i]! > 0 || current[i]! > 0);
  const statistic = used.reduce((sum, i) => {
    const expected = (reference[i]! / n) * m;
    return sum + (current[i]! - expected) ** 2 / expected;
  }, 0);
  return { statistic, degrees: used.length - 1, logP: logChiSquareTail(statistic, used.length - 1) };
}

/** Association of side and cell in [0, 1]: 0 when the shares agree, 1 when no cell is shared. NaN for one cell. */
export function cramersV(reference: readonly number[], current: readonly number[]): number {
  const { statistic, degrees } = chiSquareTest(reference, current);
  return degrees === 0 ? Number.NaN : Math.sqrt(statistic / (total(reference) + total(current)));
}

/** Cramér's V without its upward bias on small samples. @see Bergsma 2013, J. Korean Stat. Soc. 42(3):323–328 */
export function cramersVCorrected(reference: readonly number[], current: readonly number[]): number {
  const { statistic, degrees } = chiSquareTest(reference, current);
  const rows = 2;
  const columns = degrees + 1;
  const n = total(reference) + total(current);
  const phi = Math.max(0, statistic / n - ((columns - 1) * (rows - 1)) / (n - 1));
  const shrunk = (size: number) => size - (size - 1) ** 2 / (n - 1);
  return degrees === 0 ? Number.NaN : Math.sqrt(phi / (Math.min(shrunk(columns), shrunk(rows)) - 1));
}

/** Cohen's w of the current shares against the reference's, which are no less than `floor`. */
export function cohensW(reference: readonly number[], current: readonly number[], floor = 1e-4): number {
  const [n, m] = [total(reference), total(current)];
  const sum = reference.reduce((square, count, i) => {
    const p = Math.max(floor, count / n);
    return square + (current[i]! / m - p) ** 2 / p;
  }, 0);
  return Math.sqrt(sum);
}

/** The smallest expected count: chi-square's law is doubtful below some five. */
export function expectedMin(reference: readonly number[], current: readonly number[]): number {
  const [n, m] = [total(reference), total(current)];
  const columns = reference.map((count, i) => count + current[i]!).filter((count) => count > 0);
  return (Math.min(...columns) * Math.min(n, m)) / (n + m);
}

type Term = (observed: number, expected: number) => number;

function tableTest(reference: readonly number[], current: readonly number[], term: Term): TableTest {
  const [n, m] = [total(reference), total(current)];
  let statistic = 0;
  let columnCount = 0;
  for (let i = 0; i < reference.length; i++) {
    const column = reference[i]! + current[i]!;
    if (column === 0) continue;
    columnCount++;
    statistic += term(reference[i]!, (column * n) / (n + m)) + term(current[i]!, (column * m) / (n + m));
  }
  const degrees = Math.max(0, columnCount - 1);
  return { statistic, degrees, logP: logChiSquareTail(statistic, degrees) };
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
