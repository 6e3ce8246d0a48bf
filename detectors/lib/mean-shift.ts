/** How far the mean moved: Welch's test, and the sizes that people quote. All from exact moments. */
import { logStudentTwoSided } from "./tails.ts";

export interface Sample {
  readonly count: number;
  readonly mean: number;
  /** With n − 1 below. */
  readonly varianceSample: number;
}

export interface WelchTest {
  readonly t: number;
  readonly degrees: number;
  readonly logP: number;
}

/** Welch's t for unequal variances, current minus reference. NaN where neither side has any spread. */
export function welchTest(reference: Sample, current: Sample): WelchTest {
  const [a, b] = [reference.varianceSample / reference.count, current.varianceSample / current.count];
  const t = (current.mean - reference.mean) / Math.sqrt(a + b);
  // Without any spread, or with an infinite one, the formula says 0/0: the most cautious law then, one degree.
  const degrees = (a + b) ** 2 / (a ** 2 / (reference.count - 1) + b ** 2 / (current.count - 1)) || 1;
  return { t, degrees, logP: logStudentTwoSided(t, degrees) };
}

export interface MeanShift {
  readonly difference: number;
  /** In pooled standard deviations. */
  readonly cohensD: number;
  /** In the reference's standard deviations. */
  readonly glassDelta: number;
  readonly deviationRatio: number;
}

/** Effect sizes; NaN where the deviation that they are measured in is 0 or unknown. */
export function meanShift(reference: Sample, current: Sample): MeanShift {
  const difference = current.mean - reference.mean;
  const pooled =
    ((reference.count - 1) * reference.varianceSample + (current.count - 1) * current.varianceSample) /
    (reference.count + current.count - 2);
  const deviation = positiveRoot(reference.varianceSample);
  return {
    difference,
    cohensD: difference / positiveRoot(pooled),
    glassDelta: difference / deviation,
    deviationRatio: Math.sqrt(current.varianceSample) / deviation,
  };
}

function positiveRoot(variance: number): number {
  return variance > 0 ? Math.sqrt(variance) : Number.NaN;
}
