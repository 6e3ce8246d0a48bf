/** Incidents to rows and back. A row holds all that its incident needs to go on after a restart. */
import type { IncidentRow, IncidentState } from "../store/contract.ts";
import { type Explanation, explain, explainGroup, readExplanation } from "./explanation.ts";
import { type Child, type Group, type Incident, severityOf, spanOf } from "./incident.ts";
import { membersOf, severityRankOf, verdictCountOf } from "./ledger.ts";
import type { Life } from "./lifecycle.ts";
import { unpackLedger } from "./pack.ts";
import { compareText } from "./sighting.ts";
import { groupTitleOf, titleOf } from "./title.ts";

/** The swimlane of an incident that stands above several. No lane can be called this: "*" is no valid name. */
const ALL_LANES = "*";

export function rowOf(incident: Incident): IncidentRow {
  const { sinceMs, untilMs } = spanOf(incident);
  return {
    id: incident.id,
    swimlane: incident.swimlane,
    state: incident.life.state,
    severity: severityOf(severityRankOf(incident.ledger)),
    startMs: incident.startMs,
    endMs: untilMs,
    changedAtMs: incident.changedAtMs,
    resolvedAtMs: incident.resolvedAtMs,
    title: titleOf({ ...incident, sinceMs, untilMs }),
    members: membersOf(incident.ledger).join(","),
    verdictCount: verdictCountOf(incident.ledger),
    explanation: JSON.stringify(explain(incident, { sinceMs, untilMs })),
    acknowledgedBy: incident.acknowledgedBy,
  };
}

/** The inverse of {@link rowOf}; `undefined` for a row that is not a lane's, or whose memory another version wrote. */
export function incidentFromRow(row: IncidentRow): Incident | undefined {
  const told = readExplanation(row);
  if (told?.memory?.kind !== "lane") return undefined;
  const { windowSizeMs, ledger, evidence, gravity } = told.memory;
  return {
    id: row.id,
    swimlane: row.swimlane,
    life: lifeOf(row.state, told),
    startMs: row.startMs,
    windowSizeMs,
    openedAtMs: told.openedAtMs ?? Number.NaN,
    changedAtMs: row.changedAtMs,
    resolvedAtMs: row.resolvedAtMs,
    acknowledgedBy: row.acknowledgedBy,
    ledger: unpackLedger(ledger, told.verdicts),
    evidence,
    gravity,
    worsenedCount: told.worsenedCount,
    parentId: told.parentId,
  };
}

/** A row that is resolved without a closing of ours was resolved by a person, through the API. */
function lifeOf(state: IncidentState, told: Explanation): Life {
  return { state, closing: state === "resolved" ? (told.closing?.reason ?? "person") : undefined };
}

export function groupRowOf(group: Group): IncidentRow {
  const endMs = group.children.reduce((max, child) => Math.max(max, child.endMs), group.startMs);
  return {
    id: group.id,
    swimlane: ALL_LANES,
    state: group.life.state,
    severity: severityOf(group.gravity.severityRank),
    startMs: group.startMs,
    endMs,
    changedAtMs: group.changedAtMs,
    resolvedAtMs: group.resolvedAtMs,
    title: groupTitleOf(group, endMs),
    members: membersOfChildren(group.children).join(","),
    verdictCount: group.children.reduce((sum, child) => sum + child.verdictCount, 0),
    explanation: JSON.stringify(explainGroup(group, endMs)),
    acknowledgedBy: group.acknowledgedBy,
  };
}

/** The inverse of {@link groupRowOf}; `undefined` for any other row. */
export function groupFromRow(row: IncidentRow): Group | undefined {
  const told = readExplanation(row);
  if (told?.memory?.kind !== "group") return undefined;
  return {
    id: row.id,
    life: lifeOf(row.state, told),
    startMs: row.startMs,
    openedAtMs: told.openedAtMs ?? Number.NaN,
    changedAtMs: row.changedAtMs,
    resolvedAtMs: row.resolvedAtMs,
    acknowledgedBy: row.acknowledgedBy,
    children: told.memory.children,
    gravity: told.memory.gravity,
    worsenedCount: told.worsenedCount,
  };
}

function membersOfChildren(children: readonly Child[]): readonly string[] {
  return [...new Set(children.flatMap((child) => child.members))].sort(compareText);
}
