/**
 * One incident above several: lanes that show the same pattern in the same stretch have one cause upstream of all,
 * and people are told once. The lanes' own incidents go on below it, muted while it lives.
 */
import { type Gravity, hasWorsened } from "./gravity.ts";
import { groupId } from "./identity.ts";
import { type Child, type Group, type Incident, spanOf } from "./incident.ts";
import { membersOf, severityRankOf, sourcesOf, verdictCountOf } from "./ledger.ts";
import type { IncidentOptions } from "./options.ts";
import { compareText } from "./sighting.ts";
import { whatChanged } from "./title.ts";

/** Two patterns are the same when at least this share of the smaller one's members is in the other. */
const OVERLAP_MIN = 0.5;

/** True when one cause may stand behind both: other lanes, starts close by, and the same members. */
export function samePattern(a: Incident, b: Incident, options: IncidentOptions): boolean {
  if (a.swimlane === b.swimlane) return false;
  const apartMs = Math.abs(spanOf(a).sinceMs - spanOf(b).sinceMs);
  if (apartMs > options.groupWindows * Math.min(a.windowSizeMs, b.windowSizeMs)) return false;
  return overlap(membersOf(a.ledger), membersOf(b.ledger)) >= OVERLAP_MIN;
}

/** A new incident above `incidents`, which fit one another. `atMs` is event time. */
export function startGroup(incidents: readonly Incident[], atMs: number): Group {
  const children = incidents.map(childOf).sort(compareChildren);
  return {
    id: groupId(children[0]!.id),
    life: { state: "open", closing: undefined },
    startMs: children[0]!.startMs,
    openedAtMs: atMs,
    changedAtMs: atMs,
    resolvedAtMs: Number.NaN,
    acknowledgedBy: "",
    children,
    gravity: gravityOfChildren(children),
    worsenedCount: 0,
  };
}

/** The group with a child as it now is; it ends when the last of them has. */
export function withChild(group: Group, incident: Incident, atMs: number, options: IncidentOptions): Group {
  const others = group.children.filter((child) => child.id !== incident.id);
  const children = [...others, childOf(incident)].sort(compareChildren);
  const now = gravityOfChildren(children);
  const worse = hasWorsened(group.gravity, now, options.worsenedFactor);
  const grown: Group = {
    ...group,
    children,
    gravity: worse ? now : group.gravity,
    worsenedCount: group.worsenedCount + Number(worse),
  };
  if (group.life.state === "resolved" || children.some((child) => child.live)) return grown;
  const lateness = incident.life.closing === "lateness";
  const closing = lateness ? "lateness" : "recovered";
  return { ...grown, life: { state: "resolved", closing }, changedAtMs: atMs, resolvedAtMs: atMs };
}

function childOf(incident: Incident): Child {
  const { ledger } = incident;
  return {
    id: incident.id,
    swimlane: incident.swimlane,
    live: incident.life.state !== "resolved",
    severityRank: severityRankOf(ledger),
    startMs: incident.startMs,
    endMs: spanOf(incident).untilMs,
    members: membersOf(ledger),
    sources: sourcesOf(ledger),
    verdictCount: verdictCountOf(ledger),
    what: whatChanged(ledger),
    // The parts stay with the lane's own incident: a group may stand above hundreds.
    witness: ledger.witnesses[0] && { ...ledger.witnesses[0], parts: [] },
  };
}

/** A group is wide by its lanes; how strong each is, is told by the lanes' own incidents. */
function gravityOfChildren(children: readonly Child[]): Gravity {
  return {
    severityRank: Math.max(...children.map((child) => child.severityRank)),
    subjectCount: new Set(children.map((child) => child.swimlane)).size,
    effects: {},
  };
}

function overlap(a: readonly string[], b: readonly string[]): number {
  const other = new Set(b);
  const shared = a.filter((member) => other.has(member)).length;
  return shared / Math.max(1, Math.min(a.length, b.length));
}

function compareChildren(a: Child, b: Child): number {
  return a.startMs - b.startMs || compareText(a.id, b.id);
}
