/** To which incident of its lane does an anomalous window belong? */
import { isHeldToReference } from "../audit/verdict/verdict-name.ts";
import { type Incident, spanOf } from "./incident.ts";
import { sameWindow } from "./ledger.ts";
import type { IncidentOptions } from "./options.ts";
import type { Witness } from "./sighting.ts";

/** The window that was judged. */
export interface JudgedWindow {
  readonly swimlane: string;
  readonly source: string;
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
}

/** One cause, one incident: the incident that already knows the window, else the one whose stretch it continues. */
export function findHome(
  incidents: readonly Incident[],
  window: JudgedWindow,
  witnesses: readonly Witness[],
  options: IncidentOptions,
): Incident | undefined {
  if (witnesses.length === 0) return undefined;
  return (
    incidents.find((incident) => hasSighting(incident, window)) ??
    incidents.find(
      (incident) => incident.life.state !== "resolved" && continues(incident, window, options),
    ) ??
    incidents.find((incident) => incident.life.state === "resolved" && echoes(incident, window, witnesses))
  );
}

/** True when the incident has an anomaly of this very window, which is now judged again. */
export function hasSighting(incident: Incident, window: JudgedWindow): boolean {
  return incident.ledger.notes.some((note) => note.sightings.length > 0 && sameWindow(note, window));
}

/** Nothing was heard of the incident for so long that it can't be the same stretch any more. */
export function isAbandoned(incident: Incident, window: JudgedWindow, options: IncidentOptions): boolean {
  const lastMs = incident.ledger.notes.at(-1)?.windowStartMs ?? incident.startMs;
  const sizeMs = Math.max(window.windowSizeMs, incident.windowSizeMs);
  return window.windowStartMs > lastMs + options.unobservedWindowsMax * sizeMs;
}

/** Windows after which a difference from a kept baseline, and nothing else, is one that lasts. */
const LASTING_WINDOWS = 24;

/** True for an incident that has long been told of, and in which only kept baselines and other lanes still differ. */
export function isLastingDifference(incident: Incident, window: JudgedWindow): boolean {
  const sinceMs =
    window.windowStartMs - LASTING_WINDOWS * Math.max(window.windowSizeMs, incident.windowSizeMs);
  if (incident.startMs > sinceMs) return false;
  const recent = incident.ledger.notes
    .filter((note) => note.windowStartMs > sinceMs && note.windowStartMs !== window.windowStartMs)
    .flatMap((note) => note.sightings.filter(({ severity }) => severity !== "info"));
  return recent.length > 0 && recent.every(({ detector }) => isHeldToReference(detector));
}

function continues(incident: Incident, window: JudgedWindow, options: IncidentOptions): boolean {
  const { sinceMs, untilMs } = spanOf(incident);
  const sizeMs = Math.max(window.windowSizeMs, incident.windowSizeMs);
  const endMs = window.windowStartMs + window.windowSizeMs;
  return (
    window.windowStartMs <= untilMs + options.unobservedWindowsMax * sizeMs &&
    endMs >= sinceMs - options.resolveWindows * sizeMs
  );
}

/**
 * The hour's or the day's window sees again what its own minutes showed, after the incident was resolved. It belongs
 * to that incident and must not open a second one for the same feature.
 */
function echoes(incident: Incident, window: JudgedWindow, witnesses: readonly Witness[]): boolean {
  if (window.windowSizeMs <= incident.windowSizeMs) return false;
  const { sinceMs, untilMs } = spanOf(incident);
  if (untilMs <= window.windowStartMs || sinceMs >= window.windowStartMs + window.windowSizeMs) return false;
  const known = new Set<string>();
  for (const note of incident.ledger.notes) {
    if (note.source === window.source) for (const sighting of note.sightings) known.add(sighting.feature);
  }
  return witnesses
    .filter((witness) => witness.severity !== "info")
    .every((witness) => known.has(witness.feature));
}
