/**
 * What is there to say of one window of one lane and source? Every detector on every feature, metric and on the
 * record count, held to the lane's own past and to its page budget.
 *
 * Synchronous, deterministic, and pure but for its own memory: the same windows in the same order give the same
 * rows, which is how a restarted worker goes on and how a late revision is judged again from an earlier memory.
 */
import type {
  Detector,
  DetectorContext,
  DistributionDetector,
  FeatureKind,
  KnownEvent,
  SeriesDetector,
  SeriesSubject,
} from "../../detectors/contract.ts";
import { invariant } from "../base/errors.ts";
import type { CompleteWindow } from "../rollup/complete-window.ts";
import { snapshotOf } from "../sketch/snapshot.ts";
import type { FeedbackRow, ProfileRow, VerdictRow, WindowRow } from "../store/contract.ts";
import { absentFeature } from "./absent-feature.ts";
import { awakeKey, budgetShares, judgesSubject, noteAwake, type Shares } from "./budget-shares.ts";
import { poolTails } from "./calibration.ts";
import { judgeFeature, settleFeature } from "./feature-audit.ts";
import type { FeatureAudit, JudgedFeature } from "./feature-judgement.ts";
import { emptyFeatureMemory } from "./feature-memory.ts";
import { changeOf, hearFeedback, toleranceOf, tolerated } from "./feedback.ts";
import { type Finding, NOT_JUDGED } from "./finding.ts";
import { findingRow, seriesRow } from "./finding-rows.ts";
import { judgeJoint, learnJoint } from "./joint.ts";
import { type CalendarEvent, eventsTouching } from "./known-events.ts";
import { emptyLaneMemory, FEATURES_MAX, type LaneMemory } from "./lane-memory.ts";
import { judgeLimits, type OwnerLimit } from "./limits.ts";
import { admitMetrics } from "./metric-rows.ts";
import type { NamedReference } from "./named-reference.ts";
import { type AlertLimits, alertLimits, recordsToShow } from "./page-budget.ts";
import { judgeReferences } from "./reference-audit.ts";
import { DEFAULT_METRIC, type MetricOptions, metricValue, stepSeries } from "./series-audit.ts";
import { judgeSlowDrift, SLOW_DRIFT_DEFAULTS, type SlowDriftOptions } from "./slow-drift.ts";
import { verdictRow } from "./verdict-row.ts";

export interface LaneAuditorOptions {
  readonly swimlane: string;
  readonly source: string;
  readonly windowSizeMs: number;
  readonly detectors: readonly Detector[];
  /** By detector name; what is left out takes the detector's defaults. */
  readonly detectorOptions: Readonly<Record<string, unknown>>;
  readonly pageBudgetPerWeek: number;
  readonly timeZone: string;
  readonly knownEvents: readonly CalendarEvent[];
  /** Pinned: windows that start before it are the reference, and nothing is alerted in them. */
  readonly referenceUntilMs?: number;
  readonly metrics?: Readonly<Record<string, MetricOptions>>;
  readonly features?: Readonly<Record<string, { readonly kind?: FeatureKind }>>;
  /** The owner's fixed bounds that concern this lane and source; they cost nothing of the page budget. */
  readonly limits?: readonly OwnerLimit[];
  /** Left out where the lane is judged at one size of windows only. */
  readonly sizes?: WindowSizes;
}

/** A lane's windows are judged at several sizes side by side, each by an auditor of its own. */
export interface WindowSizes {
  /** Sizes, this one included: they share what the lane's features have of the page budget. */
  readonly count: number;
  /** The next larger size, as a person would say it; undefined for the largest. */
  readonly leavesTo: string | undefined;
  /** For windows merged from smaller ones: accepted windows before anything is alerted. Undefined for the lane's own. */
  readonly historyWindowsMin: number | undefined;
}

/** What features have of the page budget at least (budget-shares.ts): an auditor of larger windows sees no series. */
const FEATURES_SHARE_MIN = 1 / 3;
/** A window that could not even tell that half of the values moved is too small for tests of the distribution. */
const HALF = 0.5;
const NO_FEATURES: ReadonlySet<string> = new Set();

/** Windows between two poolings of what the lane's features know of each detector. */
const POOL_EVERY = 8;

export class LaneAuditor {
  readonly #options: LaneAuditorOptions;
  readonly #memory: LaneMemory;
  /** Of the page budget, in the window that is being judged. */
  #shares: Shares;
  readonly #series: readonly SeriesDetector[];
  readonly #distributions: readonly DistributionDetector[];
  /** What the lane is held to beside its own past. */
  #references: readonly NamedReference[] = [];
  #alerted: ReadonlySet<string> = NO_FEATURES;
  /** Of the window that is being judged. */
  #knownEvents: readonly KnownEvent[] = [];

