/**
 * Has the feature moved away from a kept baseline, by a little a week? The newest week (four, for daily windows) of the
 * lane's accepted windows, added up, against it: on so many rows a shift shows that no single window could.
 */
import type { Verdict } from "../../../detectors/contract.ts";
import type { VerdictRow, WindowRow } from "../../store/contract.ts";
import { tallyOf } from "../cells/tally.ts";
import type { FeatureMemory } from "../feature/feature-memory.ts";
import { judgeSlowDrift, slowDriftOptions } from "../feature/slow-drift.ts";
import { heldToName } from "../verdict/verdict-name.ts";
import { verdictRow } from "../verdict/verdict-row.ts";
import { atMost, type NamedReference } from "./named-reference.ts";
import type { PreparedReference } from "./prepared-reference.ts";

export interface DriftSubject {
  readonly window: WindowRow;
  readonly feature: string;
  /** What the lane knows of the feature itself. */
  readonly own: FeatureMemory | undefined;
  readonly detectorOptions: Readonly<Record<string, unknown>>;
  readonly muted: boolean;
}

/** @returns undefined where it is not the time to say it, or there is nothing to compare. */
export function slowDriftFrom(
  { window, feature, own, detectorOptions, muted }: DriftSubject,
  reference: NamedReference,
  { catalog }: PreparedReference,
): VerdictRow | undefined {
  const held = reference.features.get(feature)!;
  if (reference.kind === "lane" || own?.catalog === undefined || own.catalog.layout !== catalog.layout)
    return undefined;
  if (!held.known.has(catalog.layout)) return undefined;
  const options = { ...slowDriftOptions(detectorOptions), severity: atMost("warn", reference.severity) };
  const tally = tallyOf(held.snapshot, own.catalog);
  const pinned = { ...tally, windowCount: reference.windowCount };
  const verdict = judgeSlowDrift({ ...own, pinned }, window.windowStartMs, window.windowSizeMs, options);
  if (verdict === undefined) return undefined;
  const told = beyondSketch(verdict, tally.rankErrorMax, options.effectMin);
  const subject = { window, feature, detector: heldToName("slow-drift", reference.name), muted };
  return verdictRow(subject, told, told.significance, undefined, { reference: reference.name });
}

/** A week of windows needs no second one to be believed; but what the sketch may explain is no drift. */
function beyondSketch(verdict: Verdict, sketchError: number, effectMin: number): Verdict {
  const effect = Math.max(0, verdict.effect - sketchError);
  const anomalous = verdict.answer === "anomalous" && effect >= effectMin;
  return {
    ...verdict,
    answer: anomalous ? "anomalous" : "ok",
    severity: anomalous ? verdict.severity : "info",
    certain: anomalous,
    effect,
    sketchError,
    threshold: verdict.threshold + sketchError,
  };
}
