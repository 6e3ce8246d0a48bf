/** Muting by another incident: while the cause is told, its consequences are not. */
import type { IncidentRow } from "../store/contract.ts";
import { readExplanation } from "./explanation.ts";
import { type Matched, type Matcher, matches } from "./matcher.ts";

/** While an incident that `when` matches is open, those that `mutes` matches are not told. */
export interface InhibitRule {
  readonly when: Matcher;
  readonly mutes: Matcher;
}

/** What a matcher looks at, from a row. */
export function matchedOf(row: IncidentRow): Matched {
  const sources = readExplanation(row)?.where.sources ?? [];
  return { swimlane: row.swimlane, sources, members: row.members };
}

/**
 * The live incident that mutes `row`: the one above it, or one that a rule names. An incident never mutes itself,
 * and of two that would mute each other the older one is told.
 */
export function inhibitorOf(
  row: IncidentRow,
  live: readonly IncidentRow[],
  rules: readonly InhibitRule[],
): IncidentRow | undefined {
  const parentId = readExplanation(row)?.parentId ?? "";
  const others = live.filter(
    (other) => other.id !== row.id && (other.state === "open" || other.state === "acknowledged"),
  );
  const parent = parentId === "" ? undefined : others.find((other) => other.id === parentId);
  return (
    parent ??
    others.find((other) =>
      rules.some((rule) => mutes(rule, other, row) && !(mutes(rule, row, other) && isOlder(row, other))),
    )
  );
}

function mutes(rule: InhibitRule, other: IncidentRow, row: IncidentRow): boolean {
  return matches(rule.when, matchedOf(other)) && matches(rule.mutes, matchedOf(row));
}

function isOlder(a: IncidentRow, b: IncidentRow): boolean {
  return a.startMs < b.startMs || (a.startMs === b.startMs && a.id < b.id);
}
