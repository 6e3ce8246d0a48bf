/**
 * Is this window what a named baseline, or another lane at the same time, says that it should be?
 *
 * A lane's own past learns whatever lasts; what people keep does not. So these comparisons have no trailing baseline
 * and no new normal: they say the same of the same window for ever, page when a difference begins, and warn while it
 * lasts (reference-memory.ts). How much windows differ by themselves is taken from the lane's own past, for a fixed
 * reference, and from the pair's past for two lanes, so that seasons which both have do not count.
 */
import type {
  DetectorContext,
  DistributionDetector,
  DistributionSnapshot,
  FeatureKind,
  Reference,
  Verdict,
} from "../../../detectors/contract.ts";
import { snapshotOf } from "../../sketch/snapshot.ts";
import type { ProfileRow, VerdictRow, WindowRow } from "../../store/contract.ts";
import type { AlertLimits } from "../budget/page-budget.ts";
import { alignedSnapshot } from "../cells/aligned-snapshot.ts";
import { type Tally, tallyOf } from "../cells/tally.ts";
import type { FeatureMemory } from "../feature/feature-memory.ts";
import { discount, HONEST_TAIL, type Tail } from "../past/calibration.ts";
import { movementOf } from "../past/own-movement.ts";
import { absentFeature } from "../verdict/absent-feature.ts";
import { NOT_JUDGED } from "../verdict/finding.ts";
import { findingRow } from "../verdict/finding-rows.ts";
import { heldToName } from "../verdict/verdict-name.ts";
import { verdictRow } from "../verdict/verdict-row.ts";
import { noveltyLimit } from "./exchangeable.ts";
import { atMost, type NamedReference, type ReferenceFeature } from "./named-reference.ts";
import { type PreparedReference, prepareReference } from "./prepared-reference.ts";
import { slowDriftFrom } from "./reference-drift.ts";
import {
  emptyPair,
  inEpisode,
  isUnsettled,
  learnPair,
  noteAlert,
  type PairMemory,
  type ReferenceMemory,
} from "./reference-memory.ts";

export interface ReferenceAudit {
  readonly window: WindowRow;
  /** Of the window's features. */
  readonly profiles: readonly ProfileRow[];
  readonly references: readonly NamedReference[];
  readonly memory: ReferenceMemory;
  /** What the lane knows of its own features. */
  readonly features: Readonly<Record<string, FeatureMemory>>;
  readonly laneTails: Readonly<Record<string, Tail>>;
  readonly detectors: readonly DistributionDetector[];
  readonly detectorOptions: Readonly<Record<string, unknown>>;
  readonly kindOf: (feature: string) => FeatureKind | undefined;
  readonly contextOf: (feature: string) => DetectorContext;
  readonly limits: AlertLimits;
  readonly muted: boolean;
}

/**
 * Live from the lane's own windows: how many different values a window of such a size has, how its numbers are
 * written, how often each single value comes. A merge of many windows, or a sketch, does not tell.
 */
const NOT_HELD: ReadonlySet<string> = new Set(["cardinality", "precision", "heavy-value"]);
/** A feature that is gone, a type that is another: far beyond what names that a sketch dropped could explain. */
const CERTAIN_EFFECT_MIN = 0.5;
/** Count what a sketch of values alone does not have. */
const OF_COUNTS: ReadonlySet<string> = new Set(["null-rate", "schema"]);

export function judgeReferences(audit: ReferenceAudit): VerdictRow[] {
  const rows: VerdictRow[] = [];
  const profiles = new Map(
    audit.profiles.filter(({ kind }) => kind === "feature").map((row) => [row.feature, row]),
  );
  for (const reference of audit.references) {
    if (reference.missing !== "") {
      rows.push(plainRow(audit, reference, "*", { ...NOT_JUDGED, summary: reference.missing }));
      continue;
    }
    audit.memory[reference.name] ??= {};
    const pairs = audit.memory[reference.name]!;
    for (const [feature, held] of reference.features) {
      const row = profiles.get(feature);
      if (row === undefined && audit.features[feature] === undefined) {
        rows.push(plainRow(audit, reference, feature, neverSeen(reference)));
        continue;
      }
      const snapshot =
        row === undefined
          ? absentFeature(audit.window.recordCount)
          : snapshotOf(row.profile, row.recordCount);
      pairs[feature] ??= emptyPair();
      rows.push(...judgeFeature(audit, reference, { feature, held, snapshot, pair: pairs[feature] }));
    }
  }
  return rows;
}

