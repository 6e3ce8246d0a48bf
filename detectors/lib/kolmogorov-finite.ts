/**
 * Kolmogorov's one-sample law for a finite size: what SciPy calls the asymptotic p of a two-sample test, which takes
 * round(n·m/(n+m)) for the size. The detectors use the limit law; this one is the yardstick that it is held to.
 *
 * Three methods, each where it is exact or loses nothing that a double could hold:
 * @see Marsaglia, Tsang and Wang 2003, J. Stat. Softw. 8(18): the matrix power, for the body at small sizes.
 * @see Simard and L'Ecuyer 2011, J. Stat. Softw. 39(11): which method where; Pelz and Good's series, formulas 9 to 13.
 * @see Smirnov 1944 (also Birnbaum and Tingey 1951): the exact one-sided tail, twice of which is the tail here.
 */
import { gammaln } from "simple-statistics";

/** Up to here the matrix power is exact and cheap. */
const MATRIX_SIZE_MAX = 140;

/** ln P(D ≥ gap) for the distance of an empirical CDF of `size` values to the true one. NaN when `size` is 0. */
export function logFiniteTail(gap: number, size: number): number {
  if (size < 1) return Number.NaN;
  if (gap >= 1) return Number.NEGATIVE_INFINITY;
  if (gap * size <= 0.5) return 0;
  const squared = size * gap * gap;
  if (gap >= 0.5 || squared >= (size <= MATRIX_SIZE_MAX ? 4 : 2.2)) {
    return Math.min(0, Math.LN2 + logOneSidedTail(gap, size));
  }
  // Far below the body the series loses digits first, but there the matrix is small at any size.
  const exact = size <= MATRIX_SIZE_MAX || (size <= 1e5 && size * gap ** 1.5 <= 1.4);
  const below = exact ? belowByMatrix(gap, size) : belowBySeries(gap, size);
  return Math.log1p(-Math.min(1, Math.max(0, below)));
}

/** ln P(D⁺ ≥ gap) = ln Σ C(n, j)·x·(x + j/n)^(j−1)·(1 − x − j/n)^(n−j). All terms are positive. */
function logOneSidedTail(gap: number, size: number): number {
  const logFactorial = gammaln(size + 1);
  const terms: number[] = [];
  for (let j = 0; j / size + gap < 1; j++) {
    const logChoose = logFactorial - gammaln(j + 1) - gammaln(size - j + 1);
    const rest = 1 - gap - j / size;
    terms.push(logChoose + Math.log(gap) + (j - 1) * Math.log(gap + j / size) + (size - j) * Math.log(rest));
  }
  const largest = Math.max(...terms);
  return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
}

/** P(D < gap) as an element of the n-th power of a (2k − 1)² matrix, k = ⌈n·gap⌉, times n!/nⁿ. */
function belowByMatrix(gap: number, size: number): number {
  const k = Math.floor(size * gap) + 1;
  const order = 2 * k - 1;
  const h = k - size * gap;
  const matrix: number[][] = Array.from({ length: order }, (_, i) =>
    Array.from({ length: order }, (_, j) => (i - j + 1 < 0 ? 0 : 1)),
  );
  for (let i = 0; i < order; i++) {
    matrix[i]![0]! -= h ** (i + 1);
    matrix[order - 1]![i]! -= h ** (order - i);
  }
  if (h > 0.5) matrix[order - 1]![0]! += (2 * h - 1) ** order;
  for (let i = 0; i < order; i++) {
    for (let j = 0; j <= Math.min(i, order - 1); j++) matrix[i]![j]! /= factorial(i - j + 1);
  }
  const power = matrixPower(matrix, size);
  const element = power.matrix[k - 1]![k - 1]!;
  return Math.exp(Math.log(element) + power.logScale + gammaln(size + 1) - size * Math.log(size));
}

function factorial(n: number): number {
  let product = 1;
  for (let i = 2; i <= n; i++) product *= i;
  return product;
}

interface ScaledMatrix {
  readonly matrix: number[][];
  readonly logScale: number;
}

/** By repeated squaring, divided by its largest element after each step so that nothing overflows. */
function matrixPower(base: number[][], exponent: number): ScaledMatrix {
  if (exponent === 1) return { matrix: base, logScale: 0 };
  const half = matrixPower(base, Math.floor(exponent / 2));
  const square = multiply(half.matrix, half.matrix);
  const product = exponent % 2 === 0 ? square : multiply(square, base);
  const largest = Math.max(...product.map((row) => Math.max(...row)));
  return {
    matrix: product.map((row) => row.map((value) => value / largest)),
    logScale: 2 * half.logScale + Math.log(largest),
  };
}

function multiply(a: readonly number[][], b: readonly number[][]): number[][] {
  return a.map((row) => row.map((_, j) => row.reduce((sum, value, i) => sum + value * b[i]![j]!, 0)));
}

/** Pelz and Good's expansion of P(D < gap) to n^(−3/2): good to some 10⁻⁶ at 140 values, better beyond. */
function belowBySeries(gap: number, size: number): number {
  const z = Math.sqrt(size) * gap;
  const [z2, z4, z6, z8] = [z ** 2, z ** 4, z ** 6, z ** 8];
  let [k0, k1, k2, k3] = [0, 0, 0, 0];
  for (let k = 0; k < 10; k++) {
    const a = (Math.PI * (k + 0.5)) ** 2;
    const e = 2 * Math.exp(-a / (2 * z2));
    k0 += e;
    k1 += e * (a - z2);
    k2 += e * (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * a + (1 - 2 * z2) * a * a);
    k3 +=
      e *
      (a ** 3 * (5 - 30 * z2) + a * a * (212 * z4 - 60 * z2) + a * (135 * z4 - 96 * z6) - 30 * z6 - 90 * z8);
  }
  let [w2, w3] = [0, 0];
  for (let k = 1; k < 10; k++) {
    const b = (Math.PI * k) ** 2;
    const e = 2 * Math.exp(-b / (2 * z2));
    w2 += e * b;
    w3 += e * (3 * b * z2 - b * b);
  }
  const root = Math.sqrt(Math.PI / 2);
  const terms = [
    (root / z) * k0,
    ((root / (6 * z4)) * k1) / Math.sqrt(size),
    (root * (k2 / (72 * z ** 7) - w2 / (36 * z ** 3))) / size,
    (root * (k3 / (6480 * z ** 10) + w3 / (216 * z6))) / size ** 1.5,
  ];
  return terms.reduce((sum, term) => sum + term, 0);
}
