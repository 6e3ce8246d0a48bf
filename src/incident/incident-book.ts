/**
 * The open incidents of all lanes, and what each judged window makes of them.
 *
 * Deterministic in event time: no wall clock, no randomness, no I/O. Fed the same windows in the same order it gives
 * the same incidents under the same ids; built from the rows that it gave, it goes on as if it had never stopped.
 */
import type { IncidentRow, VerdictRow } from "../store/contract.ts";
import { advance, close, type Observation, startIncident } from "./advance.ts";
import type { WindowCounts } from "./evidence.ts";
import { samePattern, startGroup, withChild } from "./group.ts";
import { findHome, hasSighting, isAbandoned, type JudgedWindow } from "./home.ts";
import type { Group, Incident } from "./incident.ts";
import { knownEventOf } from "./known-event.ts";
import { streamOf } from "./ledger.ts";
import { type IncidentOptions, incidentDefaults } from "./options.ts";
import { acknowledgedLife, isLive } from "./person.ts";
import { groupFromRow, groupRowOf, incidentFromRow, rowOf } from "./row.ts";
import { compareWitnesses, witnessOf } from "./sighting.ts";

export interface Observed {
  /** Incidents that changed, in their new state; those that stand above others come last. */
  readonly incidents: readonly IncidentRow[];
  /** The window's verdicts, the anomalous ones with the incident that they joined. */
  readonly verdicts: readonly VerdictRow[];
}

export class IncidentBook {
  readonly #options: IncidentOptions;
  /** Live incidents and the newest resolved ones of each lane, oldest first. */
  readonly #byLane = new Map<string, readonly Incident[]>();
  readonly #groups = new Map<string, Group>();

  /** @param open rows of the store: all that are not resolved, and those resolved in the last day, for late data. */
  constructor(options: Partial<IncidentOptions> = {}, open: readonly IncidentRow[] = []) {
    this.#options = { ...incidentDefaults, ...options };
    for (const row of [...open].sort((a, b) => a.startMs - b.startMs)) {
      const group = groupFromRow(row);
      const incident = incidentFromRow(row);
      if (group !== undefined) this.#groups.set(group.id, group);
      if (incident !== undefined) this.#keep(incident);
    }
  }

