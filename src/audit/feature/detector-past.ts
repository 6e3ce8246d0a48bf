/** What is remembered of one detector on one feature: its own memory, and how loud it has been on healthy windows. */
import type { DistributionDetector } from "../../../detectors/contract.ts";
import { HONEST_TAIL } from "../past/calibration.ts";
import type { FeatureAudit } from "./feature-judgement.ts";
import type { DetectorPast, FeatureMemory } from "./feature-memory.ts";

/** Begun where the detector sees the feature for the first time. */
export function pastOf(
  memory: FeatureMemory,
  detector: DistributionDetector,
  audit: FeatureAudit,
): DetectorPast {
  let past = memory.detectors[detector.name];
  if (past === undefined) {
    const start = detector.start(audit.context, optionsOf(detector, audit));
    past = { memory: start, significances: [], tail: audit.laneTails[detector.name] ?? HONEST_TAIL };
    memory.detectors[detector.name] = past;
  }
  return past;
}

/** The detector's defaults and what the owner has set of them. */
export function optionsOf(detector: DistributionDetector, audit: FeatureAudit): unknown {
  const given = audit.detectorOptions[detector.name];
  return given === undefined ? detector.defaults : { ...(detector.defaults as object), ...(given as object) };
}
