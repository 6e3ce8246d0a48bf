/**
 * Could two rows of counts come from one population? Pearson where it holds, exact tails where it does not.
 *
 * Pearson's law needs some five expected in each cell, and real features have cells with one. Those are added up:
 * enough together, they make one more cell for Pearson. Each of them, and their sum, is also held to its exact
 * conditional binomial, so that eight records of a value never seen before are not lost among the rare ones.
 */
import { type Counts, totalOf } from "./cells.ts";
import { logBinomialUpper, logChiSquareTail } from "./tails.ts";

const EXPECTED_MIN = 5;
/** Pearson's, that of the rare cells together, and that of the rarest. */
const TESTS = 3;

/**
 * @param extra variance beyond sampling, as a share of it: what the sketches' own error adds (0 when exact)
 * @returns ln p of the strongest of the tests, times the number of tests made (Bonferroni)
 */
export function logCellTest(cells: readonly Counts[], extra: number): number {
  const { reference: n, current: m } = totalOf(cells);
  if (n === 0 || m === 0) return 0;
  const expected = (cell: Counts) => ((cell.reference + cell.current) * Math.min(n, m)) / (n + m);
  const common: Counts[] = [];
  const small: Counts[] = [];
  for (const cell of cells) (expected(cell) >= EXPECTED_MIN ? common : small).push(cell);
  if (small.length === 0) return logPearson(common, n, m, extra);
  const rest = totalOf(small);
  if (expected(rest) >= EXPECTED_MIN) common.push(rest);
  let rarest = Number.POSITIVE_INFINITY;
  for (const cell of small) rarest = Math.min(rarest, logRare(cell, n, m, extra));
  const strongest = Math.min(
    logPearson(common, n, m, extra),
    logRare(rest, n, m, extra),
    Math.log(small.length) + rarest,
  );
  return Math.min(0, Math.log(TESTS) + strongest);
}

function logPearson(cells: readonly Counts[], n: number, m: number, extra: number): number {
  let sum = 0;
  for (const { reference, current } of cells) {
    sum += (reference / n - current / m) ** 2 / ((reference + current) / (n + m));
  }
  return logChiSquareTail(sum / ((1 / n + 1 / m) * (1 + extra)), cells.length - 1);
}

/** Given how many fell into the cell on both sides together, the current's share of them is binomial. */
function logRare(cell: Counts, n: number, m: number, extra: number): number {
  // A cell that did not grow is no evidence, and most have not: their tails are not worked out.
  if (cell.current * n <= cell.reference * m) return 0;
  return logBinomialUpper(cell.current, cell.reference + cell.current, m / (n + m)) / (1 + extra);
}
