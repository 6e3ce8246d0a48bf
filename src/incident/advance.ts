/** How one incident takes in one judged window. Pure: the incident before, the window, the incident after. */
import type { VerdictRow } from "../store/contract.ts";
import { addEvidence, type Evidence, type WindowCounts } from "./evidence.ts";
import { gravityOf, hasWorsened } from "./gravity.ts";
import type { JudgedWindow } from "./home.ts";
import { incidentId } from "./identity.ts";
import type { Incident } from "./incident.ts";
import { emptyLedger, type Ledger, memberOf, membersOf, putNote, type WindowNote } from "./ledger.ts";
import { type Closing, type Life, nextLife } from "./lifecycle.ts";
import type { IncidentOptions } from "./options.ts";
import { compareWitnesses, sightingOf, type Witness } from "./sighting.ts";

/** A judged window with what is known of it. */
export interface Observation {
  readonly window: JudgedWindow;
  readonly verdicts: readonly VerdictRow[];
  /** Those of the verdicts that are anomalous, worst first. */
  readonly witnesses: readonly Witness[];
  readonly counts: WindowCounts | undefined;
}

/** An incident that has seen nothing yet; the window that follows makes it pending or open. */
export function startIncident(window: JudgedWindow): Incident {
  return {
    id: incidentId(window.swimlane, window.windowStartMs, window.windowSizeMs),
    swimlane: window.swimlane,
    life: { state: "pending", closing: undefined },
    startMs: window.windowStartMs,
    windowSizeMs: window.windowSizeMs,
    openedAtMs: Number.NaN,
    changedAtMs: window.windowStartMs + window.windowSizeMs,
    resolvedAtMs: Number.NaN,
    acknowledgedBy: "",
    ledger: emptyLedger,
    evidence: [],
    gravity: { severityRank: -1, subjectCount: 0, effects: {} },
    worsenedCount: 0,
    parentId: "",
  };
}

/** The incident with the window's note put in. With no witnesses the window counts as quiet. */
export function advance(incident: Incident, observation: Observation, options: IncidentOptions): Incident {
  const { window, witnesses, counts } = observation;
  const note = noteOf(observation, incident.ledger, options);
  const ledger = putNote(incident.ledger, note, witnesses, options);
  const known = counts === undefined || witnesses.length === 0;
  const isNeeded = (e: Evidence) =>
    ledger.witnesses.some(
      (w) => w.feature === "*" && w.source === e.source && w.windowStartMs === e.windowStartMs,
    );
  // Nothing more of the window: when it was merged is the wall clock's, and no two runs would write the same.
  const { source, windowStartMs, windowSizeMs } = window;
  const evidence = known
    ? incident.evidence
    : addEvidence(incident.evidence, { source, windowStartMs, windowSizeMs, ...counts }, isNeeded);
  const atMs = window.windowStartMs + window.windowSizeMs;
  return weigh(
    moveTo({ ...incident, ledger, evidence }, nextLife(incident.life, ledger, options), atMs),
    options,
  );
}

/** Ends an incident whatever its ledger says. */
export function close(incident: Incident, closing: Closing, atMs: number): Incident {
  return moveTo(incident, { state: "resolved", closing }, atMs);
}

/** Event time at which a state changed never runs back, though a late window may be what changed it. */
function moveTo(incident: Incident, life: Life, atMs: number): Incident {
  if (life.state === incident.life.state) return { ...incident, life };
  const changedAtMs = Math.max(incident.changedAtMs, atMs);
  return {
    ...incident,
    life,
    changedAtMs,
    openedAtMs: life.state === "open" ? changedAtMs : incident.openedAtMs,
    resolvedAtMs: life.state === "resolved" ? changedAtMs : incident.resolvedAtMs,
  };
}

/** Sets the mark that "worse" is measured from: when it opens, and each time it has got worse. */
function weigh(incident: Incident, options: IncidentOptions): Incident {
  if (incident.life.state === "pending" || incident.life.state === "resolved") return incident;
  const now = gravityOf(incident.ledger, options);
  if (incident.gravity.severityRank < 0) return { ...incident, gravity: now };
  if (!hasWorsened(incident.gravity, now, options.worsenedFactor)) return incident;
  return { ...incident, gravity: now, worsenedCount: incident.worsenedCount + 1 };
}

function noteOf(
  { window, verdicts, witnesses }: Observation,
  ledger: Ledger,
  options: IncidentOptions,
): WindowNote {
  const members = new Set(membersOf(ledger));
  return {
    source: window.source,
    windowSizeMs: window.windowSizeMs,
    windowStartMs: window.windowStartMs,
    judgedOk: verdicts.some((verdict) => verdict.answer === "ok" && members.has(memberOf(verdict))),
    sightings: [...witnesses].sort(compareWitnesses).slice(0, options.sightingCountMax).map(sightingOf),
    omittedCount: Math.max(0, witnesses.length - options.sightingCountMax),
  };
}
