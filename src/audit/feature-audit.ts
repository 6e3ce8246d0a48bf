/**
 * Is this feature, in this window, still itself? Learn its reference, judge by every detector, discount each by the
 * past, and decide what may be learned.
 */
import type {
  DetectorContext,
  DistributionDetector,
  DistributionSnapshot,
  Overdispersion,
  Verdict,
} from "../../detectors/contract.ts";
import { type Baseline, candidateSums, chooseBaseline, emptyRecords, scoreCandidates } from "./baseline.ts";
import { discount, fitTail, HONEST_TAIL, PAST_MAX, type Tail } from "./calibration.ts";
import { historyFor } from "./candidates.ts";
import { catalogOf } from "./catalog.ts";
import {
  type DetectorPast,
  type FeatureMemory,
  type FeatureOptions,
  type HeldWindow,
  heldSnapshot,
} from "./feature-memory.ts";
import { addToReference, emptyReference } from "./frozen-reference.ts";
import { addToHistory, copySums } from "./history.ts";
import { alikeWindows, commonPart } from "./new-normal.ts";
import { overdispersionOf } from "./overdispersion.ts";
import { pushBounded, pushSingle } from "./quantile.ts";
import { type Sides, sidesOf } from "./sides.ts";
import { type Tally, tallyOf } from "./tally.ts";

/** Windows and rows before a lane without a pinned reference is judged. */
const LEARNING_WINDOWS = 24;
const LEARNING_ROWS = 300;
/** Windows after which cells are drawn even if the pinned reference goes on. */
const HELD_WINDOWS_MAX = 100;
/** Without a pinned reference, accepted windows widen it this long, then it is frozen. */
const REFERENCE_WINDOWS = 168;
/**
 * So many refusals among the newest windows are a new normal: learned once, as the reference. Of windows of a day or
 * longer, a working week that nobody has mended says enough.
 */
const NEW_NORMAL = { refusals: 7, windows: 8 };
const NEW_NORMAL_OF_DAYS = { refusals: 5, windows: 6 };
/** Windows that tell the new normal where a person has said that the change was meant. */
const EXPECTED_REFUSALS = 3;
const DAY_MS = 86_400_000;
/** Accepted windows between two fits of tails and overdispersion: often while little is known, seldom afterwards. */
const REFIT_EVERY_EARLY = 4;
const REFIT_EVERY = 16;
const EARLY_WINDOWS = 48;
/** Windows behind a baseline before anything is held to it. */
const BASELINE_WINDOWS_MIN = 3;

export interface FeatureAudit {
  readonly context: DetectorContext;
  readonly detectors: readonly DistributionDetector[];
  readonly detectorOptions: Readonly<Record<string, unknown>>;
  readonly feature: FeatureOptions;
  /** Windows that start before it are the reference. */
  readonly referenceUntilMs: number | undefined;
  /** The lane's tail by detector. */
  readonly laneTails: Readonly<Record<string, Tail>>;
  /** Accepted windows before anything is alerted; 0 where the reference alone decides. */
  readonly historyWindowsMin: number;
  /** The next larger size of windows, to which detectors that need many records leave a window that has fewer. */
  readonly leavesTo: string | undefined;
  readonly massMin: number;
  /** What people said of the change that its newest windows show, if anything. */
  readonly change: "fault" | "expected" | undefined;
}

/** One detector's verdict with what the lane's past leaves of it. */
export interface Finding {
  /** The detector's name. */
  readonly detector: string;
  readonly verdict: Verdict;
  /** −log10 p after the past's discount. */
  readonly significance: number;
  readonly referenceName: string;
}

/** A feature's window between judgement and what is learned from it. */
export interface JudgedFeature {
  readonly startMs: number;
  readonly snapshot: DistributionSnapshot;
  readonly tally: Tally;
  readonly baselines: readonly (Baseline | undefined)[];
  readonly baseline: Baseline;
  readonly sides: Sides;
  readonly findings: readonly Finding[];
  /** False within the reference: judged only to learn how loud the detectors are on it. */
  readonly alerting: boolean;
}

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

