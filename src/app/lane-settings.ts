/** From the configuration to what each stage wants to know of a lane. */
import { createHash } from "node:crypto";
import { compilePattern, LaneRules, type LaneWindows } from "../assign/lane.ts";
import type { CalendarEvent } from "../audit/known-events.ts";
import type { IncidentOptions, LaneEvent } from "../incident/options.ts";
import type { Config } from "./config/schema.ts";

export type LaneConfig = Config["lanes"]["defaults"];

export function laneRules(config: Config): LaneRules<LaneConfig> {
  const { defaults, rules } = config.lanes;
  return new LaneRules(
    defaults,
    rules.map(({ match, ...own }) => ({
      match,
      settings: { ...defaults, ...definedOnly(own) } as LaneConfig,
    })),
  );
}

/** How records of a lane are cut into windows. */
export function laneWindows(config: Config): LaneRules<LaneWindows> {
  const { defaults, rules } = config.lanes;
  return new LaneRules(
    windowsOf(defaults),
    rules.map(({ match, ...own }) => ({
      match,
      settings: windowsOf({ ...defaults, ...definedOnly(own) } as LaneConfig),
    })),
  );
}

/**
 * Lanes that a lane is compared with. A `*` of `compareWith` stands for what the same `*` of the rule's `match` stood
 * for, so that `prod/*` is held to `eval/*` lane by lane.
 */
export function compareWithOf(config: Config): (swimlane: string) => readonly string[] {
  const { defaults, rules } = config.lanes;
  const compiled = rules.map(({ match, compareWith }) => ({
    pattern: capturing(match),
    names: (compareWith as readonly string[] | undefined) ?? defaults.compareWith,
  }));
  return (swimlane) => {
    for (const { pattern, names } of compiled) {
      const found = pattern.exec(swimlane);
      if (found !== null) return names.map((name) => filledIn(name, found.slice(1)));
    }
    return defaults.compareWith.map((name) => filledIn(name, [swimlane]));
  };
}

function capturing(match: string): RegExp {
  return new RegExp(compilePattern(match).source.replaceAll("[\\s\\S]*", "([\\s\\S]*)"));
}

function filledIn(name: string, captured: readonly string[]): string {
  let next = 0;
  return name.replaceAll("*", () => captured[next++] ?? "*");
}

/** Known events of a lane, from the calendar. */
export function knownEventsOf(config: Config, swimlane: string): readonly CalendarEvent[] {
  return laneEvents(config)
    .filter((event) => compilePattern(event.swimlane ?? "*").test(swimlane))
    .map(({ swimlane: _pattern, ...event }) => event);
}

/** When anomalies become an incident, with the calendar's spans in which none may. */
export function incidentOptionsOf(config: Config): Partial<IncidentOptions> {
  return { ...config.incidents, knownEvents: laneEvents(config) };
}

function laneEvents(config: Config): readonly LaneEvent[] {
  return config.calendar.map(({ name, from, until, every, timeZone, swimlanes }) => ({
    name,
    startMs: from,
    endMs: until,
    every,
    timeZone: timeZone ?? config.lanes.defaults.timeZone,
    swimlane: swimlanes,
  }));
}

/**
 * Names the configuration that decides folding: stands in every segment's key, so that segments folded under
 * another configuration are told apart.
 */
export function foldingShape(config: Config, mapping: unknown): string {
  // What a lane is compared with, and what its windows are merged to, decides nothing about folding.
  const rules = config.lanes.rules.map(({ compareWith: _compareWith, coarser: _coarser, ...rule }) => rule);
  const windows = { defaults: windowsOf(config.lanes.defaults), rules };
  const deciding = JSON.stringify({
    version: 1,
    windows,
    mapping,
    limits: config.limits,
    k: config.profile.k,
  });
  return createHash("sha256").update(deciding).digest("hex").slice(0, 12);
}

function windowsOf(lane: LaneConfig): LaneWindows {
  return {
    windowSizeMs: lane.window,
    allowedLatenessMs: lane.allowedLateness,
    lateMaxMs: lane.lateMax,
    futureMaxMs: lane.futureMax,
  };
}

function definedOnly<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
