/**
 * Rules over stored history: the pages that they would have raised, and how long they would have taken to find faults
 * of stated sizes. Causal: the auditor is the service's own and sees each window after the ones before it. Nothing is
 * written to the store.
 */
import type { LaneAuditorOptions } from "../../audit/lane-options.ts";
import { isOfLimitsAlone } from "../../audit/verdict/verdict-name.ts";
import type { IncidentOptions } from "../../incident/options.ts";
import type { LaneName } from "../../rollup/lane-progress.ts";
import { ownSizes } from "../../rollup/own-sizes.ts";
import type { IncidentRow, LaneRow, Store } from "../../store/contract.ts";
import { readCompleteWindows } from "../audit/read-complete-windows.ts";
import type { References } from "../audit/references.ts";
import { type Fault, victimsOf } from "./faults.ts";
import { judgePast, type Past, type Place } from "./lane-past.ts";
import { type PageRate, pageRate } from "./page-rate.ts";
import { type Trial, tryFault } from "./trial.ts";

export interface BacktestOptions {
  readonly store: Store;
  readonly references: References;
  readonly auditorOptions: (lane: LaneName, windowSizeMs: number) => LaneAuditorOptions;
  readonly incidents: Partial<IncidentOptions>;
  readonly isWanted: (swimlane: string) => boolean;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** False pages a lane-week to try, one after the other; the lane's own when empty. */
  readonly budgets: readonly number[];
  readonly faults: readonly Fault[];
  /** Places of the past at which each fault of each size is made. */
  readonly trials: number;
  /** Windows that a fault lasts. */
  readonly horizonWindows: number;
  readonly onProgress?: (text: string) => void;
}

export interface FaultFound {
  readonly fault: Fault;
  readonly trials: readonly Trial[];
}

/** One lane under one budget. */
export interface LaneBacktest {
  readonly swimlane: string;
  readonly sources: readonly string[];
  readonly windowSizeMs: number;
  readonly budgetPerWeek: number;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly windowCount: number;
  readonly judgedCount: number;
  /** Those that would have been told, by start. */
  readonly incidents: readonly IncidentRow[];
  readonly rate: PageRate;
  /** Pages of the owner's fixed limits alone, which are outside the budget and not in `rate`. */
  readonly limitPages: number;
  readonly found: readonly FaultFound[];
  /** Places at which faults were made: fewer than asked for where real incidents leave no more room. */
  readonly placeCount: number;
}

const WEEK_MS = 7 * 86_400_000;
/** Faults are made in the later part of the span, where the lane has a past. */
const PLACES_FROM = 0.4;
/** Looked at for each that is used: real incidents leave room at some only. */
const CANDIDATES_PER_TRIAL = 4;

export async function backtest(options: BacktestOptions): Promise<readonly LaneBacktest[]> {
  const results: LaneBacktest[] = [];
  for (const lanes of groupsOf(await options.store.readLanes(), options)) {
    const budgets: readonly (number | undefined)[] =
      options.budgets.length === 0 ? [undefined] : options.budgets;
    for (const budget of budgets) results.push(await backtestLane(lanes, budget, options));
  }
  return results;
}

/**
 * The stored lanes with windows in the span, by the size that their records are cut to (larger windows are merged from
 * those); sources of one swimlane together, since they share its incidents.
 */
function groupsOf(
  lanes: readonly LaneRow[],
  { isWanted, sinceMs, untilMs }: BacktestOptions,
): readonly LaneRow[][] {
  const groups = new Map<string, LaneRow[]>();
  for (const lane of ownSizes(lanes)) {
    if (!isWanted(lane.swimlane) || lane.lastWindowMs < sinceMs || lane.firstWindowMs >= untilMs) continue;
    const key = JSON.stringify([lane.swimlane, lane.windowSizeMs]);
    groups.set(key, [...(groups.get(key) ?? []), lane]);
  }
  return [...groups.values()];
}

