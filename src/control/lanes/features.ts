/** The features of a lane: what was seen of each, and what its newest verdicts say. */

import type { Answer, FeatureKind, Severity } from "../../../detectors/contract.ts";
import { groupBy } from "../../base/group-by.ts";
import type { Store, TimeSpan, VerdictRow } from "../../store/contract.ts";
import { type FeatureBrief, type PlainTables, readFeatureBriefs } from "../history/lean-reads.ts";
import type { FeatureAnswer, FeaturesAnswer } from "../wire.ts";

/** Windows before the newest in which a feature must have been seen to be listed, when no span is asked for. */
const WINDOWS_BACK = 12;
/** Windows whose verdicts count as the newest. */
const VERDICT_WINDOWS = 3;
const VERDICTS_MAX = 100_000;
const ANSWERS: readonly Answer[] = ["anomalous", "ok", "insufficient"];
const SEVERITIES: readonly Severity[] = ["page", "warn", "info"];
/** A name that nearly every record has for itself identifies it. */
const ID_DISTINCT_SHARE = 0.5;
const ID_DISTINCT_MIN = 20;

export async function listFeatures(
  store: Store,
  tables: PlainTables,
  swimlane: string,
  windowSizeMs: number,
  span: TimeSpan | undefined,
): Promise<FeaturesAnswer> {
  const lanes = (await store.readLanes()).filter(
    (lane) => lane.swimlane === swimlane && lane.windowSizeMs === windowSizeMs,
  );
  const newestMs = Math.max(0, ...lanes.map((lane) => lane.lastWindowMs));
  const asked = span ?? { sinceMs: newestMs - WINDOWS_BACK * windowSizeMs, untilMs: newestMs + windowSizeMs };
  const briefs = await readFeatureBriefs(tables, swimlane, windowSizeMs, asked);
  const judgedFromMs = Math.min(newestMs + windowSizeMs, asked.untilMs) - VERDICT_WINDOWS * windowSizeMs;
  const verdicts = await store.readVerdicts({
    swimlane,
    windowSizeMs,
    sinceMs: judgedFromMs,
    untilMs: asked.untilMs,
    limit: VERDICTS_MAX,
  });
  const byFeature = groupBy(verdicts, keyOf);
  return {
    swimlane,
    windowSizeMs,
    sources: lanes.map((lane) => lane.source),
    features: briefs
      .map((brief) => featureAnswer(brief, byFeature.get(keyOf(brief)) ?? []))
      .sort(byAlarmThenName),
  };
}

function featureAnswer(brief: FeatureBrief, verdicts: readonly VerdictRow[]): FeatureAnswer {
  const anomalous = verdicts
    .filter((verdict) => verdict.answer === "anomalous")
    .map((verdict) => verdict.severity);
  return {
    source: brief.source,
    feature: brief.feature,
    kind: brief.kind,
    valueKind: valueKindOf(brief),
    alarm: SEVERITIES.find((severity) => anomalous.includes(severity)) ?? null,
    answer: ANSWERS.find((answer) => verdicts.some((verdict) => verdict.answer === answer)) ?? null,
    nullShare: brief.presentCount === 0 ? null : brief.nullCount / brief.presentCount,
  };
}

/** For people; what the audits decide by is frozen with their reference. */
function valueKindOf(brief: FeatureBrief): FeatureKind {
  const names = brief.stringCount + brief.booleanCount;
  if (names + brief.numberCount === 0) return "empty";
  if (names <= brief.numberCount) return "numeric";
  if (brief.booleanCount >= brief.stringCount) return "flag";
  const distinct = brief.distinctCount ?? 0;
  return distinct > ID_DISTINCT_MIN && distinct > (ID_DISTINCT_SHARE * names) / brief.windowCount
    ? "id"
    : "category";
}

const keyOf = (of: { readonly source: string; readonly feature: string }) =>
  JSON.stringify([of.source, of.feature]);

function byAlarmThenName(a: FeatureAnswer, b: FeatureAnswer): number {
  const rank = (feature: FeatureAnswer) =>
    feature.alarm === null ? SEVERITIES.length : SEVERITIES.indexOf(feature.alarm);
  return rank(a) - rank(b) || compare(a.source, b.source) || compare(a.feature, b.feature);
}

/** "feature-9" before "feature-10"; the same on every machine. */
const natural = new Intl.Collator("en", { numeric: true });
const compare = (a: string, b: string) => natural.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
