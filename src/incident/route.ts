/** Who is told about what. */
import type { Severity } from "../../detectors/contract.ts";
import { type Matched, type Matcher, matches } from "./matcher.ts";
import { severityRank } from "./sighting.ts";

export interface Route extends Matcher {
  /** Names of notifiers. */
  readonly notifiers: readonly string[];
  /** The least severity that is told here. @default "warn" */
  readonly severity?: Severity;
  /** "data": incidents of lanes. "monitor": what Lanewatch says about itself. Never both. @default "data" */
  readonly about?: "data" | "monitor";
}

/** The notifiers that an incident goes to: those of every route that matches, each once, in order. */
export function notifiersOf(
  routes: readonly Route[],
  incident: Matched & { readonly severity: Severity },
  about: "data" | "monitor",
): readonly string[] {
  const matching = routes.filter(
    (route) =>
      (route.about ?? "data") === about &&
      severityRank[incident.severity] >= severityRank[route.severity ?? "warn"] &&
      matches(route, incident),
  );
  return [...new Set(matching.flatMap((route) => route.notifiers))];
}
