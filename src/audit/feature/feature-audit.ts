/**
 * A feature's way through its windows: learn a reference, be judged by every detector, learn from what is healthy, keep
 * out what is not, and take what lasts for the new normal.
 */
import type { DistributionSnapshot } from "../../../detectors/contract.ts";
import { addToReference } from "../cells/frozen-reference.ts";
import { copySums } from "../past/history.ts";
import { pushBounded } from "../quantile.ts";
import { type FeatureAudit, type JudgedFeature, judgeWindow } from "./feature-judgement.ts";
import { learnWindow } from "./feature-learning.ts";
import { type FeatureMemory, heldSnapshot } from "./feature-memory.ts";
import {
  acceptNewNormal,
  beginJudging,
  learnReference,
  referenceComplete,
  widensReference,
} from "./feature-reference.ts";

/**
 * So many refusals among the newest windows are a new normal: learned once, as the reference. Of windows of a day or
 * longer, a working week that nobody has mended says enough.
 */
const NEW_NORMAL = { refusals: 7, windows: 8 };
const NEW_NORMAL_OF_DAYS = { refusals: 5, windows: 6 };
/** Windows that tell the new normal where a person has said that the change was meant. */
const EXPECTED_REFUSALS = 3;
const DAY_MS = 86_400_000;

/** @returns undefined while the reference is being learned. */
export function judgeFeature(
  memory: FeatureMemory,
  startMs: number,
  snapshot: DistributionSnapshot,
  audit: FeatureAudit,
): JudgedFeature | undefined {
  memory.windowCount++;
  if (memory.catalog === undefined && referenceComplete(memory, startMs, audit)) beginJudging(memory, audit);
  if (memory.catalog === undefined) {
    learnReference(memory, startMs, snapshot);
    return undefined;
  }
  return judgeWindow(memory, startMs, snapshot, audit);
}

/** Learns from a judged window, or keeps it out. @param suspect whether anything found speaks against it */
export function settleFeature(
  memory: FeatureMemory,
  judged: JudgedFeature,
  suspect: boolean,
  audit: FeatureAudit,
): void {
  const newNormal = audit.context.windowSizeMs >= DAY_MS ? NEW_NORMAL_OF_DAYS : NEW_NORMAL;
  if (judged.alerting)
    pushBounded(memory.refusals, { startMs: judged.startMs, refused: suspect }, newNormal.windows);
  if (suspect && judged.alerting) {
    pushBounded(
      memory.held,
      { startMs: judged.startMs, snapshot: heldSnapshot(judged.snapshot) },
      newNormal.windows,
    );
    const refusals = memory.refusals.filter(({ refused }) => refused).length;
    if (refusals >= refusalsNeeded(newNormal.refusals, audit)) acceptNewNormal(memory, audit);
    return;
  }
  if (widensReference(memory, judged.startMs, audit)) addToReference(memory.frozen, judged.snapshot);
  else memory.pinned ??= copySums(memory.history.all);
  learnWindow(memory, judged, audit);
}

/** A fault that a person has confirmed is never the new normal; a change that was meant is sooner. */
function refusalsNeeded(usual: number, { change }: FeatureAudit): number {
  if (change === "fault") return Number.POSITIVE_INFINITY;
  return change === "expected" ? Math.min(usual, EXPECTED_REFUSALS) : usual;
}
