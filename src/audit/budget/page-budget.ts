/**
 * How strong must evidence be before it may speak? One number by the owner (false pages a lane-week) and one by
 * the house (false alerts a feature-window) decide it; nothing else does.
 *
 * Every significance here is −log10 of a p-value that the lane's own past has already discounted (calibration.ts).
 * A feature-window is tested by several families (detectors), each of which may take an equal share: Bonferroni,
 * which costs log10(8) ≈ 0.9 and needs no assumption about how the families hang together.
 */

const WEEK_MS = 7 * 86_400_000;

/** False alerts (page or warn) that the house accepts in one feature-window. */
const WARN_RATE = 0.0001;

/** Families of tests by which one feature-window is tried; more detectors than this share a family's part. */
const FAMILY_COUNT = 8;

/** Evidence from which a window stays out of what is learned lies this far (decades of p) above chance. */
const SUSPECT_SIGNIFICANCE = 2.5;

export interface AlertLimits {
  /** Calibrated significance from which a verdict is anomalous and warns. */
  readonly warn: number;
  /** From which it pages. Never below `warn`. */
  readonly page: number;
  /** From which the window is not learned from. Below `warn`, so that weak suspects stay out too. */
  readonly suspect: number;
}

export interface BudgetShare {
  /** The part of the lane's budget that its features have (budget-shares.ts). */
  readonly pageBudgetPerWeek: number;
  readonly windowSizeMs: number;
  /** Features of the lane that are judged each window. */
  readonly featureCount: number;
}

/** The limits that keep a lane's false pages within its budget when all of its features are healthy. */
export function alertLimits(share: BudgetShare): AlertLimits {
  const warn = limitAtRate(WARN_RATE);
  const testsPerWeek = (WEEK_MS / share.windowSizeMs) * Math.max(1, share.featureCount);
  const page = limitAtRate(Math.min(WARN_RATE, share.pageBudgetPerWeek / testsPerWeek));
  return { warn, page, suspect: SUSPECT_SIGNIFICANCE + Math.log10(FAMILY_COUNT) };
}

/** Half of the rate goes to statistics, half to the certain signs, which obey no p-value. */
function limitAtRate(rate: number): number {
  return -Math.log10(Math.max(rate, 1e-12) / 2) + Math.log10(FAMILY_COUNT);
}

/**
 * Records that a window must have for a gap between distributions to reach a significance, by Massart's bound
 * 2·exp(−2·n·gap²), the reference known exactly.
 */
export function recordsToShow(gap: number, significance: number): number {
  return Math.ceil((significance * Math.LN10 + Math.LN2) / (2 * gap * gap));
}
