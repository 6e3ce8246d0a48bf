/**
 * The open incidents of all lanes, and what each judged window makes of them.
 *
 * Deterministic in event time: no wall clock, no randomness, no I/O. Fed the same windows in the same order it gives
 * the same incidents under the same ids; built from the rows that it gave, it goes on as if it had never stopped.
 */
import { isHeldToReference } from "../audit/verdict/verdict-name.ts";
import type { IncidentRow, VerdictRow } from "../store/contract.ts";
import { advance, close, type Observation, startIncident } from "./advance.ts";
import type { WindowCounts } from "./evidence.ts";
import { samePattern, startGroup, withChild } from "./group.ts";
import { findHome, hasSighting, isAbandoned, isLastingDifference, type JudgedWindow } from "./home.ts";
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
    const strands = this.#strandsOf(observation);
    const changed = [
      ...this.#others(observation, strands).map((incident) => this.#advance(incident, observation)),
      ...strands.map(({ home, observation: own }) => this.#keep(advance(home, own, this.#options))),
    ];
    return {
      incidents: this.#rowsOf(changed, window.windowStartMs + window.windowSizeMs),
      verdicts: verdicts.map((verdict) => {
        const home = strands.find(({ takes }) => takes(verdict))?.home;
        return verdict.answer === "anomalous" && home !== undefined
          ? { ...verdict, incidentId: home.id }
          : verdict;
      }),
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

  /**
   * A difference from a kept baseline may last for months. What else goes wrong meanwhile is no part of it: it would be
   * swallowed by an incident of which people have long been told.
   */
  #strandsOf(observation: Observation): readonly Strand[] {
    const { window, witnesses } = observation;
    const incidents = this.#byLane.get(window.swimlane) ?? [];
    const lasting = incidents.find((incident) => isLive(incident) && isLastingDifference(incident, window));
    if (lasting === undefined) return this.#strandOf(observation, incidents, () => true);
    const others = incidents.filter(({ id }) => id !== lasting.id);
    const held = witnesses.filter(({ detector }) => isHeldToReference(detector));
    const own = witnesses.filter(({ detector }) => !isHeldToReference(detector));
    const strand = this.#strandOf(
      { ...observation, witnesses: own },
      others,
      (v) => !isHeldToReference(v.detector),
    );
    if (held.length === 0) return strand;
    const takes = (verdict: VerdictRow) => isHeldToReference(verdict.detector);
    return [...strand, { home: lasting, observation: { ...observation, witnesses: held }, takes }];
  }

  #strandOf(
    observation: Observation,
    incidents: readonly Incident[],
    takes: Strand["takes"],
  ): readonly Strand[] {
    const { window, witnesses } = observation;
    const found = findHome(incidents, window, witnesses, this.#options);
    // Only what warns may begin an incident; `info` joins one that is there.
    const home = found ?? (witnesses.some((w) => w.severity !== "info") ? startIncident(window) : undefined);
    return home === undefined ? [] : [{ home, observation, takes }];
  }

  /** Live incidents of which the window says that they are quiet, and any that thought otherwise of it. */
  #others({ window }: Observation, strands: readonly Strand[]): readonly Incident[] {
    return (this.#byLane.get(window.swimlane) ?? []).filter((incident) => {
      if (strands.some(({ home }) => home.id === incident.id)) return false;
      return (
        hasSighting(incident, window) ||
        (isLive(incident) && (watches(incident, window) || this.#isAbandoned(incident, window)))
      );
    });
  }

  #advance(incident: Incident, observation: Observation): Incident {
    const { window } = observation;
    return this.#keep(
      this.#isAbandoned(incident, window)
        ? close(incident, "unobserved", window.windowStartMs)
        : advance(incident, { ...observation, witnesses: [] }, this.#options),
    );
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

  #keep(incident: Incident): Incident {
    const others = (this.#byLane.get(incident.swimlane) ?? []).filter(({ id }) => id !== incident.id);
    const all = [...others, incident].sort(
      (a, b) => a.startMs - b.startMs || a.windowSizeMs - b.windowSizeMs,
    );
    const overCount = all.filter((other) => !isLive(other)).length - this.#options.resolvedCountMax;
    let dropped = 0;
    const kept = all.filter((other) => isLive(other) || dropped++ >= overCount);
    this.#byLane.set(incident.swimlane, kept);
    return incident;
  }
}

/** The anomalies of one window that belong to one incident. */
interface Strand {
  readonly home: Incident;
  readonly observation: Observation;
  readonly takes: (verdict: VerdictRow) => boolean;
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
