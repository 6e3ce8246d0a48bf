import type { VerdictRow } from "../../store/contract.ts";
import { verdictName } from "../../store/verdict-key.ts";
import type { VerdictAnswer } from "../wire.ts";
import { maybe, readExplanation } from "./explanation.ts";

/** A verdict's row as JSON can say it: NaN is `null`, the explanation an object. */
export function verdictAnswer(row: VerdictRow): VerdictAnswer {
  return {
    name: verdictName(row),
    windowStartMs: row.windowStartMs,
    windowEndMs: row.windowStartMs + row.windowSizeMs,
    swimlane: row.swimlane,
    source: row.source,
    feature: row.feature,
    detector: row.detector,
    revision: row.revision,
    answer: row.answer,
    severity: row.severity,
    statistic: maybe(row.statistic),
    threshold: maybe(row.threshold),
    effect: maybe(row.effect),
    significance: maybe(row.significance),
    sketchError: maybe(row.sketchError),
    incidentId: row.incidentId,
    summary: row.summary,
    explanation: readExplanation(row.explanation),
  };
}