interface Subject {
  readonly feature: string;
  readonly held: ReferenceFeature;
  readonly snapshot: DistributionSnapshot;
  readonly pair: PairMemory;
}

function judgeFeature(audit: ReferenceAudit, reference: NamedReference, subject: Subject): VerdictRow[] {
  const { feature, held, snapshot, pair } = subject;
  const { window, muted } = audit;
  const lasting = inEpisode(pair, window.windowStartMs, window.windowSizeMs);
  const limits = lasting ? { ...audit.limits, warn: audit.limits.suspect } : audit.limits;
  const prepared = prepareReference(held, audit.kindOf(feature));
  const current = held.known.has("counts") ? snapshot : valuesOnly(snapshot);
  const tally = tallyOf(current, prepared.catalog);
  const sides = sidesOf(audit, reference, subject, { prepared, current, tally });
  const significances = new Map<string, number>();
  const rows: VerdictRow[] = [];
  for (const detector of audit.detectors) {
    if (!canHold(detector, prepared, held)) continue;
    const { verdict, significance } = judge(audit, detector, reference.kind, subject, { prepared, sides });
    if (verdict.answer !== "insufficient") significances.set(detector.name, verdict.significance);
    const name = heldToName(detector.name, reference.name);
    const finding = { detector: name, verdict, significance, referenceName: reference.name };
    rows.push(findingRow(window, feature, finding, limits, muted));
  }
  const accepted =
    !muted && rows.every((row) => row.answer !== "anomalous" || row.significance < limits.suspect);
  if (reference.kind === "lane" && accepted && tally.valueCount > 0)
    learnPair(
      pair,
      { sums: { ...prepared.tally, windowCount: 1 }, tally, catalog: prepared.catalog },
      significances,
    );
  const own = audit.features[feature];
  const drift = slowDriftFrom(
    { window, feature, own, detectorOptions: audit.detectorOptions, muted },
    reference,
    prepared,
  );
  return [...quieted(rows, reference, pair, window), ...(drift === undefined ? [] : [drift])];
}

interface Side {
  readonly reference: Reference;
  readonly current: DistributionSnapshot;
}

interface Sides {
  readonly baseline: Side;
  readonly frozen: Side;
}

function sidesOf(
  audit: ReferenceAudit,
  { name, kind, windowCount }: NamedReference,
  { feature, held, pair }: Subject,
  seen: {
    readonly prepared: PreparedReference;
    readonly current: DistributionSnapshot;
    readonly tally: Tally;
  },
): Sides {
  const { window } = audit;
  const own = () => movementOf(audit.features[feature], window.windowStartMs, window.windowSizeMs);
  const overdispersion = kind === "lane" ? (pair.overdispersion ?? own()) : own();
  return {
    baseline: {
      reference: { name, snapshot: seen.prepared.aligned, windowCount, overdispersion },
      current: alignedSnapshot(seen.tally, seen.prepared.catalog, seen.current),
    },
    frozen: {
      reference: { name, snapshot: held.snapshot, windowCount, overdispersion },
      current: seen.current,
    },
  };
}