  /** @param memory of an earlier auditor with the same options; it is handed over. */
  constructor(options: LaneAuditorOptions, memory: LaneMemory = emptyLaneMemory()) {
    this.#options = options;
    // A memory that an older release wrote may lack what came later.
    this.#memory = { ...emptyLaneMemory(), ...memory };
    this.#series = options.detectors.filter((detector) => detector.input === "series");
    this.#distributions = options.detectors.filter((detector) => detector.input === "distribution");
    this.#shares = this.#sharesNow();
  }

  /** Start of the newest window judged; −Infinity before the first. */
  get lastWindowStartMs(): number {
    return this.#memory.lastWindowStartMs;
  }

  /** The live memory, not a copy: encode it before auditing on. */
  memory(): LaneMemory {
    return this.#memory;
  }

  /**
   * Judges a window and learns from it. Windows come in order, each once.
   * @param references what it is held to beside its own past; they share the lane's page budget.
   * @param alerted features of which a smaller window within this one has alerted: nothing more is alerted of them.
   */
  audit(
    complete: CompleteWindow,
    references: readonly NamedReference[] = [],
    alerted: ReadonlySet<string> = NO_FEATURES,
  ): readonly VerdictRow[] {
    const { window } = complete;
    this.#references = references;
    this.#alerted = alerted;
    invariant(
      window.windowStartMs > this.#memory.lastWindowStartMs,
      "windows are audited in order, each once",
    );
    this.#memory.lastWindowStartMs = window.windowStartMs;
    this.#shares = this.#sharesNow();
    this.#knownEvents = this.#eventsIn(window);
    const muted = this.#knownEvents.length > 0;
    const rows = this.#auditSeries(complete, muted);
    if (window.recordCount > 0) rows.push(...this.#auditFeatures(complete, muted));
    // An owner's own limits hold whatever was said of an incident.
    const limits = judgeLimits(complete, this.#options.limits ?? [], this.#memory, muted);
    return [...tolerated(rows, this.#memory.feedback), ...limits];
  }

  /** The page budget is the swimlane's: all of its sources, each of which has an auditor of its own, share it alike. */
  shareAmong(sourceCount: number): void {
    this.#memory.sourceCount = sourceCount;
  }

  /** Takes in what people have said of the lane's incidents; to be called before each window that it may concern. */
  hear(feedback: readonly FeedbackRow[], windowStartMs: number): void {
    hearFeedback(this.#memory, feedback, this.#options, windowStartMs);
  }

  #auditSeries(complete: CompleteWindow, muted: boolean): VerdictRow[] {
    const { window } = complete;
    const metrics = admitMetrics(this.#memory, complete.profiles, this.#options.metrics ?? {});
    const step = (name: string, subject: SeriesSubject, value: number) =>
      this.#stepSeries(window, name, subject, value, muted);
    const rows = step("*", "records", window.recordCount);
    for (const name of Object.keys(this.#memory.metrics).sort()) {
      const row = metrics.get(name);
      const snapshot = row === undefined ? undefined : snapshotOf(row.profile, row.recordCount);
      const value = metricValue(snapshot, this.#options.metrics?.[name] ?? DEFAULT_METRIC);
      rows.push(...step(name, this.#subjectOf(name), value));
    }
    return rows;
  }

  #stepSeries(
    window: WindowRow,
    name: string,
    subject: SeriesSubject,
    value: number,
    muted: boolean,
  ): VerdictRow[] {
    const memory = subject === "records" ? this.#memory.records : this.#memory.metrics[name]!;
    const endMs = window.windowStartMs + window.windowSizeMs;
    const findings = stepSeries(
      memory,
      { startMs: window.windowStartMs, endMs, value },
      this.#series.filter((detector) => judgesSubject(detector, subject)),
      (detector) =>
        this.#context(
          name,
          1,
          subject === "records" ? this.#shares.ofRecords(detector) : this.#shares.metric,
        ),
      (detector) => this.#seriesOptions(detector, name),
    );
    for (const { detector, step } of findings)
      noteAwake(this.#memory.awake, awakeKey(name, detector), window.windowStartMs, step.idle === true);
    const pinned = window.windowStartMs < (this.#options.referenceUntilMs ?? Number.NEGATIVE_INFINITY);
    return findings.map((finding) => seriesRow(window, name, value, finding, muted || pinned));
  }

  #sharesNow(): Shares {
    const metrics = new Map(Object.keys(this.#memory.metrics).map((name) => [name, this.#subjectOf(name)]));
    const hasFeatures = Object.keys(this.#memory.features).length > 0;
    return budgetShares(
      this.#memory.awake,
      this.#memory.lastWindowStartMs,
      this.#series,
      metrics,
      hasFeatures,
    );
  }

  /** A metric whose missing value means 0 counts something; any other measures. */
  #subjectOf(name: string): SeriesSubject {
    return (this.#options.metrics?.[name] ?? DEFAULT_METRIC).missing === "zero" ? "count" : "gauge";
  }

  #seriesOptions(detector: SeriesDetector, name: string): unknown {
    const sides = this.#options.metrics?.[name]?.sides;
    const given = this.#options.detectorOptions[detector.name] as object | undefined;
    return { ...(detector.defaults as object), ...given, ...(sides === undefined ? {} : { sides }) };
  }

  #auditFeatures(complete: CompleteWindow, muted: boolean): VerdictRow[] {
    const { window } = complete;
    const outcomes = this.#judgeFeatures(complete);
    const judged = new Map(
      [...outcomes].filter((entry): entry is [string, JudgedFeature] => entry[1] !== undefined),
    );
    const joint = judgeJoint(this.#memory.joint, judged, this.#memory.features);
    // After judging, which admits the window's new features: they share the budget too.
    const limits = this.#limits();
    const featureCount = this.#featureCount();
    const rows: VerdictRow[] = [];
    const suspects = new Set<string>();
    for (const [feature, outcome] of outcomes) {
      if (outcome === undefined || !outcome.alerting) rows.push(this.#learningRow(window, feature));
      if (outcome === undefined) continue;
      const findings = [...outcome.findings, ...(joint.byFeature.get(feature) ?? [])];
      const said = muted || this.#alerted.has(feature);
      const suspect =
        said ||
        findings.some(
          (finding) => isSuspect(finding, limits) && !this.#isNoise(feature, finding, window.windowStartMs),
        );
      if (suspect && outcome.alerting) suspects.add(feature);
      settleFeature(
        this.#memory.features[feature]!,
        outcome,
        suspect,
        this.#featureAudit(feature, featureCount, limits, window.windowStartMs),
      );
      if (outcome.alerting)
        rows.push(...findings.map((finding) => findingRow(window, feature, finding, limits, said)));
    }
    learnJoint(this.#memory.joint, joint, judged, suspects);
    rows.push(...this.#slowDriftRows(window, judged.keys(), muted));
    rows.push(...this.#heldToReferences(complete, this.#references, muted));
    this.#memory.auditedCount++;
    if (this.#memory.auditedCount % POOL_EVERY === 0) this.#poolTails();
    return rows;
  }

  /** Holds a window that was judged before to references that were not there then; nothing else is judged again. */
  holdTo(complete: CompleteWindow, references: readonly NamedReference[]): readonly VerdictRow[] {
    const muted = this.#eventsIn(complete.window).length > 0;
    const rows = this.#heldToReferences(complete, references, muted);
    return tolerated(rows, this.#memory.feedback);
  }

  #heldToReferences(
    { window, profiles }: CompleteWindow,
    references: readonly NamedReference[],
    muted: boolean,
  ): VerdictRow[] {
    this.#memory.references ??= {};
    return judgeReferences({
      window,
      profiles,
      references,
      memory: this.#memory.references,
      features: this.#memory.features,
      laneTails: this.#memory.tails,
      detectors: this.#distributions,
      detectorOptions: this.#options.detectorOptions,
      kindOf: (feature) => this.#options.features?.[feature]?.kind,
      contextOf: (feature) => this.#featureContext(feature, this.#featureCount()),
      limits: this.#limits(),
      muted,
    });
  }

  #slowDriftRows(window: WindowRow, features: Iterable<string>, muted: boolean): VerdictRow[] {
    const given = this.#options.detectorOptions["slow-drift"] as Partial<SlowDriftOptions> | undefined;
    const options = { ...SLOW_DRIFT_DEFAULTS, ...given };
    const rows: VerdictRow[] = [];
    for (const feature of features) {
      const memory = this.#memory.features[feature]!;
      const verdict = judgeSlowDrift(memory, window.windowStartMs, window.windowSizeMs, options);
      if (verdict === undefined) continue;
      const subject = { window, feature, detector: "slow-drift", muted };
      rows.push(verdictRow(subject, verdict, verdict.significance, undefined, { reference: "reference" }));
    }
    return rows;
  }

  /** One row a feature while its reference is being learned: no pass for the gate, never a page. */
  #learningRow(window: WindowRow, feature: string): VerdictRow {
    const { frozen } = this.#memory.features[feature]!;
    const summary = `learning the reference: ${frozen.windowCount} windows, ${frozen.presentCount} records so far`;
    const subject = { window, feature, detector: "reference", muted: false };
    return verdictRow(subject, { ...NOT_JUDGED, summary }, 0, undefined, {});
  }

  #judgeFeatures({ window, profiles }: CompleteWindow): Map<string, JudgedFeature | undefined> {
    const rows = new Map(profiles.filter(({ kind }) => kind === "feature").map((row) => [row.feature, row]));
    this.#admitFeatures(rows);
    const featureCount = this.#featureCount();
    const limits = this.#limits();
    const judged = new Map<string, JudgedFeature | undefined>();
    for (const feature of Object.keys(this.#memory.features).sort()) {
      const row = rows.get(feature);
      const snapshot =
        row === undefined ? absentFeature(window.recordCount) : snapshotOf(row.profile, row.recordCount);
      const memory = this.#memory.features[feature]!;
      const outcome = judgeFeature(
        memory,
        window.windowStartMs,
        snapshot,
        this.#featureAudit(feature, featureCount, limits, window.windowStartMs),
      );
      judged.set(feature, outcome);
    }
    return judged;
  }

  #admitFeatures(rows: ReadonlyMap<string, ProfileRow>): void {
    for (const feature of rows.keys()) {
      if (Object.hasOwn(this.#memory.features, feature)) continue;
      if (Object.keys(this.#memory.features).length >= FEATURES_MAX) this.#memory.unauditedCount++;
      else this.#memory.features[feature] = emptyFeatureMemory(this.#options.windowSizeMs);
    }
  }

  #poolTails(): void {
    for (const { name } of this.#distributions) {
      const pasts = Object.values(this.#memory.features).map((feature) => feature.detectors[name]);
      this.#memory.tails[name] = poolTails(
        pasts.filter((past) => past !== undefined).map((past) => past.tail),
      );
    }
  }

  /** What was called noise is learned from, so that the bar rises by itself. */
  #isNoise(feature: string, { detector, verdict }: Finding, windowStartMs: number): boolean {
    const anomaly = { feature, detector, effect: verdict.effect, certain: verdict.certain };
    return toleranceOf(this.#memory.feedback, anomaly, windowStartMs)?.label === "noise";
  }

  /** @param featureCount and `limits` are worked out once for a window: each counts all of the lane's features. */
  #featureAudit(
    feature: string,
    featureCount: number,
    limits: AlertLimits,
    windowStartMs: number,
  ): FeatureAudit {
    return {
      change: changeOf(this.#memory.feedback, feature, windowStartMs),
      context: this.#featureContext(feature, featureCount),
      detectors: this.#distributions,
      detectorOptions: this.#options.detectorOptions,
      feature: this.#options.features?.[feature] ?? {},
      referenceUntilMs: this.#options.referenceUntilMs,
      laneTails: this.#memory.tails,
      historyWindowsMin: this.#options.sizes?.historyWindowsMin ?? 0,
      leavesTo: this.#options.sizes?.leavesTo,
      massMin: recordsToShow(HALF, limits.warn),
    };
  }

  #featureContext(feature: string, featureCount: number): DetectorContext {
    const testCount = Math.max(1, this.#distributions.length) * this.#comparisonCount();
    return this.#context(feature, featureCount * testCount, this.#featuresShare());
  }

  /** @param share of the lane's page budget that goes to what is judged in this context. */
  #context(feature: string, familySize: number, share: number): DetectorContext {
    const { swimlane, source, windowSizeMs, timeZone } = this.#options;
    const knownEvents = this.#knownEvents;
    const pageBudgetPerWeek = share * this.#ownBudgetPerWeek();
    return { swimlane, source, feature, windowSizeMs, timeZone, pageBudgetPerWeek, familySize, knownEvents };
  }

  #limits(): AlertLimits {
    const { windowSizeMs } = this.#options;
    const pageBudgetPerWeek = this.#featuresShare() * this.#ownBudgetPerWeek();
    const featureCount = this.#featureCount() * this.#comparisonCount();
    return alertLimits({ pageBudgetPerWeek, windowSizeMs, featureCount });
  }

  #ownBudgetPerWeek(): number {
    return this.#options.pageBudgetPerWeek / (this.#memory.sourceCount ?? 1);
  }

  /** Of it, for the lane's features in windows of this size. */
  #featuresShare(): number {
    const { sizes } = this.#options;
    const share = sizes?.historyWindowsMin === undefined ? this.#shares.features : FEATURES_SHARE_MIN;
    return share / (sizes?.count ?? 1);
  }

  /** A feature is tested against the lane's own past and against every named reference; all share the budget. */
  #comparisonCount(): number {
    return 1 + this.#references.length;
  }

  #featureCount(): number {
    return Math.max(1, Object.keys(this.#memory.features).length);
  }

  #eventsIn({ windowStartMs, windowSizeMs }: WindowRow): readonly KnownEvent[] {
    return eventsTouching(this.#options.knownEvents, windowStartMs, windowStartMs + windowSizeMs);
  }
}

function isSuspect(finding: Finding, limits: AlertLimits): boolean {
  return finding.verdict.certain || finding.significance >= limits.suspect;
}
