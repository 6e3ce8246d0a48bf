/**
 * Estimators and bounds of HyperLogLog, with the constants of Apache DataSketches (hll-tables.ts), so that equal
 * registers give equal answers to the last digits.
 */
import type { HllRegisters, HllSketch } from "./hll.ts";
import {
  COUPON_XS,
  COUPON_YS,
  compositeXs,
  HIP_LOWER,
  HIP_UPPER,
  UNION_LOWER,
  UNION_UPPER,
  Y_STRIDES,
} from "./hll-tables.ts";

/** Relative error of the coupon modes: their hash has 26 bits. */
const COUPON_ERROR = 0.409 / (1 << 13);
/** Asymptotic relative errors × sqrt(k): with history (HIP), and after a union. */
const HIP_FACTOR = Math.sqrt(Math.log(2));
const UNION_FACTOR = Math.sqrt(3 * Math.log(2) - 1);
const EULER_GAMMA = 0.5772156649015329;

/** Distinct inputs from distinct coupons: a few coupons are shared by two inputs. */
export function couponEstimate(couponCount: number): number {
  return Math.max(
    couponCount,
    interpolate(COUPON_XS, (i) => COUPON_YS[i]!, couponCount),
  );
}

/**
 * The estimate that needs registers only: the classic sum of 2^-register, corrected by a table of its bias, and
 * linear counting of the empty registers where that is better.
 */
export function compositeEstimate(lgK: number, registers: HllRegisters): number {
  const k = 1 << lgK;
  const raw = (correctionOf(lgK) * k * k) / (registers.kxq0 + registers.kxq1);
  const xs = compositeXs(lgK);
  const stride = Y_STRIDES[lgK - 4]!;
  const last = xs.length - 1;
  if (raw < xs[0]!) return 0;
  if (raw > xs[last]!) return raw * ((stride * last) / xs[last]!);
  const adjusted = interpolate(xs, (i) => stride * i, raw);
  if (adjusted > 3 * k) return adjusted;
  const linear = linearCount(k, registers.zeroCount);
  // Decided by the mean of both, since the one that was chosen would be biased at the crossover.
  const crossover = lgK === 4 ? 0.718 : lgK === 5 ? 0.672 : 0.64;
  return (adjusted + linear) / 2 > crossover * k ? adjusted : linear;
}

export function hllBounds(sketch: HllSketch, deviations: 1 | 2 | 3): { lower: number; upper: number } {
  const { registers } = sketch;
  const estimate = sketch.estimate();
  if (registers === null) {
    const count = sketch.couponCount;
    const plain = interpolate(COUPON_XS, (i) => COUPON_YS[i]!, count);
    return {
      lower: Math.max(count, plain / (1 + deviations * COUPON_ERROR)),
      upper: Math.max(count, plain / (1 - deviations * COUPON_ERROR)),
    };
  }
  const nonZeroCount = registers.values.length - registers.zeroCount;
  const [low, high] = relativeErrors(sketch.lgK, registers.outOfOrder, deviations);
  return { lower: Math.max(estimate / (1 + low), nonZeroCount), upper: estimate / (1 - high) };
}

/** Relative error downwards and upwards: measured up to lgK 12, asymptotic beyond. */
function relativeErrors(lgK: number, outOfOrder: boolean, deviations: number): [number, number] {
  if (lgK > 12) {
    const error = (deviations * (outOfOrder ? UNION_FACTOR : HIP_FACTOR)) / Math.sqrt(1 << lgK);
    return [error, error];
  }
  const at = (lgK - 4) * 3 + deviations - 1;
  return outOfOrder ? [UNION_LOWER[at]!, UNION_UPPER[at]!] : [HIP_LOWER[at]!, HIP_UPPER[at]!];
}

function correctionOf(lgK: number): number {
  if (lgK === 4) return 0.673;
  if (lgK === 5) return 0.697;
  if (lgK === 6) return 0.709;
  return 0.7213 / (1 + 1.079 / (1 << lgK));
}

function linearCount(k: number, zeroCount: number): number {
  if (zeroCount === 0) return k * Math.log(k / 0.5);
  return k * (harmonic(k) - harmonic(zeroCount));
}

/** 1 + 1/2 + … + 1/n; by its asymptotic series from 25 on, where that is exact to double precision. */
function harmonic(n: number): number {
  if (n < 25) {
    let sum = 0;
    for (let i = 1; i <= n; i++) sum += 1 / i;
    return sum;
  }
  const square = 1 / (n * n);
  const series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)));
  return Math.log(n) + EULER_GAMMA + 1 / (2 * n) - series;
}

/** Cubic Lagrange interpolation through the four points around x. */
function interpolate(xs: ArrayLike<number>, yAt: (i: number) => number, x: number): number {
  const last = xs.length - 1;
  if (x === xs[last]) return yAt(last);
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (xs[middle]! <= x) low = middle;
    else high = middle;
  }
  const first = Math.min(Math.max(low - 1, 0), last - 3);
  let sum = 0;
  for (let i = first; i < first + 4; i++) {
    let term = yAt(i);
    for (let j = first; j < first + 4; j++) if (j !== i) term *= (x - xs[j]!) / (xs[i]! - xs[j]!);
    sum += term;
  }
  return sum;
}
