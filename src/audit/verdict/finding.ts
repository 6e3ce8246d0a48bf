/** What one detector found in one window. */
import type { Verdict } from "../../../detectors/contract.ts";

/** One detector's verdict with what the lane's past leaves of it. */
export interface Finding {
  /** The detector's name. */
  readonly detector: string;
  readonly verdict: Verdict;
  /** −log10 p after the past's discount. */
  readonly significance: number;
  readonly referenceName: string;
}

/** Stands for a judgement where there was none. */
export const NOT_JUDGED: Verdict = {
  answer: "insufficient",
  statistic: Number.NaN,
  threshold: Number.NaN,
  effect: Number.NaN,
  significance: 0,
  sketchError: 0,
  severity: "info",
  certain: false,
  selfCalibrated: false,
  summary: "",
  parts: [],
};
