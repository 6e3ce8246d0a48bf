/**
 * Who may spend how much of a lane's page budget? It is divided among what can really page there, and nothing else.
 *
 * A lane without metrics leaves their part to the record count; one that writes in every window leaves freshness's.
 * The shares of one window always add up to 1, so the sum of what all detectors may cause stays within the budget.
 */
import type { SeriesDetector, SeriesSubject } from "../../../detectors/contract.ts";

/** Parts in proportion to what an owner loses: records and features most. All metrics of a lane have one part. */
const PARTS = { records: 2, freshness: 1, metrics: 1, features: 2 } as const;

/** What could page within so long keeps its part: a lane that sleeps at night doesn't lend it out each evening. */
const AWAKE_FOR_MS = 7 * 86_400_000;

/** When each series was last awake under each detector, by `key`. Plain data. */
export type Awake = Record<string, number>;

export interface Shares {
  /** Of one metric under one detector. */
  readonly metric: number;
  readonly features: number;
  /** Of the record count under one detector. */
  ofRecords(detector: SeriesDetector): number;
}

export function awakeKey(series: string, detector: SeriesDetector): string {
  return `${detector.name}|${series}`;
}

export function noteAwake(awake: Awake, key: string, nowMs: number, idle: boolean): void {
  if (!idle) awake[key] = nowMs;
}

/**
 * @param series detectors of the lane's series.
 * @param metrics names of the lane's metrics and what they are.
 */
export function budgetShares(
  awake: Awake,
  nowMs: number,
  series: readonly SeriesDetector[],
  metrics: ReadonlyMap<string, SeriesSubject>,
  hasFeatures: boolean,
): Shares {
  const isAwake = (key: string) => nowMs - (awake[key] ?? Number.NEGATIVE_INFINITY) <= AWAKE_FOR_MS;
  const ofRecords = series.filter((detector) => judgesSubject(detector, "records"));
  const records = ofRecords
    .filter((detector) => isAwake(awakeKey("*", detector)))
    .reduce((sum, detector) => sum + recordsPart(detector), 0);
  let metricCount = 0;
  for (const [name, subject] of metrics) {
    metricCount += series.filter(
      (detector) => judgesSubject(detector, subject) && isAwake(awakeKey(name, detector)),
    ).length;
  }
  const metricsPart = metricCount > 0 ? PARTS.metrics : 0;
  const featuresPart = hasFeatures ? PARTS.features : 0;
  const total = records + metricsPart + featuresPart;
  // Who has just woken asks for its part in the next window; in this one it is held to what it will then have.
  const among = (part: number, isIn: boolean) => part / Math.max(part, total + (isIn ? 0 : part));
  return {
    metric: among(PARTS.metrics, metricCount > 0) / Math.max(1, metricCount),
    features: among(PARTS.features, hasFeatures),
    ofRecords: (detector) => among(recordsPart(detector), isAwake(awakeKey("*", detector))),
  };
}

export function judgesSubject(detector: SeriesDetector, subject: SeriesSubject): boolean {
  return detector.subjects === undefined || detector.subjects.includes(subject);
}

/** A detector of a user's own counts like freshness. */
function recordsPart(detector: SeriesDetector): number {
  return detector.name === "volume" ? PARTS.records : PARTS.freshness;
}
