/** Findings of one window as verdict rows, with what each was held to. */
import type { VerdictRow, WindowRow } from "../../store/contract.ts";
import type { AlertLimits } from "../budget/page-budget.ts";
import type { FrozenReference } from "../cells/frozen-reference.ts";
import type { SeriesFinding } from "../series-audit.ts";
import { type Finding, NOT_JUDGED } from "./finding.ts";
import { type Explained, sharedByRows, verdictRow } from "./verdict-row.ts";

export function findingRow(
  window: WindowRow,
  feature: string,
  finding: Finding,
  limits: AlertLimits,
  muted: boolean,
): VerdictRow {
  const subject = { window, feature, detector: finding.detector, muted };
  return verdictRow(subject, finding.verdict, finding.significance, limits, heldTo(finding.referenceName));
}

/** By the reference's name: the few that a baseline can have. */
const known = new Map<string, Explained>();

function heldTo(reference: string): Explained {
  let explained = known.get(reference);
  if (explained === undefined) {
    explained = sharedByRows({ reference });
    known.set(reference, explained);
  }
  return explained;
}

/** One row a feature while its reference is being learned: no pass for the gate, never a page. */
export function learningRow(window: WindowRow, feature: string, learned: FrozenReference): VerdictRow {
  const summary = `learning the reference: ${learned.windowCount} windows, ${learned.presentCount} records so far`;
  const subject = { window, feature, detector: "reference", muted: false };
  return verdictRow(subject, { ...NOT_JUDGED, summary }, 0, undefined, {});
}

export function seriesRow(
  window: WindowRow,
  feature: string,
  value: number,
  { detector, step }: SeriesFinding,
  muted: boolean,
): VerdictRow {
  const subject = { window, feature, detector: detector.name, muted };
  const explained = {
    value: finiteOrNull(value),
    expected: finiteOrNull(step.expected),
    lower: finiteOrNull(step.lowerLimit),
    upper: finiteOrNull(step.upperLimit),
  };
  return verdictRow(subject, step.verdict, step.verdict.significance, undefined, explained);
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