function referenceComplete(memory: FeatureMemory, startMs: number, audit: FeatureAudit): boolean {
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

function learnReference(memory: FeatureMemory, startMs: number, snapshot: DistributionSnapshot): void {
  memory.held.push({ startMs, snapshot: heldSnapshot(snapshot) });
  addToReference(memory.frozen, snapshot);
}

function widensReference(memory: FeatureMemory, startMs: number, audit: FeatureAudit): boolean {
  if (audit.referenceUntilMs !== undefined) return startMs < audit.referenceUntilMs;
  return memory.frozen.windowCount < REFERENCE_WINDOWS;
}

/** Draws the cells and goes through the held windows in order, so that the first verdict has a past. */
function beginJudging(memory: FeatureMemory, audit: FeatureAudit): void {
  memory.catalog = catalogOf(memory.frozen, audit.feature.kind);
  replayHeld(memory, audit, "note");
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

/** The refused windows become what the feature is held to; what it was before stays known, not expected. */
function acceptNewNormal(memory: FeatureMemory, audit: FeatureAudit): void {
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

function judgeWindow(
  memory: FeatureMemory,
  startMs: number,
  snapshot: DistributionSnapshot,
  audit: FeatureAudit,
): JudgedFeature {
  const tally = tallyOf(snapshot, memory.catalog!);
  const baselines = candidateSums(memory.history, memory.candidates, startMs, audit.context.windowSizeMs);
  const baseline = chooseBaseline(baselines, memory.candidates);
  const known = audit.referenceUntilMs === undefined || startMs >= audit.referenceUntilMs;
  const alerting = known && memory.acceptedCount >= audit.historyWindowsMin;
  const sides = sidesOf(memory, tally, snapshot, baseline);
  const findings = baseline.sums.windowCount < BASELINE_WINDOWS_MIN ? [] : judgeByAll(memory, sides, audit);
  return { startMs, snapshot, tally, baselines, baseline, sides, findings, alerting };
}

function judgeByAll(memory: FeatureMemory, sides: Sides, audit: FeatureAudit): Finding[] {
  const findings: Finding[] = [];
  const left = leftTo(memory, audit);
  for (const detector of audit.detectors) {
    if (!detector.featureKinds.includes(memory.catalog!.kind)) continue;
    if (left !== undefined && detector.needsMass === true) {
      findings.push({ detector: detector.name, verdict: left, significance: 0, referenceName: "" });
      continue;
    }
    const { reference, current } = detector.heldTo === "frozen" ? sides.frozen : sides.baseline;
    const past = pastOf(memory, detector, audit);
    const options = optionsOf(detector, audit);
    const verdict = detector.judge(reference, current, past.memory, audit.context, options);
    findings.push({
      detector: detector.name,
      verdict,
      significance: discounted(verdict, past),
      referenceName: reference.name,
    });
  }
  return findings;
}

/**
 * Why a lane's windows are left to larger ones; undefined where they usually hold enough, or where there are none larger.
 * What they usually hold, because a window that has lost most of its records must be looked at the more.
 */
function leftTo({ history }: FeatureMemory, { leavesTo, massMin }: FeatureAudit): Verdict | undefined {
  const { valueCount, windowCount } = history.all;
  if (leavesTo === undefined || windowCount === 0 || valueCount >= massMin * windowCount) return undefined;
  const usual = (valueCount / windowCount).toFixed(0);
  const summary = `windows of some ${usual} values cannot tell that half of them moved: left to windows of ${leavesTo}`;
  return { ...NOT_JUDGED, summary };
}

function discounted(verdict: Verdict, past: DetectorPast): number {
  if (verdict.answer === "insufficient") return 0;
  if (verdict.selfCalibrated === true || verdict.certain) return verdict.significance;
  return discount(verdict.significance, past.tail);
}

function learnWindow(memory: FeatureMemory, judged: JudgedFeature, audit: FeatureAudit): void {
  const { sides } = judged;
  const byName = new Map(judged.findings.map((finding) => [finding.detector, finding.verdict]));
  for (const detector of audit.detectors) {
    if (!detector.featureKinds.includes(memory.catalog!.kind)) continue;
    const past = pastOf(memory, detector, audit);
    const verdict = byName.get(detector.name) ?? NOT_JUDGED;
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

function pastOf(memory: FeatureMemory, detector: DistributionDetector, audit: FeatureAudit): DetectorPast {
  let past = memory.detectors[detector.name];
  if (past === undefined) {
    const start = detector.start(audit.context, optionsOf(detector, audit));
    past = { memory: start, significances: [], tail: audit.laneTails[detector.name] ?? HONEST_TAIL };
    memory.detectors[detector.name] = past;
  }
  return past;
}

function optionsOf(detector: DistributionDetector, audit: FeatureAudit): unknown {
  const given = audit.detectorOptions[detector.name];
  return given === undefined ? detector.defaults : { ...(detector.defaults as object), ...(given as object) };
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
