/**
 * What is a feature held to? Its first windows, once there are enough of them; and, when it has become something else
 * for good, what its newest windows have in common.
 */
import type { DistributionSnapshot } from "../../../detectors/contract.ts";
import { catalogOf } from "../cells/catalog.ts";
import { addToReference, emptyReference } from "../cells/frozen-reference.ts";
import { emptyRecords } from "../past/baseline.ts";
import { historyFor } from "../past/candidates.ts";
import { BASELINE_WINDOWS_MIN, type FeatureAudit, judgeWindow } from "./feature-judgement.ts";
import { learnWindow } from "./feature-learning.ts";
import { type FeatureMemory, type HeldWindow, heldSnapshot } from "./feature-memory.ts";
import { alikeWindows, commonPart } from "./new-normal.ts";

/** Windows and rows before a lane without a pinned reference is judged. */
const LEARNING_WINDOWS = 24;
const LEARNING_ROWS = 300;
/** Windows after which cells are drawn even if the pinned reference goes on. */
const HELD_WINDOWS_MAX = 100;
/** Without a pinned reference, accepted windows widen it this long, then it is frozen. */
const REFERENCE_WINDOWS = 168;

/** Whether enough windows are held for the feature to be judged. */
export function referenceComplete(memory: FeatureMemory, startMs: number, audit: FeatureAudit): boolean {
  const rows = memory.frozen.presentCount;
  if (audit.referenceUntilMs === undefined || startMs < audit.referenceUntilMs) {
    const windowsMin = audit.referenceUntilMs === undefined ? LEARNING_WINDOWS : HELD_WINDOWS_MAX;
    return (
      memory.held.length >= HELD_WINDOWS_MAX || (memory.held.length >= windowsMin && rows >= LEARNING_ROWS)
    );
  }
  return (
    memory.held.length >= LEARNING_WINDOWS ||
    (memory.held.length >= BASELINE_WINDOWS_MIN && rows >= LEARNING_ROWS)
  );
}

export function learnReference(memory: FeatureMemory, startMs: number, snapshot: DistributionSnapshot): void {
  memory.held.push({ startMs, snapshot: heldSnapshot(snapshot) });
  addToReference(memory.frozen, snapshot);
}

/** Whether an accepted window still becomes a part of the reference. */
export function widensReference(memory: FeatureMemory, startMs: number, audit: FeatureAudit): boolean {
  if (audit.referenceUntilMs !== undefined) return startMs < audit.referenceUntilMs;
  return memory.frozen.windowCount < REFERENCE_WINDOWS;
}

/** Draws the cells and goes through the held windows in order, so that the first verdict has a past. */
export function beginJudging(memory: FeatureMemory, audit: FeatureAudit): void {
  memory.catalog = catalogOf(memory.frozen, audit.feature.kind);
  replayHeld(memory, audit, "note");
}

/** The refused windows become what the feature is held to; what it was before stays known, not expected. */
export function acceptNewNormal(memory: FeatureMemory, audit: FeatureAudit): void {
  const sinceMs = memory.refusals[0]!.startMs;
  const alike = alikeWindows(
    memory.held.filter(({ startMs }) => startMs >= sinceMs),
    memory.catalog!,
  );
  if (alike === undefined) return;
  memory.held = commonPart(alike, memory.frozen);
  const recent = emptyReference();
  for (const { snapshot } of memory.held) {
    addToReference(recent, snapshot);
    addToReference(memory.frozen, snapshot);
  }
  memory.catalog = catalogOf(
    recent.presentCount >= LEARNING_ROWS ? recent : memory.frozen,
    audit.feature.kind,
  );
  memory.refusals = [];
  memory.pinned = undefined;
  replayHeld(memory, audit, "forget");
}

/** @param past whether what the detectors say of these windows tells how loud they are on healthy ones */
function replayHeld(memory: FeatureMemory, audit: FeatureAudit, past: "note" | "forget"): void {
  const held: readonly HeldWindow[] = memory.held;
  memory.held = [];
  memory.history = historyFor(audit.context.windowSizeMs, memory.catalog!.cellCount);
  memory.candidates = emptyRecords(audit.context.windowSizeMs);
  memory.overdispersions = [];
  for (const { startMs, snapshot } of held) {
    const judged = { ...judgeWindow(memory, startMs, snapshot, audit), alerting: false };
    learnWindow(memory, past === "note" ? judged : { ...judged, findings: [] }, audit);
  }
}
