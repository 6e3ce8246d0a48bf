/**
 * What people said of incidents, as far as it changes what is judged next.
 *
 * Noise is learned: an anomaly like it (same feature and detector, no more than a quarter stronger) is said and told to
 * nobody, and its window joins the past that thresholds come from. What was expected is told to nobody either, and
 * becomes the new normal early. What is real never becomes the new normal while it lasts, and is told again at once.
 * A certain sign (a silent lane, a feature gone, nulls where there were none) is never tolerated.
 */
import type { FeedbackRow, VerdictRow } from "../store/contract.ts";
import type { LaneMemory } from "./lane-memory.ts";

/** The strongest alert of an incident by source, feature, detector and size of window. */
export interface LabelledAnomaly {
  readonly source: string;
  readonly feature: string;
  readonly detector: string;
  readonly windowSizeMs: number;
  /** Signed, in the detector's own unit. */
  readonly effect: number;
}

interface Tolerance {
  readonly feature: string;
  readonly detector: string;
  readonly effect: number;
  readonly label: "noise" | "expected";
  readonly incidentId: string;
  /** Event time. */
  readonly untilMs: number;
}

export interface FeedbackMemory {
  /** Names of the newest rows taken in. */
  applied: string[];
  /** Whatever was said before it (wall clock) counts as taken in. Left out until rows were forgotten. */
  appliedBeforeMs?: number;
  tolerances: Tolerance[];
  /** By feature, until when (event time) what is wrong with it is a known fault. */
  faultUntilMs: Record<string, number>;
  /** By feature, a change of it that was meant. */
  expected: Record<string, Expected>;
}

interface Expected {
  readonly label: "expected";
  readonly incidentId: string;
  /** Event time. */
  readonly untilMs: number;
}

const WEEK_MS = 7 * 86_400_000;
/** What was called noise or expected is told again after so long. */
const TOLERATED_MS = 8 * WEEK_MS;
/** So many windows of a feature are quiet, whatever the detector, while a change that was meant becomes its reference. */
const EXPECTED_WINDOWS = 8;
/** A fault that nobody has called fixed after so long is the new normal like any other change. */
const FAULT_MS = 4 * WEEK_MS;
/** An anomaly that is stronger than the tolerated one by more than this is another one. */
const STRONGER = 1.25;
const TOLERANCES_MAX = 1_000;
/** Rows remembered by name, for those that a store shows late; what is older is known by its time alone. */
const APPLIED_MAX = 200;
const ANOMALIES_MAX = 200;

/** JSON for {@link FeedbackRow.anomalies}; of more than {@link ANOMALIES_MAX} the strongest evidence. */
export function encodeAnomalies(verdicts: readonly VerdictRow[]): string {
  const strongest = new Map<string, VerdictRow>();
  for (const row of verdicts) {
    if (row.answer !== "anomalous" || row.severity === "info" || !Number.isFinite(row.effect)) continue;
    const key = JSON.stringify([row.source, row.feature, row.detector, row.windowSizeMs]);
    const known = strongest.get(key);
    if (known === undefined || Math.abs(row.effect) > Math.abs(known.effect)) strongest.set(key, row);
  }
  const kept = [...strongest.values()]
    .sort((a, b) => b.significance - a.significance)
    .slice(0, ANOMALIES_MAX)
    .map(
      ({ source, feature, detector, windowSizeMs, effect }): LabelledAnomaly => ({
        source,
        feature,
        detector,
        windowSizeMs,
        effect,
      }),
    );
  return JSON.stringify(kept);
}

/** Takes in the rows that hold from `windowStartMs` or before and are not known yet, in the order they were given. */
export function hearFeedback(
  memory: LaneMemory,
  rows: readonly FeedbackRow[],
  lane: { readonly source: string; readonly windowSizeMs: number },
  windowStartMs: number,
): void {
  for (const row of rows) {
    if (row.appliesFromMs > windowStartMs || row.appliesFromMs < windowStartMs - TOLERATED_MS) continue;
    if (isKnown(memory.feedback, row)) continue;
    memory.feedback ??= { applied: [], tolerances: [], faultUntilMs: {}, expected: {} };
    remember(memory.feedback, row);
    for (const anomaly of anomaliesOf(row)) {
      // A smaller window that is tolerated leaves its larger ones with the same thing to say.
      if (anomaly.source === lane.source && anomaly.windowSizeMs <= lane.windowSizeMs)
        apply(memory, memory.feedback, row, anomaly, lane.windowSizeMs);
    }
  }
}

function isKnown(feedback: FeedbackMemory | undefined, row: FeedbackRow): boolean {
  if (feedback === undefined) return false;
  return (
    row.atMs < (feedback.appliedBeforeMs ?? Number.NEGATIVE_INFINITY) ||
    feedback.applied.includes(nameOf(row))
  );
}

