/** What an auditor remembers of one lane and source. Plain data; `memory-codec.ts` makes a string of it. */
import type { Awake } from "./budget/budget-shares.ts";
import type { FeatureMemory } from "./feature/feature-memory.ts";
import type { FeedbackMemory } from "./feedback.ts";
import { emptyJoint, type JointMemory } from "./joint/joint.ts";
import type { LimitMemory } from "./limits.ts";
import type { Tail } from "./past/calibration.ts";
import type { ReferenceMemory } from "./reference/reference-memory.ts";
import type { SeriesMemory } from "./series-audit.ts";

/** Features of one lane that are judged; more are counted in `unauditedCount`, never judged by halves. */
export const FEATURES_MAX = 5_000;

export interface LaneMemory {
  lastWindowStartMs: number;
  /** Sources of the swimlane, this one included, that share its page budget. Missing until that was said. */
  sourceCount?: number;
  /** Windows with records. */
  auditedCount: number;
  /** Times that a feature beyond the bound was left out. */
  unauditedCount: number;
  features: Record<string, FeatureMemory>;
  metrics: Record<string, SeriesMemory>;
  records: SeriesMemory;
  /** Which series could page of late, and so have a part of the budget. */
  awake: Awake;
  /** What the lane's features together know of each detector's significances. */
  tails: Record<string, Tail>;
  /** What its features say together. */
  joint: JointMemory;
  /** What is remembered of its features against named references. Missing in memories of before there were any. */
  references?: ReferenceMemory;
  /** Missing where the lane has no limits of its owner's. */
  limits?: LimitMemory;
  /** Starts of windows that wait for another lane's, oldest first. */
  awaitedMs?: number[];
  /** Which of `metrics` are defined in SQL: they are forgotten with their definition. */
  sqlMetrics?: string[];
  /** What people said of its incidents. Missing until someone has. */
  feedback?: FeedbackMemory;
}

export function emptyLaneMemory(): LaneMemory {
  return {
    lastWindowStartMs: Number.NEGATIVE_INFINITY,
    auditedCount: 0,
    unauditedCount: 0,
    features: {},
    metrics: {},
    records: {},
    awake: {},
    tails: {},
    joint: emptyJoint(),
  };
}
