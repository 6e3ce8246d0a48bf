/** Tests on ranks, tie-aware: Mann–Whitney (is one side larger?) and Anderson–Darling (any difference, tails too). */
import { countsOf, eachMergedStep } from "./merged-steps.ts";
import { countBelow, countOf, countUpTo, type Steps } from "./steps.ts";
import { logNormalTail } from "./tails.ts";

export interface MannWhitney {
  /** U of the current side: pairs in which it is larger, ties half. */
  readonly u: number;
  /** P(current > reference) + ½ P(equal). 0.5 = no shift. */
  readonly superiority: number;
  /** 2·superiority − 1, in [−1, 1]. */
  readonly rankBiserial: number;
  /** ln of the two-sided p, normal with tie and continuity correction. NaN when all values are equal. */
  readonly logP: number;
}

export function mannWhitney(reference: Steps, current: Steps): MannWhitney {
  const counts = countsOf(reference, current);
  if (!counts) return { u: Number.NaN, superiority: Number.NaN, rankBiserial: Number.NaN, logP: Number.NaN };
  const [n, m] = counts;
  const total = n + m;
  let u = 0;
  let tied = 0;
  eachMergedStep(reference, current, (step) => {
    u += step.countCurrent * (step.upToReference - step.countReference / 2);
    const together = step.countReference + step.countCurrent;
    tied += together ** 3 - together;
  });
  const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - tied / (total * (total - 1))));
  const z = (Math.max(u, n * m - u) - (n * m) / 2 - 0.5) / deviation;
  const superiority = u / (n * m);
  return {
    u,
    superiority,
    rankBiserial: 2 * superiority - 1,
    logP: Math.min(0, Math.LN2 + logNormalTail(z)),
  };
}

/**
 * Anderson–Darling for k samples, midrank version, standardised: (A² − (k − 1)) / σ.
 * @see Scholz and Stephens 1987, J. Am. Stat. Assoc. 82(399):918–924, formulas 4, 7 and section 5.
 */
export function andersonDarling(samples: readonly Steps[]): number {
  const sizes = samples.map(countOf);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const pooled = [...new Set(samples.flatMap((sample) => [...sample.values]))];
  if (pooled.length < 2 || sizes.includes(0)) return Number.NaN;
  let sum = 0;
  for (const value of pooled) {
    const below = samples.map((sample) => countBelow(sample, value));
    const equal = samples.map((sample, i) => countUpTo(sample, value) - below[i]!);
    const tied = add(equal);
    const middle = add(below) + tied / 2;
    const scale = middle * (total - middle) - (total * tied) / 4;
    samples.forEach((_, i) => {
      const gap = total * (below[i]! + equal[i]! / 2) - middle * sizes[i]!;
      sum += ((tied / total) * gap * gap) / (scale * sizes[i]!);
    });
  }
  const statistic = (sum * (total - 1)) / total;
  return (statistic - (samples.length - 1)) / Math.sqrt(andersonVariance(sizes, total));
}

function andersonVariance(sizes: readonly number[], total: number): number {
  const k = sizes.length;
  const inverse = sizes.reduce((sum, size) => sum + 1 / size, 0);
  const { h, g } = harmonics(total);
  const a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse;
  const b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6;
  const c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse + 4 * h;
  const d = (2 * h + 6) * k * k - 4 * h * k;
  return (((a * total + b) * total + c) * total + d) / ((total - 1) * (total - 2) * (total - 3));
}

/** Beyond this the two sums are taken at their limits: off by less than ln N / N. */
const HARMONIC_TERMS_MAX = 5_000_000;
const EULER_GAMMA = 0.5772156649015329;

/** h = Σ 1/i and g = Σ Σ 1/((N − i)·j), i < j < N. */
function harmonics(total: number): { h: number; g: number } {
  if (total > HARMONIC_TERMS_MAX) return { h: Math.log(total - 1) + EULER_GAMMA, g: Math.PI ** 2 / 6 };
  let tail = 0;
  let g = 0;
  for (let i = 2; i < total; i++) {
    tail += 1 / (total - i + 1);
    g += tail / i;
  }
  return { h: tail + 1, g };
}

const SIGNIFICANCES = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];
/** Critical values for k samples: b₀ + b₁/√(k−1) + b₂/(k−1). Scholz and Stephens 1987, table 2. */
const CRITICALS: readonly (readonly [number, number, number])[] = [
  [0.675, -0.245, -0.105],
  [1.281, 0.25, -0.305],
  [1.645, 0.678, -0.362],
  [1.96, 1.149, -0.391],
  [2.326, 1.822, -0.396],
  [2.573, 2.364, -0.345],
  [3.085, 3.615, -0.154],
];

/** p of {@link andersonDarling}, between 0.001 and 0.25, where the published table ends: a parabola through its logarithms. */
export function andersonDarlingP(statistic: number, sampleCount: number): number {
  const m = sampleCount - 1;
  const x = CRITICALS.map(([b0, b1, b2]) => b0 + b1 / Math.sqrt(m) + b2 / m);
  if (!(statistic > x[0]!)) return SIGNIFICANCES[0]!;
  if (statistic > x[x.length - 1]!) return SIGNIFICANCES[SIGNIFICANCES.length - 1]!;
  const fit = parabola(x, SIGNIFICANCES.map(Math.log));
  return Math.exp(fit[0] + fit[1] * statistic + fit[2] * statistic * statistic);
}

/** Least squares for y = c₀ + c₁x + c₂x² by the normal equations, x centred so that they stay well-conditioned. */
function parabola(x: readonly number[], y: readonly number[]): [number, number, number] {
  const centre = add(x) / x.length;
  const power = (n: number) => add(x.map((value) => (value - centre) ** n));
  const right = (n: number) => add(x.map((value, i) => (value - centre) ** n * y[i]!));
  const rows = [0, 1, 2].map((i) => [power(i), power(i + 1), power(i + 2), right(i)]);
  for (let i = 0; i < 3; i++) {
    for (let k = 0; k < 3; k++) {
      if (k === i) continue;
      const factor = rows[k]![i]! / rows[i]![i]!;
      rows[k] = rows[k]!.map((value, j) => value - factor * rows[i]![j]!);
    }
  }
  const [c0, c1, c2] = rows.map((row, i) => row[3]! / row[i]!) as [number, number, number];
  return [c0 - c1 * centre + c2 * centre * centre, c1 - 2 * c2 * centre, c2];
}

function add(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
