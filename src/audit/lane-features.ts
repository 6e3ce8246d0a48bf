/**
 * What do a lane's features say of a window, each by itself and all together? One that something speaks against keeps the
 * window out of what it learns.
 */
import { snapshotOf } from "../sketch/snapshot.ts";
import type { ProfileRow, VerdictRow, WindowRow } from "../store/contract.ts";
import type { AuditedLane, AuditedWindow } from "./audited-lane.ts";
import type { FeaturesBudget, LaneBudget } from "./budget/lane-budget.ts";
import { type AlertLimits, recordsToShow } from "./budget/page-budget.ts";
import { judgeFeature, settleFeature } from "./feature/feature-audit.ts";
import type { FeatureAudit, JudgedFeature } from "./feature/feature-judgement.ts";
import { emptyFeatureMemory } from "./feature/feature-memory.ts";
import { judgeSlowDrift, slowDriftOptions } from "./feature/slow-drift.ts";
import { changeOf, toleranceOf } from "./feedback.ts";
import { judgeJoint, learnJoint } from "./joint/joint.ts";
import { FEATURES_MAX } from "./lane-memory.ts";
import { poolTails } from "./past/calibration.ts";
import { absentFeature } from "./verdict/absent-feature.ts";
import type { Finding } from "./verdict/finding.ts";
import { findingRow, learningRow } from "./verdict/finding-rows.ts";
import { verdictRow } from "./verdict/verdict-row.ts";

/** A window that could not even tell that half of the values moved is too small for tests of the distribution. */
const HALF = 0.5;

/** Windows between two poolings of what the lane's features know of each detector. */
const POOL_EVERY = 8;

/** By feature; undefined while its reference is being learned. */
type Outcomes = ReadonlyMap<string, JudgedFeature | undefined>;

export function auditFeatures(lane: AuditedLane, audited: AuditedWindow, budget: LaneBudget): VerdictRow[] {
  const { memory } = lane;
  const { window, profiles } = audited.complete;
  const rows = new Map(profiles.filter(({ kind }) => kind === "feature").map((row) => [row.feature, row]));
  admitFeatures(lane, rows.keys());
  // After admitting: the window's new features share the budget too.
  const ofFeatures = budget.ofFeatures();
  const auditOf = auditsOf(lane, window, ofFeatures);
  const outcomes = judgeEach(lane, window, rows, auditOf);
  const judged = new Map(
    [...outcomes].filter((entry): entry is [string, JudgedFeature] => entry[1] !== undefined),
  );
  const joint = judgeJoint(memory.joint, judged, memory.features);
  const { said, suspects } = settleEach(lane, audited, outcomes, joint.byFeature, ofFeatures.limits, auditOf);
  learnJoint(memory.joint, joint, judged, suspects);
  return [...said, ...slowDriftRows(lane, audited, judged.keys())];
}

/** Counts a judged window; every few, what the lane's features together know of each detector is drawn from them anew. */
export function noteAudited({ memory, distributions }: AuditedLane): void {
  memory.auditedCount++;
  if (memory.auditedCount % POOL_EVERY !== 0) return;
  for (const { name } of distributions) {
    const pasts = Object.values(memory.features).map((feature) => feature.detectors[name]);
    memory.tails[name] = poolTails(pasts.filter((past) => past !== undefined).map((past) => past.tail));
  }
}

function admitFeatures({ options, memory }: AuditedLane, features: Iterable<string>): void {
  for (const feature of features) {
    if (Object.hasOwn(memory.features, feature)) continue;
    if (Object.keys(memory.features).length >= FEATURES_MAX) memory.unauditedCount++;
    else memory.features[feature] = emptyFeatureMemory(options.windowSizeMs);
  }
}

/** What each feature is judged under in this window. */
function auditsOf(
  { options, memory, distributions }: AuditedLane,
  { windowStartMs }: WindowRow,
  { limits, contextOf }: FeaturesBudget,
): (feature: string) => FeatureAudit {
  const massMin = recordsToShow(HALF, limits.warn);
  return (feature) => ({
    change: changeOf(memory.feedback, feature, windowStartMs),
    context: contextOf(feature),
    detectors: distributions,
    detectorOptions: options.detectorOptions,
    feature: options.features?.[feature] ?? {},
    referenceUntilMs: options.referenceUntilMs,
    laneTails: memory.tails,
    historyWindowsMin: options.sizes?.historyWindowsMin ?? 0,
    leavesTo: options.sizes?.leavesTo,
    massMin,
  });
}

/** In the order of names. A feature that the window lacks is judged as one without values. */
function judgeEach(
  { memory }: AuditedLane,
  { windowStartMs, recordCount }: WindowRow,
  rows: ReadonlyMap<string, ProfileRow>,
  auditOf: (feature: string) => FeatureAudit,
): Outcomes {
  const outcomes = new Map<string, JudgedFeature | undefined>();
  for (const feature of Object.keys(memory.features).sort()) {
    const row = rows.get(feature);
    const snapshot =
      row === undefined ? absentFeature(recordCount) : snapshotOf(row.profile, row.recordCount);
    outcomes.set(feature, judgeFeature(memory.features[feature]!, windowStartMs, snapshot, auditOf(feature)));
  }
  return outcomes;
}

/** Each feature learns from the window or keeps it out. */
function settleEach(
  { memory }: AuditedLane,
  { complete: { window }, muted, alerted }: AuditedWindow,
  outcomes: Outcomes,
  joint: ReadonlyMap<string, readonly Finding[]>,
  limits: AlertLimits,
  auditOf: (feature: string) => FeatureAudit,
): { readonly said: VerdictRow[]; readonly suspects: ReadonlySet<string> } {
  const said: VerdictRow[] = [];
  const suspects = new Set<string>();
  for (const [feature, outcome] of outcomes) {
    const ofFeature = memory.features[feature]!;
    if (outcome === undefined || !outcome.alerting) said.push(learningRow(window, feature, ofFeature.frozen));
    if (outcome === undefined) continue;
    const findings = [...outcome.findings, ...(joint.get(feature) ?? [])];
    const quiet = muted || alerted.has(feature);
    // What was called noise is learned from, so that the bar rises by itself.
    const isNoise = ({ detector, verdict: { effect, certain } }: Finding) =>
      toleranceOf(memory.feedback, { feature, detector, effect, certain }, window.windowStartMs)?.label ===
      "noise";
    const suspect = quiet || findings.some((finding) => isSuspect(finding, limits) && !isNoise(finding));
    if (suspect && outcome.alerting) suspects.add(feature);
    settleFeature(ofFeature, outcome, suspect, auditOf(feature));
    if (outcome.alerting)
      said.push(...findings.map((finding) => findingRow(window, feature, finding, limits, quiet)));
  }
  return { said, suspects };
}

function isSuspect({ verdict, significance }: Finding, limits: AlertLimits): boolean {
  return verdict.certain || significance >= limits.suspect;
}

function slowDriftRows(
  { options, memory }: AuditedLane,
  { complete: { window }, muted }: AuditedWindow,
  features: Iterable<string>,
): VerdictRow[] {
  const drift = slowDriftOptions(options.detectorOptions);
  const rows: VerdictRow[] = [];
  for (const feature of features) {
    const verdict = judgeSlowDrift(
      memory.features[feature]!,
      window.windowStartMs,
      window.windowSizeMs,
      drift,
    );
    if (verdict === undefined) continue;
    const subject = { window, feature, detector: "slow-drift", muted };
    rows.push(verdictRow(subject, verdict, verdict.significance, undefined, { reference: "reference" }));
  }
  return rows;
}
