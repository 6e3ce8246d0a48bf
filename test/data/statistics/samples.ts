/**
 * The samples of the statistical cases and of the sketch vectors: mulberry32 as a counter, so that value i needs no
 * state and every language makes the same bits.
 */
export interface SampleSpec {
  readonly dist?: string;
  readonly seed?: number;
  readonly n?: number;
  readonly scale?: number;
  readonly shift?: number;
  readonly cardinality?: number;
  /** Replaces the first ⌊frac·n⌋ values. */
  readonly mix?: SampleSpec & { readonly frac: number };
  readonly values?: readonly number[];
  readonly counts?: Readonly<Record<string, number>>;
}

/** Uniform i of a seed, in [0, 1). */
function uniformAt(seed: number, i: number): number {
  const a = (seed + Math.imul(i + 1, 0x6d2b79f5)) | 0;
  let t = Math.imul(a ^ (a >>> 15), a | 1);
  t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

const DISTRIBUTIONS: Readonly<Record<string, (u: (i: number) => number, i: number) => number>> = {
  uniform: (u, i) => u(i),
  bell: (u, i) => u(4 * i) + u(4 * i + 1) + (u(4 * i + 2) + u(4 * i + 3)) - 2,
  skew: (u, i) => (u(i) * u(i) * u(i)) / (1 - u(i) * 0.999),
  discrete10: (u, i) => Math.floor(u(i) * u(i) * 10),
  binary: (u, i) => Math.floor(u(i) + 0.3),
  shifted: (u, i) => u(i) * 2 - 0.5,
  constant: () => 3.5,
  ints: (_u, i) => i + 1,
};

export function numbersOf(spec: SampleSpec): number[] {
  if (spec.values) return [...spec.values];
  const { seed = 0, n = 0, scale = 1, shift = 0 } = spec;
  const make = DISTRIBUTIONS[spec.dist ?? ""]!;
  const u = (i: number) => uniformAt(seed, i);
  const numbers = Array.from({ length: n }, (_, i) => make(u, i) * scale + shift);
  if (spec.mix) {
    const mixed = numbersOf({ ...spec.mix, n: Math.floor(spec.mix.frac * n) });
    mixed.forEach((value, i) => {
      numbers[i] = value;
    });
  }
  return numbers;
}

export function categoriesOf(spec: SampleSpec): { name: string; count: number }[] {
  if (spec.counts) return Object.entries(spec.counts).map(([name, count]) => ({ name, count }));
  const counts = new Map<string, number>();
  for (let i = 0; i < spec.n!; i++) {
    const u = uniformAt(spec.seed!, i);
    const name = `cat-${Math.floor(u * u * u * spec.cardinality!)}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
}