  /** Takes in one judged window; again when late data made it be judged again. */
  observe(window: JudgedWindow, verdicts: readonly VerdictRow[], counts?: WindowCounts): Observed {
    // What the owner announced is neither an anomaly nor a sign of recovery.
    if (knownEventOf(this.#options.knownEvents, window) !== undefined) return { incidents: [], verdicts };
    const witnesses = verdicts
      .filter((v) => v.answer === "anomalous")
      .map(witnessOf)
      .sort(compareWitnesses);
    const observation: Observation = { window, verdicts, witnesses, counts };
    const home = this.#homeOf(observation);
    const changed = this.#concerned(observation, home).map((incident) =>
      this.#advance(incident, observation, home),
    );
    const id = home?.id ?? "";
    return {
      incidents: this.#rowsOf(changed, window.windowStartMs + window.windowSizeMs),
      verdicts:
        id === "" ? verdicts : verdicts.map((v) => (v.answer === "anomalous" ? { ...v, incidentId: id } : v)),
    };
  }

  /**
   * Takes over what people did to incidents elsewhere (acknowledged, resolved), from rows of the store.
   * Call it before `observe` where another process serves the API, or its next row would undo what they did.
   */
  adopt(rows: readonly IncidentRow[]): void {
    for (const row of rows) {
      const group = this.#groups.get(row.id);
      if (group !== undefined) this.#groups.set(row.id, acknowledgedLife(group, row));
      const incident = this.#byLane.get(row.swimlane)?.find(({ id }) => id === row.id);
      if (incident !== undefined) this.#keep(acknowledgedLife(incident, row));
    }
  }

  /** Incidents that are not resolved, those above others included; by start. */
  live(): readonly IncidentRow[] {
    const incidents = [...this.#byLane.values()].flat().filter(isLive).map(rowOf);
    const groups = [...this.#groups.values()].filter(isLive).map(groupRowOf);
    return [...incidents, ...groups].sort((a, b) => a.startMs - b.startMs || (a.id < b.id ? -1 : 1));
  }

  #homeOf({ window, witnesses }: Observation): Incident | undefined {
    const incidents = this.#byLane.get(window.swimlane) ?? [];
    const home = findHome(incidents, window, witnesses, this.#options);
    // Only what warns may begin an incident; `info` joins one that is there.
    return home ?? (witnesses.some((w) => w.severity !== "info") ? startIncident(window) : undefined);
  }

  /** The incident that the window belongs to, live ones that it says is quiet, and any that thought otherwise of it. */
  #concerned({ window }: Observation, home: Incident | undefined): readonly Incident[] {
    const others = (this.#byLane.get(window.swimlane) ?? []).filter((incident) => {
      if (incident.id === home?.id) return false;
      return (
        hasSighting(incident, window) ||
        (isLive(incident) && (watches(incident, window) || this.#isAbandoned(incident, window)))
      );
    });
    return home === undefined ? others : [...others, home];
  }

  #advance(incident: Incident, observation: Observation, home: Incident | undefined): Incident {
    const { window } = observation;
    const isHome = incident.id === home?.id;
    const abandoned = !isHome && this.#isAbandoned(incident, window);
    const next = abandoned
      ? close(incident, "unobserved", window.windowStartMs)
      : advance(incident, isHome ? observation : { ...observation, witnesses: [] }, this.#options);
    this.#keep(next);
    return next;
  }

  #isAbandoned(incident: Incident, window: JudgedWindow): boolean {
    return isAbandoned(incident, window, this.#options);
  }

  /** Groups what changed, then the rows of all that is new. */
  #rowsOf(changed: readonly Incident[], atMs: number): readonly IncidentRow[] {
    const incidents = new Map(changed.map((incident) => [incident.id, incident]));
    const groups = new Map<string, Group>();
    for (const incident of changed) {
      const { group, joined } = this.#group(incidents.get(incident.id)!, atMs);
      if (group !== undefined) groups.set(group.id, group);
      for (const child of joined) incidents.set(child.id, child);
    }
    return [...[...incidents.values()].map(rowOf), ...[...groups.values()].map(groupRowOf)];
  }

  /** The group that an incident is below, or now comes to be below, and the incidents that thereby changed. */
  #group(incident: Incident, atMs: number): { readonly group?: Group; readonly joined: readonly Incident[] } {
    const above = this.#groups.get(incident.parentId);
    if (above !== undefined)
      return { group: this.#keepGroup(withChild(above, incident, atMs, this.#options)), joined: [] };
    if (!isTold(incident) || this.#options.groupLanes < 2) return { joined: [] };
    const alike = this.#toldIncidents().filter((other) => samePattern(incident, other, this.#options));
    const group = this.#liveGroupOf(alike);
    if (group !== undefined) {
      return {
        group: this.#keepGroup(withChild(group, incident, atMs, this.#options)),
        joined: [this.#below(group, incident)],
      };
    }
    const free = alike.filter((other) => other.parentId === "");
    if (new Set([incident, ...free].map(({ swimlane }) => swimlane)).size < this.#options.groupLanes)
      return { joined: [] };
    const started = this.#keepGroup(startGroup([incident, ...free], atMs));
    return { group: started, joined: [incident, ...free].map((child) => this.#below(started, child)) };
  }

  #toldIncidents(): readonly Incident[] {
    return [...this.#byLane.values()].flat().filter(isTold);
  }

  #liveGroupOf(incidents: readonly Incident[]): Group | undefined {
    return incidents
      .map((incident) => this.#groups.get(incident.parentId))
      .find((group) => group !== undefined && isLive(group));
  }

  #below(group: Group, incident: Incident): Incident {
    const child = { ...incident, parentId: group.id };
    this.#keep(child);
    return child;
  }

  #keepGroup(group: Group): Group {
    this.#groups.set(group.id, group);
    const over = [...this.#groups.values()]
      .filter((other) => !isLive(other))
      .slice(0, -this.#options.resolvedCountMax);
    for (const old of over) this.#groups.delete(old.id);
    return group;
  }

  #keep(incident: Incident): void {
    const others = (this.#byLane.get(incident.swimlane) ?? []).filter(({ id }) => id !== incident.id);
    const all = [...others, incident].sort(
      (a, b) => a.startMs - b.startMs || a.windowSizeMs - b.windowSizeMs,
    );
    const overCount = all.filter((other) => !isLive(other)).length - this.#options.resolvedCountMax;
    let dropped = 0;
    const kept = all.filter((other) => isLive(other) || dropped++ >= overCount);
    this.#byLane.set(incident.swimlane, kept);
  }
}

/** People were told, or are about to be. */
function isTold(incident: Incident): boolean {
  return incident.life.state === "open" || incident.life.state === "acknowledged";
}

/** The window is of a stream that the incident has an anomaly in, so its answer says whether that is over. */
function watches(incident: Incident, window: JudgedWindow): boolean {
  const stream = streamOf(window);
  return incident.ledger.notes.some((note) => note.sightings.length > 0 && streamOf(note) === stream);
}
