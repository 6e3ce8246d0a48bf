/** What the API answers about page budgets kept or not, as types only; see wire.ts for what holds of all answers. */
import type { FeedbackLabel } from "../../store/contract.ts";
import type { Maybe } from "../wire.ts";

/**
 * How a lane stands to its budget, worst first. `over_twice` and `over` count every page that may have been false:
 * those called noise, and those that nobody has judged. `unwatched`: no window of it lies in the span.
 */
export const STANDINGS = ["over_twice", "over", "within", "unwatched"] as const;
export type Standing = (typeof STANDINGS)[number];

/**
 * What a rule (a detector in a lane) did. `insufficient`: it could not answer once, so that it never fired says
 * nothing. `never_fired`: it answered, and always `ok`.
 */
export const RULE_STANDINGS = ["nearly_always", "insufficient", "never_fired", "fired"] as const;
export type RuleStanding = (typeof RULE_STANDINGS)[number];

export interface RuleAnswer {
  /** As verdicts name it: `ks`, or `ks@imported/training`. */
  readonly detector: string;
  readonly standing: RuleStanding;
  /** Verdicts of the rule's history, of those `insufficient`, and `anomalous` of whatever severity. */
  readonly verdictCount: number;
  readonly insufficientCount: number;
  readonly firedCount: number;
  /** Series (source, feature, window size) that it judges; of those it never could answer; fired nearly always. */
  readonly seriesCount: number;
  readonly insufficientSeriesCount: number;
  readonly nearlyAlwaysSeriesCount: number;
  /** Pages of the span whose incident it is a member of; a page of two rules counts for both. */
  readonly pages: number;
  /** Of those, called noise. */
  readonly falsePages: number;
  /** Some of the series that fire nearly always: "source / feature". */
  readonly nearlyAlways: readonly string[];
}

export type FindingKind =
  | "over_twice"
  | "over"
  | "imprecise"
  | "nearly_always"
  | "insufficient"
  | "unjudged"
  | "unused"
  | "never_fired";

/** Something that the lane's owner must do, or know. */
export interface FindingAnswer {
  readonly kind: FindingKind;
  readonly text: string;
  readonly next: string;
}

export interface LaneBudgetAnswer {
  readonly swimlane: string;
  readonly standing: Standing;
  /** False when so many pages are within what chance makes of a lane that keeps its budget (95 %). */
  readonly beyondChance: boolean;
  readonly budgetPerWeek: number;
  /** Weeks of the span in which the lane had windows. */
  readonly weeks: number;
  /** False pages that the budget accepts in those weeks. */
  readonly accepted: number;
  /** Incidents of severity page that opened: real ones too. */
  readonly pages: number;
  /** Pages of the owner's fixed limits alone: outside the budget, and not in `pages`. */
  readonly limitPages: number;
  /** Of those, below an incident above several lanes: each lane counts its own, and people are told once. */
  readonly groupedPages: number;
  /** Pages a week, and the 95 % interval of a Poisson rate; `null` without a window. */
  readonly pagesPerWeek: Maybe;
  readonly pagesPerWeekLow: Maybe;
  readonly pagesPerWeekHigh: Maybe;
  /** By the newest that was said of each page, or of the incident above it. */
  readonly feedback: Readonly<Record<FeedbackLabel, number>>;
  readonly unjudged: number;
  /** Noise and unjudged: at most so many were false. */
  readonly falseMax: number;
  /** `falseMax` of `accepted`; `null` where nothing is accepted. */
  readonly use: Maybe;
  /** (real + fixed) of (real + fixed + noise); `null` until one of them was said. */
  readonly precision: Maybe;
  readonly rules: readonly RuleAnswer[];
  /** Worst first. */
  readonly findings: readonly FindingAnswer[];
}

export interface PageBudgetAnswer {
  readonly nowMs: number;
  readonly eventNowMs: number;
  /** Pages are counted over this span of event time. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Rules are counted from here on: later than `sinceMs` where the span holds more verdicts than one answer reads. */
  readonly rulesSinceMs: number;
  /** Lanes that match. */
  readonly total: number;
  /** How many of them stand how. */
  readonly standings: Readonly<Record<Standing, number>>;
  /** True when incidents, feedback or rules were more than one answer reads; ask for one lane or a shorter span. */
  readonly truncated: boolean;
  /** Worst first. */
  readonly lanes: readonly LaneBudgetAnswer[];
}
