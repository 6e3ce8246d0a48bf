/**
 * What does a feature learn from a window that it accepts? The detectors' own memories, how loud they are, how well each
 * part of the past predicted the window, and the window itself as a part of that past.
 */
import type { Overdispersion } from "../../../detectors/contract.ts";
import { scoreCandidates } from "../past/baseline.ts";
import { fitTail, HONEST_TAIL, PAST_MAX } from "../past/calibration.ts";
import { addToHistory } from "../past/history.ts";
import { overdispersionOf } from "../past/overdispersion.ts";
import { pushSingle } from "../quantile.ts";
import { NOT_JUDGED } from "../verdict/finding.ts";
import { optionsOf, pastOf } from "./detector-past.ts";
import type { FeatureAudit, JudgedFeature } from "./feature-judgement.ts";
import type { FeatureMemory } from "./feature-memory.ts";

/** Accepted windows between two fits of tails and overdispersion: often while little is known, seldom afterwards. */
const REFIT_EVERY_EARLY = 4;
const REFIT_EVERY = 16;
const EARLY_WINDOWS = 48;

export function learnWindow(memory: FeatureMemory, judged: JudgedFeature, audit: FeatureAudit): void {
  const { sides } = judged;
  // Findings are in the order of detectors; there are none where too little was known to judge.
  let next = 0;
  for (const detector of audit.detectors) {
    if (!detector.featureKinds.includes(memory.catalog!.kind)) continue;
    const past = pastOf(memory, detector, audit);
    const finding = judged.findings[next]?.detector === detector.name ? judged.findings[next++] : undefined;
    const verdict = finding?.verdict ?? NOT_JUDGED;
    const { reference, current } = detector.heldTo === "frozen" ? sides.frozen : sides.baseline;
    const known = judged.alerting ? verdict : NOT_JUDGED;
    past.memory = detector.learn(
      reference,
      current,
      known,
      past.memory,
      audit.context,
      optionsOf(detector, audit),
    );
    const discountable = verdict.answer !== "insufficient" && verdict.selfCalibrated !== true;
    if (discountable) pushSingle(past.significances, verdict.significance, PAST_MAX);
  }
  scoreCandidates(judged.baselines, memory.candidates, judged.tally, memory.catalog!);
  addToHistory(memory.history, judged.startMs, audit.context.windowSizeMs, judged.tally);
  memory.acceptedCount++;
  const every = memory.acceptedCount <= EARLY_WINDOWS ? REFIT_EVERY_EARLY : REFIT_EVERY;
  if (memory.acceptedCount % every === 0) refit(memory, audit);
}

function refit(memory: FeatureMemory, audit: FeatureAudit): void {
  memory.overdispersions = memory.candidates.map(
    (record): Overdispersion => overdispersionOf(record.scatter),
  );
  for (const [name, past] of Object.entries(memory.detectors)) {
    past.tail = fitTail(past.significances, audit.laneTails[name] ?? HONEST_TAIL);
  }
}
