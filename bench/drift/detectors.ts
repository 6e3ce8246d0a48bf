import type { Detector } from "../../detectors/contract.ts";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";

/** The bench is about features: record counts have a bench of their own. */
export const DRIFT_DETECTORS: readonly Detector[] = BUILT_IN_DETECTORS.filter(
  ({ input }) => input === "distribution",
);
