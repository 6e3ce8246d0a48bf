/**
 * What do a lane's features say together that none says alone? Exchanged values, and nulls that the features which
 * are usually empty together do not share. Both discounted by the lane's own past, like any detector.
 */
import type { Verdict } from "../../../detectors/contract.ts";
import type { JudgedFeature } from "../feature/feature-judgement.ts";
import type { FeatureMemory } from "../feature/feature-memory.ts";
import { discount, fitTail, HONEST_TAIL, PAST_MAX, type Tail } from "../past/calibration.ts";
import { pushSingle } from "../quantile.ts";
import type { Finding } from "../verdict/finding.ts";
import { emptySiblings, noteNulls, orphanedNulls, type SiblingMemory } from "./sibling-nulls.ts";
import { type Directions, directionsOf, mostSwapped, type Swap } from "./swapped-features.ts";

/** Windows between two looks at what the features' references are. */
const REFRESH_EVERY = 64;
const REFIT_EVERY = 8;
/** Theory's floor; the page budget asks for more. */
const SIGNIFICANCE_MIN = 3;

export interface JointMemory {
  directions: Directions;
  /** Features whose reference was known when directions were drawn. */
  knownCount: number;
  swaps: { significances: number[]; tail: Tail };
  orphans: { significances: number[]; tail: Tail };
  siblings: SiblingMemory;
  windowCount: number;
}

export function emptyJoint(): JointMemory {
  return {
    directions: {},
    knownCount: 0,
    swaps: { significances: [], tail: HONEST_TAIL },
    orphans: { significances: [], tail: HONEST_TAIL },
    siblings: emptySiblings(),
    windowCount: 0,
  };
}

export interface JointFindings {
  readonly byFeature: ReadonlyMap<string, readonly Finding[]>;
  /** Before any discount, for what is learned. */
  readonly swapSignificance: number;
  readonly orphanSignificances: ReadonlyMap<string, number>;
}

export function judgeJoint(
  memory: JointMemory,
  judged: ReadonlyMap<string, JudgedFeature>,
  memories: Readonly<Record<string, FeatureMemory>>,
): JointFindings {
  refresh(memory, memories);
  const byFeature = new Map<string, Finding[]>();
  const add = (feature: string, finding: Finding): void => {
    byFeature.set(feature, [...(byFeature.get(feature) ?? []), finding]);
  };
  const swap = mostSwapped(memory.directions, judged, memories);
  if (swap !== undefined) {
    const significance = discount(swap.significance, memory.swaps.tail);
    for (const feature of swap.features) add(feature, swapFinding(feature, swap, significance));
  }
  const orphanSignificances = judgeOrphans(memory, judged, add);
  return { byFeature, swapSignificance: swap?.significance ?? 0, orphanSignificances };
}

/** Learns from the window. @param suspects features that are not to be learned from */
export function learnJoint(
  memory: JointMemory,
  found: JointFindings,
  judged: ReadonlyMap<string, JudgedFeature>,
  suspects: ReadonlySet<string>,
): void {
  memory.windowCount++;
  if (suspects.size === 0) pushSingle(memory.swaps.significances, found.swapSignificance, PAST_MAX);
  for (const [feature, significance] of found.orphanSignificances) {
    if (!suspects.has(feature)) pushSingle(memory.orphans.significances, significance, PAST_MAX);
  }
  if (suspects.size === 0) noteNulls(memory.siblings, nullsOf(judged), recordsOf(judged));
  if (memory.windowCount % REFIT_EVERY !== 0) return;
  memory.swaps.tail = fitTail(memory.swaps.significances, HONEST_TAIL);
  memory.orphans.tail = fitTail(memory.orphans.significances, HONEST_TAIL);
}

function refresh(memory: JointMemory, memories: Readonly<Record<string, FeatureMemory>>): void {
  let known = 0;
  for (const name of Object.keys(memories)) if (memories[name]!.catalog !== undefined) known++;
  if (known === memory.knownCount && memory.windowCount % REFRESH_EVERY !== 0) return;
  memory.knownCount = known;
  memory.directions = directionsOf(memories);
}

function judgeOrphans(
  memory: JointMemory,
  judged: ReadonlyMap<string, JudgedFeature>,
  add: (feature: string, finding: Finding) => void,
): Map<string, number> {
  const significances = new Map<string, number>();
  const nulls = nullsOf(judged);
  const records = recordsOf(judged);
  for (const feature of judged.keys()) {
    const orphaned = orphanedNulls(memory.siblings, feature, nulls, records);
    if (orphaned === undefined) continue;
    significances.set(feature, orphaned.significance);
    const summary =
      `${orphaned.count} of ${records} records have no value although ` +
      `${orphaned.siblings.join(" and ")}, which are usually empty together with it, do`;
    const significance = discount(orphaned.significance, memory.orphans.tail);
    add(feature, finding(verdictOf(orphaned.count / records, orphaned.significance, summary), significance));
  }
  return significances;
}

function swapFinding(feature: string, swap: Swap, significance: number): Finding {
  const other = swap.features[0] === feature ? swap.features[1] : swap.features[0];
  const summary = `its values look like those of ${other}, and those of ${other} like its own: exchanged?`;
  return finding(verdictOf(swap.significance, swap.significance, summary), significance);
}

function finding(verdict: Verdict, significance: number): Finding {
  return { detector: "joint", verdict, significance, referenceName: "all" };
}

function verdictOf(statistic: number, significance: number, summary: string): Verdict {
  const anomalous = significance >= SIGNIFICANCE_MIN;
  return {
    answer: anomalous ? "anomalous" : "ok",
    statistic,
    threshold: 0,
    effect: statistic,
    significance,
    sketchError: 0,
    severity: anomalous ? "page" : "info",
    certain: false,
    selfCalibrated: false,
    summary,
    parts: [],
  };
}

function nullsOf(judged: ReadonlyMap<string, JudgedFeature>): Map<string, number> {
  return new Map([...judged].map(([feature, { tally }]) => [feature, tally.nullCount]));
}

function recordsOf(judged: ReadonlyMap<string, JudgedFeature>): number {
  for (const { tally } of judged.values()) return tally.recordCount;
  return 0;
}
