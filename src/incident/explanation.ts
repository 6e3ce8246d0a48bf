/** The JSON in `IncidentRow.explanation`: written for people and pages, read back after a restart. */
import type { IncidentRow } from "../store/contract.ts";
import { type Cause, likelyCauses } from "./cause.ts";
import type { Group, GroupMemory, Incident, IncidentMemory } from "./incident.ts";
import { sourcesOf } from "./ledger.ts";
import type { Closing, Life } from "./lifecycle.ts";
import { packLedger } from "./pack.ts";
import { reproduceChildrenSql, reproduceSql } from "./reproduce.ts";
import { compareText, compareWitnesses, parseObject, type Witness } from "./sighting.ts";
import { changeText, whatChanged } from "./title.ts";
import { movedTogether, type TogetherFeature } from "./together.ts";

/** Documented in docs/concepts/incidents.md; fields are only ever added. */
export interface Explanation {
  /** "watch-events volume −62 %". */
  readonly what: string;
  readonly where: { readonly swimlane: string; readonly sources: readonly string[] };
  /** ISO 8601, UTC: the anomalous stretch in event time. */
  readonly since: string;
  readonly until: string;
  /** The worst verdict's own sentence, and its change where it has one. */
  readonly howMuch: string;
  /** Event time, `null` while it was never worth telling. */
  readonly openedAtMs: number | null;
  readonly closing: { readonly reason: Closing; readonly text: string } | null;
  /** Grows by one each time it got worse; a notifier tells again when it has grown. */
  readonly worsenedCount: number;
  /** "" or the id of the incident above; and the ids below, for one that stands above others. */
  readonly parentId: string;
  readonly children: readonly string[];
  readonly causes: readonly Cause[];
  /** Features that moved together, most windows first. */
  readonly together: readonly TogetherFeature[];
  /** The verdicts that say most, worst first, with parts (before and after) that sum to their statistic. */
  readonly verdicts: readonly Witness[];
  /** Queries that give these numbers again, in the store's tables. */
  readonly sql: readonly string[];
  readonly memory: IncidentMemory | GroupMemory;
}

/** Of a group: a verdict a lane, of the worst lanes. */
const VERDICT_COUNT_MAX = 12;

const CLOSING_TEXT: Readonly<Record<Closing, string>> = {
  recovered: "Enough windows in a row were fine again.",
  lateness: "Late data filled the windows up: judged again, they are fine. It was lateness, not loss.",
  unconfirmed: "It did not persist, so nobody was told.",
  unobserved: "Its windows stopped coming or could no longer be judged.",
  person: "A person resolved it.",
};

export function explain(
  incident: Incident,
  span: { readonly sinceMs: number; readonly untilMs: number },
): Explanation {
  const { ledger, evidence, gravity, windowSizeMs } = incident;
  const worst = ledger.witnesses[0];
  return {
    what: whatChanged(ledger),
    where: { swimlane: incident.swimlane, sources: sourcesOf(ledger) },
    since: new Date(span.sinceMs).toISOString(),
    until: new Date(span.untilMs).toISOString(),
    howMuch:
      worst === undefined ? "" : [changeText(worst), worst.summary].filter((text) => text !== "").join("; "),
    openedAtMs: Number.isNaN(incident.openedAtMs) ? null : incident.openedAtMs,
    closing: closingOf(incident.life),
    worsenedCount: incident.worsenedCount,
    parentId: incident.parentId,
    children: [],
    causes: likelyCauses(ledger, evidence),
    together: movedTogether(ledger),
    verdicts: ledger.witnesses,
    sql: reproduceSql(incident, ledger.witnesses),
    memory: { kind: "lane", windowSizeMs, ledger: packLedger(ledger), evidence, gravity },
  };
}

export function explainGroup(group: Group, endMs: number): Explanation {
  const { children, gravity } = group;
  const witnesses = children.flatMap((child) => child.witness ?? []).sort(compareWitnesses);
  const lanes = [...new Set(children.map((child) => child.swimlane))].sort(compareText);
  return {
    what: `${lanes.length} lanes: ${children[0]!.what}`,
    where: {
      swimlane: lanes.join(","),
      sources: [...new Set(children.flatMap((c) => c.sources))].sort(compareText),
    },
    since: new Date(group.startMs).toISOString(),
    until: new Date(endMs).toISOString(),
    howMuch: children.map((child) => `${child.swimlane}: ${child.what}`).join("; "),
    openedAtMs: group.openedAtMs,
    closing: closingOf(group.life),
    worsenedCount: group.worsenedCount,
    parentId: "",
    children: children.map((child) => child.id),
    causes: [
      {
        cause: "shared",
        text: `The same pattern in ${lanes.join(", ")}: look at what they share, upstream of all.`,
      },
    ],
    together: [],
    verdicts: witnesses.slice(0, VERDICT_COUNT_MAX),
    sql: [reproduceChildrenSql(children.map((child) => child.id))],
    memory: { kind: "group", children, gravity },
  };
}

function closingOf(life: Life): Explanation["closing"] {
  return life.closing === undefined ? null : { reason: life.closing, text: CLOSING_TEXT[life.closing] };
}

/** What was read of a row; rows never change, and a page asks for the same one many times. */
const readOnce = new WeakMap<object, Explanation | "none">();

/** `undefined` when the text is no explanation of ours: a row made by hand, or by another version. */
export function readExplanation(row: Pick<IncidentRow, "explanation">): Explanation | undefined {
  const known = readOnce.get(row) ?? parseExplanation(row.explanation);
  readOnce.set(row, known);
  return known === "none" ? undefined : known;
}

function parseExplanation(json: string): Explanation | "none" {
  const value = parseObject(json);
  return "memory" in value && "worsenedCount" in value ? (value as unknown as Explanation) : "none";
}
