/** The ways in which a verdict is put together, so that every detector answers alike. */
import type { DetectorContext, ExplanationPart, Severity, Verdict } from "../contract.ts";

const WEEK_MS = 604_800_000;
/** Significance that is asked for however generous the budget: p ≤ 0.001. */
const SIGNIFICANCE_FLOOR = 3;

/** Not enough to judge by. It never pages, and never passes a gate. */
export function insufficient(summary: string): Verdict {
  return {
    answer: "insufficient",
    statistic: Number.NaN,
    threshold: Number.NaN,
    effect: 0,
    significance: 0,
    sketchError: 0,
    severity: "info",
    certain: false,
    selfCalibrated: false,
    summary,
    parts: [],
  };
}

export interface Measured {
  readonly statistic: number;
  readonly threshold: number;
  readonly effect: number;
  readonly significance: number;
  readonly sketchError: number;
  readonly summary: string;
  readonly parts: readonly ExplanationPart[];
  /** @default "page" */
  readonly severity?: Severity;
  readonly certain?: boolean;
  readonly selfCalibrated?: boolean;
}

/** A verdict on something that could be measured. */
export function judged(anomalous: boolean, measured: Measured): Verdict {
  // Field by field, the optional ones too. `{ ...verdict, more }` gives each verdict a hidden class of its own, and all
  // who read it pay for that.
  return {
    answer: anomalous ? "anomalous" : "ok",
    statistic: measured.statistic,
    threshold: measured.threshold,
    effect: measured.effect,
    significance: measured.significance,
    sketchError: measured.sketchError,
    severity: anomalous ? (measured.severity ?? "page") : "info",
    certain: anomalous && (measured.certain ?? false),
    selfCalibrated: measured.selfCalibrated ?? false,
    summary: measured.summary,
    parts: measured.parts,
  };
}

/**
 * The significance (−log10 p) at which a rule in theory keeps the lane's page budget: the budget, spread over all
 * tests of a week. It holds before the lane has a history; the audit calibrates on the lane's own past after that.
 */
export function theoryLimit(context: DetectorContext): number {
  const testsPerWeek = (WEEK_MS / context.windowSizeMs) * Math.max(1, context.familySize);
  return Math.max(SIGNIFICANCE_FLOOR, Math.log10(testsPerWeek / context.pageBudgetPerWeek));
}
