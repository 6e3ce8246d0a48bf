/** One finding as the row that is kept: the answer is the auditor's, the number and its explanation the detector's. */
import type { Severity, Verdict } from "../../../detectors/contract.ts";
import type { VerdictRow, WindowRow } from "../../store/contract.ts";
import type { AlertLimits } from "../budget/page-budget.ts";

/** Significance from which the numbers behind an answer are kept, though it is "ok". */
const EXPLAINED_FROM = 1;

export interface RowSubject {
  readonly window: WindowRow;
  readonly feature: string;
  readonly detector: string;
  /** True within a known event: said, but neither paged nor warned. */
  readonly muted: boolean;
}

/** What the explanation holds beside the verdict's parts. */
export type Explained = Readonly<Record<string, unknown>>;

/**
 * @param significance what the lane's past leaves of the verdict's own.
 * @param limits the budget's; undefined where the detector keeps the budget itself (series).
 */
export function verdictRow(
  subject: RowSubject,
  verdict: Verdict,
  significance: number,
  limits: AlertLimits | undefined,
  explained: Explained,
): VerdictRow {
  const severity = severityOf(subject, verdict, significance, limits);
  const anomalous =
    verdict.answer === "anomalous" && (severity !== "info" || verdict.severity === "info" || subject.muted);
  return {
    windowStartMs: subject.window.windowStartMs,
    windowSizeMs: subject.window.windowSizeMs,
    swimlane: subject.window.swimlane,
    source: subject.window.source,
    feature: subject.feature,
    detector: subject.detector,
    revision: subject.window.revision,
    answer: verdict.answer === "insufficient" ? "insufficient" : anomalous ? "anomalous" : "ok",
    severity,
    statistic: verdict.statistic,
    threshold: verdict.threshold,
    effect: verdict.effect,
    significance,
    sketchError: verdict.sketchError,
    incidentId: "",
    summary: verdict.summary,
    explanation: textOf(explanationOf(verdict, significance, limits, explained, anomalous)),
  };
}

const texts = new WeakMap<Explained, string>();

/** For what many rows hold and most say nothing beside: its text is made once. */
export function sharedByRows(explained: Explained): Explained {
  texts.set(explained, JSON.stringify(explained));
  return explained;
}

function textOf(explanation: Explained): string {
  return texts.get(explanation) ?? JSON.stringify(explanation);
}

function severityOf(
  subject: RowSubject,
  verdict: Verdict,
  significance: number,
  limits: AlertLimits | undefined,
): Severity {
  if (verdict.answer !== "anomalous" || subject.muted) return "info";
  if (limits === undefined || verdict.certain) return verdict.severity;
  if (significance < limits.warn) return "info";
  if (significance < limits.page) return verdict.severity === "page" ? "warn" : verdict.severity;
  return verdict.severity;
}

function explanationOf(
  verdict: Verdict,
  significance: number,
  limits: AlertLimits | undefined,
  explained: Explained,
  anomalous: boolean,
): Explained {
  // What is well needs no explanation beyond what it was held to; most rows are.
  if (!anomalous && verdict.significance < EXPLAINED_FROM) return explained;
  const explanation: Record<string, unknown> = Object.assign({}, explained);
  if (limits !== undefined && verdict.answer !== "insufficient") {
    explanation["significanceBeforeHistory"] = rounded(verdict.significance);
    explanation["significance"] = rounded(significance);
    explanation["warnLimit"] = rounded(limits.warn);
    explanation["pageLimit"] = rounded(limits.page);
  }
  if (verdict.certain) explanation["certain"] = true;
  if (anomalous && verdict.parts.length > 0) explanation["parts"] = verdict.parts;
  return explanation;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