async function backtestLane(
  lanes: readonly LaneRow[],
  budget: number | undefined,
  options: BacktestOptions,
): Promise<LaneBacktest> {
  const { swimlane, windowSizeMs } = lanes[0]!;
  const span = {
    sinceMs: Math.max(options.sinceMs, Math.min(...lanes.map(({ firstWindowMs }) => firstWindowMs))),
    untilMs: Math.min(
      options.untilMs,
      Math.max(...lanes.map(({ lastWindowMs }) => lastWindowMs)) + windowSizeMs,
    ),
  };
  const auditorOptions = (lane: LaneName): LaneAuditorOptions => {
    const own = options.auditorOptions(lane, windowSizeMs);
    return budget === undefined ? own : { ...own, pageBudgetPerWeek: budget };
  };
  const budgetPerWeek = auditorOptions({ swimlane, source: lanes[0]!.source }).pageBudgetPerWeek;
  const label = `${swimlane} at ${budgetPerWeek} a week`;
  let seen = 0;
  const past = await judgePast({
    ...options,
    ...span,
    auditorOptions,
    swimlane,
    windowSizeMs,
    sources: lanes.map(({ source }) => source),
    placesMs: placesOf(lanes, span, options),
    onWindow: () => options.onProgress?.(`${label}: ${++seen} windows judged`),
  });
  const free = freePlaces(past, options, windowSizeMs);
  const found = await tryFaults(free, {
    ...options,
    auditorOptions,
    swimlane,
    windowSizeMs,
    untilMs: span.untilMs,
    label,
  });
  const paged = past.incidents.filter(({ severity }) => severity === "page");
  const limitPages = paged.filter(({ members }) => isOfLimitsAlone(members)).length;
  // Windows still learning page for nothing and find nothing: they count towards neither.
  const weeks = ((past.judgedCount / Math.max(1, lanes.length)) * windowSizeMs) / WEEK_MS;
  return {
    swimlane,
    sources: lanes.map(({ source }) => source),
    windowSizeMs,
    budgetPerWeek,
    ...span,
    windowCount: past.windowCount,
    judgedCount: past.judgedCount,
    incidents: past.incidents,
    rate: pageRate(paged.length - limitPages, weeks),
    limitPages,
    found,
    placeCount: free.length,
  };
}

/** Evenly over the later part of the span, sources in turn. */
function placesOf(
  lanes: readonly LaneRow[],
  span: { readonly sinceMs: number; readonly untilMs: number },
  { trials, horizonWindows, faults }: BacktestOptions,
): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>(lanes.map(({ source }) => [source, []]));
  if (faults.length === 0) return places;
  const sizeMs = lanes[0]!.windowSizeMs;
  const fromMs = span.sinceMs + PLACES_FROM * (span.untilMs - span.sinceMs);
  const lastMs = Math.max(fromMs, span.untilMs - horizonWindows * sizeMs);
  const count = trials * CANDIDATES_PER_TRIAL;
  for (let i = 0; i < count; i++) {
    const atMs = fromMs + ((i + 0.5) / count) * (lastMs - fromMs);
    places.get(lanes[i % lanes.length]!.source)!.push(Math.ceil(atMs / sizeMs) * sizeMs);
  }
  return places;
}

/** As many as were asked for, spread over all that are free. */
function freePlaces(
  past: Past,
  { trials, horizonWindows }: BacktestOptions,
  windowSizeMs: number,
): readonly Place[] {
  const free = past.places
    .filter((place) => isFree(place, past, horizonWindows * windowSizeMs))
    .sort((a, b) => a.startMs - b.startMs);
  if (free.length <= trials) return free;
  return Array.from({ length: trials }, (_, i) => free[Math.floor(((i + 0.5) / trials) * free.length)]!);
}

/** No incident of the undamaged past lives there or begins while the fault would last: it would be taken for the fault's. */
function isFree({ startMs }: Place, { incidents }: Past, horizonMs: number): boolean {
  return !incidents.some(
    (row) =>
      row.startMs < startMs + horizonMs &&
      (Number.isNaN(row.resolvedAtMs) ? row.endMs : row.resolvedAtMs) >= startMs,
  );
}

interface Trying extends Omit<BacktestOptions, "auditorOptions"> {
  readonly auditorOptions: (lane: LaneName) => LaneAuditorOptions;
  readonly swimlane: string;
  readonly windowSizeMs: number;
  readonly label: string;
}

async function tryFaults(places: readonly Place[], options: Trying): Promise<readonly FaultFound[]> {
  const trials = new Map<Fault, Trial[]>(options.faults.map((fault) => [fault, []]));
  for (const [i, place] of places.entries()) {
    const [before, ...windows] = await windowsAt(place, options);
    if (before === undefined || windows.length === 0) continue;
    const auditor = options.auditorOptions({ swimlane: options.swimlane, source: place.source });
    for (const fault of options.faults) {
      const victims = victimsOf(fault, before);
      if (victims.length === 0) continue;
      options.onProgress?.(`${options.label}: ${fault.kind} at place ${i + 1} of ${places.length}`);
      const victim = victims[i % victims.length]!;
      trials.get(fault)!.push(await tryFault(fault, victim, { ...options, auditor, place, before, windows }));
    }
  }
  return options.faults.map((fault) => ({ fault, trials: trials.get(fault)! }));
}

/** The last healthy window, and those in which the fault lasts. */
async function windowsAt(place: Place, { store, swimlane, windowSizeMs, untilMs, horizonWindows }: Trying) {
  const span = {
    swimlane,
    source: place.source,
    windowSizeMs,
    sinceMs: place.startMs - windowSizeMs,
    untilMs: Math.min(untilMs, place.startMs + horizonWindows * windowSizeMs),
  };
  return await readCompleteWindows(store, span, horizonWindows + 1);
}