/** Forgets by time and never by place in the list: one row applied twice would undo all that was said after it. */
function remember(feedback: FeedbackMemory, row: FeedbackRow): void {
  const names = [...feedback.applied, nameOf(row)];
  if (names.length > APPLIED_MAX) {
    const newestFirst = names.map(saidAtMs).sort((a, b) => b - a);
    feedback.appliedBeforeMs = newestFirst[APPLIED_MAX - 1]!;
  }
  const beforeMs = feedback.appliedBeforeMs ?? Number.NEGATIVE_INFINITY;
  feedback.applied = names.filter((name) => saidAtMs(name) >= beforeMs);
}

const nameOf = ({ atMs, incidentId }: FeedbackRow) => `${atMs}|${incidentId}`;
const saidAtMs = (name: string) => Number(name.slice(0, name.indexOf("|")));

/** Shorthand of a finding or a row that may be tolerated. */
export interface Anomaly {
  readonly feature: string;
  readonly detector: string;
  readonly effect: number;
  readonly certain: boolean;
}

export function toleranceOf(
  feedback: FeedbackMemory | undefined,
  { feature, detector, effect, certain }: Anomaly,
  windowStartMs: number,
): Tolerance | undefined {
  if (certain) return undefined;
  return feedback?.tolerances.find(
    (known) =>
      known.feature === feature &&
      known.detector === detector &&
      windowStartMs < known.untilMs &&
      effect * known.effect >= 0 &&
      Math.abs(effect) <= STRONGER * Math.abs(known.effect),
  );
}

/** The window's rows, where what is like something called noise or expected is `ok`, and says why. */
export function tolerated(
  rows: readonly VerdictRow[],
  feedback: FeedbackMemory | undefined,
): readonly VerdictRow[] {
  if (feedback === undefined) return rows;
  return rows.map((row) => {
    if (row.answer !== "anomalous" || row.severity === "info") return row;
    const explanation = JSON.parse(row.explanation) as Record<string, unknown>;
    const certain = explanation["certain"] === true;
    const known = toleranceOf(feedback, { ...row, certain }, row.windowStartMs);
    const expected = certain ? undefined : expectedChange(feedback, row.feature, row.windowStartMs);
    const { label, incidentId } = known ?? expected ?? {};
    if (label === undefined) return row;
    return {
      ...row,
      // Not anomalous either: an incident that is open would never end, and no gate would pass.
      answer: "ok",
      severity: "info",
      summary: `${row.summary}; like what was called ${label} in ${incidentId}`,
      explanation: JSON.stringify({ ...explanation, toleratedBy: incidentId }),
    };
  });
}

/** What people said of the change that a feature shows: a fault that they confirmed, or one that was meant. */
export function changeOf(
  feedback: FeedbackMemory | undefined,
  feature: string,
  windowStartMs: number,
): "fault" | "expected" | undefined {
  if (windowStartMs < (feedback?.faultUntilMs[feature] ?? Number.NEGATIVE_INFINITY)) return "fault";
  return expectedChange(feedback, feature, windowStartMs) === undefined ? undefined : "expected";
}

function expectedChange(
  feedback: FeedbackMemory | undefined,
  feature: string,
  windowStartMs: number,
): Expected | undefined {
  const expected = feedback?.expected[feature];
  return expected !== undefined && windowStartMs < expected.untilMs ? expected : undefined;
}

function apply(
  memory: LaneMemory,
  feedback: FeedbackMemory,
  { label, incidentId, appliesFromMs }: FeedbackRow,
  { feature, detector, effect }: LabelledAnomaly,
  windowSizeMs: number,
): void {
  const others = feedback.tolerances.filter((t) => t.feature !== feature || t.detector !== detector);
  const before = feedback.tolerances.find((t) => t.feature === feature && t.detector === detector);
  delete feedback.expected[feature];
  delete feedback.faultUntilMs[feature];
  switch (label) {
    case "noise":
    case "expected": {
      const alike = before !== undefined && before.effect * effect > 0;
      const strongest = alike && Math.abs(before.effect) > Math.abs(effect) ? before.effect : effect;
      const untilMs = appliesFromMs + TOLERATED_MS;
      others.push({ feature, detector, effect: strongest, label, incidentId, untilMs });
      if (label === "expected") {
        const quietUntilMs = appliesFromMs + EXPECTED_WINDOWS * windowSizeMs;
        feedback.expected[feature] = { label, incidentId, untilMs: quietUntilMs };
      }
      break;
    }
    case "real":
      feedback.faultUntilMs[feature] = appliesFromMs + FAULT_MS;
      break;
    case "fixed":
      forgetRefusals(memory, feature);
      break;
  }
  feedback.tolerances = others.slice(-TOLERANCES_MAX);
}

/** What was refused while the fault lasted is no step towards a new normal. */
function forgetRefusals(memory: LaneMemory, feature: string): void {
  const known = Object.hasOwn(memory.features, feature) ? memory.features[feature] : undefined;
  if (known?.catalog === undefined) return;
  known.refusals = [];
  known.held = [];
}

function anomaliesOf(row: FeedbackRow): readonly LabelledAnomaly[] {
  return row.anomalies === "" ? [] : (JSON.parse(row.anomalies) as readonly LabelledAnomaly[]);
}
