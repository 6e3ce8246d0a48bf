/**
 * The data behind the vectors, made here as the reference made it: mulberry32 as a counter, and distributions of
 * only + - × ÷ and floor, so that any language gets the same bits.
 */

/** The i-th draw in [0, 1). */
function uniformAt(seed: number, i: number): number {
  const a = (seed + Math.imul(i + 1, 0x6d2b79f5)) | 0;
  let t = Math.imul(a ^ (a >>> 15), a | 1);
  t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

const SHAPES: Readonly<Record<string, (v: number) => number>> = {
  uniform: (v) => v,
  skew: (v) => (v * v * v) / (1 - v * 0.999),
  discrete10: (v) => Math.floor(v * v * 10),
  binary: (v) => Math.floor(v + 0.3),
  shifted: (v) => v * 2 - 0.5,
};

const DISTRIBUTIONS = [
  "uniform",
  "bell",
  "skew",
  "discrete10",
  "binary",
  "shifted",
  "constant",
  "ints",
] as const;

/** `n` numbers of a distribution of the vectors' README. */
export function sampleOf(dist: string, seed: number, n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => {
    if (dist === "constant") return 3.5;
    if (dist === "ints") return i + 1;
    if (dist === "bell") {
      const u = (j: number) => uniformAt(seed, 4 * i + j);
      return u(0) + u(1) + (u(2) + u(3)) - 2;
    }
    const shape = SHAPES[dist];
    if (shape === undefined)
      throw new Error(`no distribution "${dist}"; there are ${DISTRIBUTIONS.join(", ")}`);
    return shape(uniformAt(seed, i));
  });
}

/** "cat-" and a number, skewed to the low ones, `cardinality` of them at most. */
export function categoriesOf(seed: number, n: number, cardinality: number): string[] {
  return Array.from({ length: n }, (_, i) => {
    const v = uniformAt(seed, i);
    return `cat-${Math.floor(v * v * v * cardinality)}`;
  });
}

export type InputKind = "int" | "string" | "double";