function judge(
  audit: ReferenceAudit,
  detector: DistributionDetector,
  kind: NamedReference["kind"],
  { feature, held, pair }: Subject,
  { prepared, sides }: { readonly prepared: PreparedReference; readonly sides: Sides },
): { readonly verdict: Verdict; readonly significance: number } {
  const context = audit.contextOf(feature);
  const options = {
    ...(detector.defaults as object),
    ...(audit.detectorOptions[detector.name] as object | undefined),
  };
  const { reference, current } = detector.heldTo === "frozen" ? sides.frozen : sides.baseline;
  const memory = prepared.memoryOf(detector, () => {
    // The reference is the only "window" that the detector may know; it never learns from what is held to it.
    const start = detector.start(context, options);
    return detector.learn(reference, reference.snapshot, NOT_JUDGED, start, context, options);
  });
  const verdict = detector.judge(reference, current, memory, context, options);
  if (verdict.answer === "insufficient") return { verdict, significance: 0 };
  if (isCertain(verdict, held)) return { verdict, significance: verdict.significance };
  const limit = noveltyLimit(detector.name, verdict, held.snapshot, sides.frozen.current);
  const honest = { ...verdict, certain: false, significance: Math.min(verdict.significance, limit) };
  if (verdict.selfCalibrated === true && kind === "fixed")
    return { verdict: honest, significance: honest.significance };
  const own = audit.features[feature]?.detectors[detector.name]?.tail;
  const paired = pair.overdispersion === undefined ? undefined : pair.pasts[detector.name]?.tail;
  const tail = paired ?? own ?? audit.laneTails[detector.name] ?? HONEST_TAIL;
  return { verdict: honest, significance: discount(honest.significance, tail) };
}

/** A sign that needs no statistics, unless the reference may have had it and lost it, or hardly differs in it. */
function isCertain({ certain, effect }: Verdict, { snapshot }: ReferenceFeature): boolean {
  if (!certain) return false;
  const lossy = snapshot.categoryOtherCount > 0 && snapshot.stringCount + snapshot.booleanCount > 0;
  return !lossy || effect >= CERTAIN_EFFECT_MIN;
}

/** Whether the reference tells what the detector looks at. */
function canHold(
  detector: DistributionDetector,
  { catalog }: PreparedReference,
  { known }: ReferenceFeature,
): boolean {
  if (NOT_HELD.has(detector.name) || !detector.featureKinds.includes(catalog.kind)) return false;
  if (OF_COUNTS.has(detector.name)) return known.has("counts");
  return known.has(catalog.layout);
}

/** A reference without counts says nothing of nulls, so the window's are left out of both sides. */
function valuesOnly(snapshot: DistributionSnapshot): DistributionSnapshot {
  const values = snapshot.numberCount + snapshot.stringCount + snapshot.booleanCount;
  return { ...snapshot, recordCount: values, presentCount: values, nullCount: 0 };
}

/** A difference that lasts pages once; and no verdict may cause more than its reference may. */
function quieted(
  rows: readonly VerdictRow[],
  reference: NamedReference,
  pair: PairMemory,
  { windowStartMs, windowSizeMs }: WindowRow,
): VerdictRow[] {
  const alerting = rows.filter((row) => row.answer === "anomalous" && row.severity !== "info");
  if (alerting.length === 0)
    return isUnsettled(pair, windowStartMs, windowSizeMs) ? rows.map(unsettled) : [...rows];
  const certain = alerting.some((row) => row.explanation.includes('"certain":true'));
  const most = atMost(noteAlert(pair, windowStartMs, windowSizeMs, certain), reference.severity);
  return rows.map((row) =>
    row.answer === "anomalous" ? { ...row, severity: atMost(row.severity, most) } : row,
  );
}

/** A window with few rows, or at an hour when the two are alike, must not close the incident and open another. */
function unsettled(row: VerdictRow): VerdictRow {
  if (row.answer !== "ok") return row;
  const summary = `agrees in this window, after a difference that lasted; it is over once a day of windows agrees`;
  return { ...row, answer: "insufficient", statistic: Number.NaN, threshold: Number.NaN, summary };
}

/** Told, but no reason to wake anyone: a training set has columns (the label, for one) that are never served. */
function neverSeen(reference: NamedReference): Verdict {
  return {
    ...NOT_JUDGED,
    answer: "anomalous",
    effect: 1,
    statistic: 1,
    threshold: 0,
    summary: `${reference.name} has this feature, and the lane never had it`,
  };
}

function plainRow(
  { window, muted }: ReferenceAudit,
  reference: NamedReference,
  feature: string,
  verdict: Verdict,
): VerdictRow {
  const subject = { window, feature, detector: heldToName("reference", reference.name), muted };
  return verdictRow(subject, verdict, 0, undefined, { reference: reference.name });
}
