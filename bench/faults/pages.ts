/** What the pager was told, held against the drops that were really there. */
import type { Receiver } from "../../test/harness/receiver.ts";
import type { Drop } from "./load.ts";

export interface PageCount {
  readonly pages: number;
  readonly falsePages: readonly string[];
  readonly dropsPaged: number;
  /** Warnings that belong to no drop: not pages, told for information. */
  readonly falseWarnings: number;
  /** What the monitor said about itself, on its own route. */
  readonly monitorAlerts: number;
  /** Alerts of the monitor's own that came on the route of data, or the other way round: must be 0. */
  readonly misrouted: number;
}

interface Told {
  readonly id: string;
  readonly swimlane: string;
  readonly severity: string;
  readonly title: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** A drop is noticed in windows up to this many after it: sums of windows look back. */
const WINDOWS_AFTER = 4;

export function countPages(receiver: Receiver, drops: readonly Drop[], windowMs: number): PageCount {
  const data = told(receiver, "/data");
  const monitor = told(receiver, "/monitor");
  const dropOf = (incident: Told) => drops.find((drop) => belongs(incident, drop, windowMs));
  const pages = [...data.values()].filter(({ severity }) => severity === "page");
  const warnings = [...data.values()].filter(({ severity }) => severity !== "page");
  const falsePages = pages.filter((page) => dropOf(page) === undefined);
  return {
    pages: pages.length,
    falsePages: falsePages.map(
      ({ id, title, startMs }) => `${id} ${title} (from ${new Date(startMs).toISOString()})`,
    ),
    dropsPaged: drops.filter((drop) => pages.some((page) => belongs(page, drop, windowMs))).length,
    falseWarnings: warnings.filter((warning) => dropOf(warning) === undefined).length,
    monitorAlerts: monitor.size,
    misrouted:
      [...data.keys()].filter((id) => id.startsWith("mon-")).length +
      [...monitor.keys()].filter((id) => !id.startsWith("mon-")).length,
  };
}

/** By incident, as it was told last; the widest span it ever had, and the worst severity. */
function told(receiver: Receiver, path: string): Map<string, Told> {
  const incidents = new Map<string, Told>();
  for (const { path: at, body } of receiver.received) {
    if (at !== path) continue;
    const { id, swimlane, severity, title, start, end } = body.incident;
    const known = incidents.get(id);
    incidents.set(id, {
      id,
      swimlane,
      title,
      severity: known?.severity === "page" ? "page" : severity,
      startMs: Math.min(Date.parse(start), known?.startMs ?? Number.POSITIVE_INFINITY),
      endMs: Math.max(Date.parse(end), known?.endMs ?? Number.NEGATIVE_INFINITY),
    });
  }
  return incidents;
}

function belongs(incident: Told, drop: Drop, windowMs: number): boolean {
  return (
    incident.swimlane === drop.lane &&
    incident.startMs < drop.endMs + WINDOWS_AFTER * windowMs &&
    incident.endMs > drop.startMs
  );
}
