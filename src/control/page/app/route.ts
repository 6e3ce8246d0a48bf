/**
 * Where in the page one is, kept in the address after "#", so that every view can be sent to a colleague.
 * Names of lanes and features are any Unicode, slashes and dots included; each is one encoded part of the path.
 */
import { observable } from "./observable.ts";
import type { RangeChoice } from "./time-range.ts";

export type Place =
  | { readonly view: "lanes" }
  | { readonly view: "lane"; readonly swimlane: string; readonly source?: string | undefined }
  | {
      readonly view: "feature";
      readonly swimlane: string;
      readonly source: string;
      readonly feature: string;
      /** Start of the window to compare; the newest when left out. */
      readonly atMs?: number | undefined;
    }
  | { readonly view: "incidents"; readonly id?: string | undefined; readonly swimlane?: string | undefined }
  | { readonly view: "budget"; readonly swimlane?: string | undefined }
  | { readonly view: "unknown"; readonly hash: string };

export interface Route {
  readonly place: Place;
  readonly range: RangeChoice;
}

export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#/, "").split("?", 2);
  const query = new URLSearchParams(search);
  return { place: parsePlace(path, query, hash), range: parseRange(query) };
}

function parsePlace(path: string, query: URLSearchParams, hash: string): Place {
  const parts = path.split("/").filter((part, i) => i > 0 || part !== "");
  const [view, ...names] = parts.map(decode);
  const [first, second, third] = names;
  if (view === undefined || view === "" || view === "lanes") return { view: "lanes" };
  if (view === "incidents") {
    return { view: "incidents", id: first || undefined, swimlane: query.get("lane") ?? undefined };
  }
  if (view === "budget") return { view: "budget", swimlane: first || undefined };
  if (view === "lane" && first !== undefined)
    return { view: "lane", swimlane: first, source: query.get("source") ?? undefined };
  if (view === "feature" && first !== undefined && second !== undefined && third !== undefined) {
    const at = query.get("at");
    const atMs = at === null ? undefined : Date.parse(at);
    return {
      view: "feature",
      swimlane: first,
      source: second,
      feature: third,
      atMs: Number.isNaN(atMs) ? undefined : atMs,
    };
  }
  return { view: "unknown", hash };
}

function parseRange(query: URLSearchParams): RangeChoice {
  const sinceMs = Date.parse(query.get("since") ?? "");
  const untilMs = Date.parse(query.get("until") ?? "");
  if (sinceMs < untilMs) return { kind: "span", sinceMs, untilMs };
  const duration = query.get("range");
  if (duration === "all") return { kind: "all" };
  return duration !== null && /^\d+[smhdw]$/.test(duration) ? { kind: "last", duration } : { kind: "usual" };
}

export function formatRoute({ place, range }: Route): string {
  const query = new URLSearchParams();
  if (place.view === "lane" && place.source !== undefined) query.set("source", place.source);
  if (place.view === "feature" && place.atMs !== undefined)
    query.set("at", new Date(place.atMs).toISOString());
  if (place.view === "incidents" && place.swimlane !== undefined) query.set("lane", place.swimlane);
  if (range.kind === "all") query.set("range", "all");
  else if (range.kind === "last") query.set("range", range.duration);
  else if (range.kind === "span") {
    query.set("since", new Date(range.sinceMs).toISOString());
    query.set("until", new Date(range.untilMs).toISOString());
  }
  const search = query.toString();
  return `#/${pathOf(place)}${search === "" ? "" : `?${search}`}`;
}

function pathOf(place: Place): string {
  switch (place.view) {
    case "lanes":
    case "unknown":
      return "lanes";
    case "lane":
      return `lane/${encode(place.swimlane)}`;
    case "feature":
      return `feature/${encode(place.swimlane)}/${encode(place.source)}/${encode(place.feature)}`;
    case "budget":
      return place.swimlane === undefined ? "budget" : `budget/${encode(place.swimlane)}`;
    case "incidents":
      return place.id === undefined ? "incidents" : `incidents/${encode(place.id)}`;
  }
}

/** Half a surrogate pair is a legal character of a JSON string and none of an address. */
export function encode(name: string): string {
  return encodeURIComponent(
    name.replaceAll(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd"),
  );
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = observable<Route>(parseRoute(location.hash));
window.addEventListener("hashchange", () => route.set(parseRoute(location.hash)));

/** The address of a place, with the range that is chosen now unless another is given. */
export function linkTo(place: Place, range: RangeChoice = route.get().range): string {
  return formatRoute({ place, range });
}

export function goTo(place: Place, range?: RangeChoice): void {
  location.hash = linkTo(place, range);
}

/** Changes the address without a new entry in the history: for what one drags or steps through. */
export function refine(place: Place, range?: RangeChoice): void {
  history.replaceState(null, "", linkTo(place, range));
  route.set(parseRoute(location.hash));
}
