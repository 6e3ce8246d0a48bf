/**
 * The audit of the auditor, counted: pages against the budget, what people said of them, what rules did. Pure.
 *
 * The budget is about false pages, and only people know which were false. Until they have said it, a page may be
 * either: what is held against the budget are all that may have been false, and how many of them nobody has judged.
 */
import { poissonInterval } from "../../base/poisson.ts";
import type { FeedbackLabel } from "../../store/contract.ts";
import { findingsOf } from "./findings.ts";
import type { NamedSeries, PageBrief, RuleCount } from "./reads.ts";
import {
  type LaneBudgetAnswer,
  RULE_STANDINGS,
  type RuleAnswer,
  type RuleStanding,
  STANDINGS,
  type Standing,
} from "./wire-page-budget.ts";

export const WEEK_MS = 7 * 86_400_000;
const SERIES_NAMED_MAX = 5;

/** All that is known of one lane in the span. */
export interface LaneEvidence {
  readonly swimlane: string;
  readonly budgetPerWeek: number;
  /** Of the span, how long the lane had windows. */
  readonly watchedMs: number;
  /** Without those of its owner's limits alone. */
  readonly pages: readonly PageBrief[];
  /** Pages of its owner's limits alone. */
  readonly limitPages: number;
  readonly labels: ReadonlyMap<string, FeedbackLabel>;
  readonly rules: readonly RuleCount[];
  readonly nearlyAlways: readonly NamedSeries[];
}

export function auditLane(lane: LaneEvidence): LaneBudgetAnswer {
  const weeks = lane.watchedMs / WEEK_MS;
  const accepted = lane.budgetPerWeek * weeks;
  const pages = lane.pages.length;
  const feedback = countLabels(lane);
  const judged = feedback.real + feedback.fixed + feedback.noise + feedback.expected;
  const unjudged = pages - judged;
  const falseMax = feedback.noise + unjudged;
  const told = feedback.real + feedback.fixed + feedback.noise;
  const interval = poissonInterval(pages);
  const perWeek = (count: number) => (weeks > 0 ? count / weeks : null);
  const counted = {
    swimlane: lane.swimlane,
    standing: standingOf(weeks, falseMax, accepted),
    beyondChance: weeks > 0 && poissonInterval(falseMax).low > accepted,
    budgetPerWeek: lane.budgetPerWeek,
    weeks,
    accepted,
    pages,
    pagesPerWeek: perWeek(pages),
    pagesPerWeekLow: perWeek(interval.low),
    pagesPerWeekHigh: perWeek(interval.high),
    limitPages: lane.limitPages,
    groupedPages: lane.pages.filter(({ groupId }) => groupId !== "").length,
    feedback,
    unjudged,
    falseMax,
    use: accepted > 0 ? falseMax / accepted : null,
    precision: told > 0 ? (feedback.real + feedback.fixed) / told : null,
    rules: lane.rules.map((rule) => auditRule(rule, lane)).sort(byStanding),
  };
  return { ...counted, findings: findingsOf(counted) };
}

/** Worst first, then by how much of the budget is used, then by name. */
export function worstFirst(a: LaneBudgetAnswer, b: LaneBudgetAnswer): number {
  return (
    STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) ||
    (b.use ?? 0) - (a.use ?? 0) ||
    (a.swimlane < b.swimlane ? -1 : a.swimlane > b.swimlane ? 1 : 0)
  );
}

function countLabels({ pages, labels }: LaneEvidence): Record<FeedbackLabel, number> {
  const counts = { real: 0, noise: 0, expected: 0, fixed: 0 };
  for (const { id } of pages) {
    const label = labels.get(id);
    if (label !== undefined) counts[label]++;
  }
  return counts;
}

function standingOf(weeks: number, falseMax: number, accepted: number): Standing {
  if (!(weeks > 0)) return "unwatched";
  if (falseMax <= accepted) return "within";
  return falseMax > 2 * accepted ? "over_twice" : "over";
}

function auditRule(rule: RuleCount, lane: LaneEvidence): RuleAnswer {
  const { swimlane: _, ...counts } = rule;
  const own = lane.pages.filter(({ detectors }) => detectors.includes(rule.detector));
  const named = lane.nearlyAlways.filter(({ detector }) => detector === rule.detector);
  return {
    ...counts,
    standing: ruleStanding(rule),
    pages: own.length,
    falsePages: own.filter(({ id }) => lane.labels.get(id) === "noise").length,
    nearlyAlways: named.slice(0, SERIES_NAMED_MAX).map(seriesName),
  };
}

function ruleStanding(rule: RuleCount): RuleStanding {
  if (rule.nearlyAlwaysSeriesCount > 0) return "nearly_always";
  if (rule.insufficientCount === rule.verdictCount) return "insufficient";
  return rule.firedCount === 0 ? "never_fired" : "fired";
}

function seriesName({ source, feature }: NamedSeries): string {
  const what = feature === "*" ? "records" : feature;
  return source === "" ? what : `${source} / ${what}`;
}

const byStanding = (a: RuleAnswer, b: RuleAnswer) =>
  RULE_STANDINGS.indexOf(a.standing) - RULE_STANDINGS.indexOf(b.standing) ||
  b.pages - a.pages ||
  (a.detector < b.detector ? -1 : 1);
