/** A backtest for a terminal: the pages against the budget, and a row for each fault and size with its delay. */
import { formatDuration } from "../../base/duration.ts";
import type { FaultFound, LaneBacktest } from "../backtest/backtest.ts";
import { FAULTS, sizeText } from "../backtest/faults.ts";
import { foundDelay } from "../backtest/found-delay.ts";
import { textTable } from "./text-table.ts";

const INCIDENTS_SHOWN_MAX = 20;

export function backtestTable(results: readonly LaneBacktest[]): string {
  return `${results.map(laneText).join("\n")}\n`;
}

function laneText(lane: LaneBacktest): string {
  return [
    `${lane.swimlane} (${lane.sources.join(", ")}), ${day(lane.sinceMs)} to ${day(lane.untilMs)}, windows of ${formatDuration(lane.windowSizeMs)}: ` +
      `${lane.windowCount} seen, ${lane.judgedCount} judged`,
    ...rateLines(lane),
    ...incidentLines(lane),
    ...faultLines(lane),
    "",
  ].join("\n");
}

function rateLines({ rate, limitPages, budgetPerWeek, incidents }: LaneBacktest): readonly string[] {
  const warnings = incidents.length - rate.pages - limitPages;
  if (rate.weeks === 0) return ["  nothing was judged yet: too little history"];
  const expected = budgetPerWeek * rate.weeks;
  return [
    `  pages a week: ${figure(rate.perWeek)} (95 %: ${figure(rate.perWeekLow)} to ${figure(rate.perWeekHigh)}), budget ${budgetPerWeek}: ` +
      `${rate.pages} in ${figure(rate.weeks)} weeks where ${figure(expected)} false ones are accepted; ${warnings} warnings`,
    ...(limitPages > 0 ? [`  and ${limitPages} pages of your own limits, outside the budget`] : []),
    ...(rate.perWeekLow > budgetPerWeek
      ? [
          "  more than the budget, beyond chance: real trouble in this past, or rules that are too loud for this lane",
        ]
      : []),
  ];
}

function incidentLines({ incidents }: LaneBacktest): readonly string[] {
  const shown = incidents
    .slice(0, INCIDENTS_SHOWN_MAX)
    .map((row) => `    ${day(row.startMs)}  ${row.severity.padEnd(4)}  ${row.title}`);
  const rest = incidents.length - shown.length;
  return [...shown, ...(rest > 0 ? [`    … and ${rest} more`] : [])];
}

function faultLines({ found, windowSizeMs, placeCount }: LaneBacktest): readonly string[] {
  if (found.length === 0) return [];
  if (placeCount === 0)
    return [
      "  no fault was made: real incidents, or too short a past, left no place for one (try a shorter --horizon)",
    ];
  const rows = found.map((each) => faultRow(each, windowSizeMs));
  const head = ["fault", "size", "paged", "delay p50", "p90", "told at all", "delay p50"];
  return [
    "",
    `  faults made at ${placeCount} places of this past, each until it was found or the fault ended`,
    ...textTable(head, rows, 2),
  ];
}

function faultRow(found: FaultFound, windowSizeMs: number): readonly string[] {
  const { fault, trials } = found;
  const name = [`${fault.kind} (${FAULTS[fault.kind].says})`, sizeText(fault)];
  if (trials.length === 0) return [...name, "no feature it fits", "", "", "", ""];
  const page = foundDelay(trials.map(({ pageWindows }) => pageWindows));
  const alert = foundDelay(trials.map(({ alertWindows }) => alertWindows));
  const delay = (windows: number | null) =>
    windows === null ? "never" : `${windows} × ${formatDuration(windowSizeMs)}`;
  return [
    ...name,
    `${page.found} of ${trials.length}`,
    delay(page.p50),
    delay(page.p90),
    `${alert.found} of ${trials.length}`,
    delay(alert.p50),
  ];
}

/** The same as plain data, for `--json`. */
export function backtestJson(lane: LaneBacktest): Readonly<Record<string, unknown>> {
  return {
    swimlane: lane.swimlane,
    sources: lane.sources,
    windowSizeMs: lane.windowSizeMs,
    budgetPerWeek: lane.budgetPerWeek,
    since: new Date(lane.sinceMs).toISOString(),
    until: new Date(lane.untilMs).toISOString(),
    windows: lane.windowCount,
    windowsJudged: lane.judgedCount,
    pages: lane.rate,
    limitPages: lane.limitPages,
    places: lane.placeCount,
    incidents: lane.incidents.map(({ id, severity, startMs, endMs, title, members }) => ({
      id,
      severity,
      start: new Date(startMs).toISOString(),
      end: new Date(endMs).toISOString(),
      title,
      members: members === "" ? [] : members.split(","),
    })),
    faults: lane.found.map(({ fault, trials }) => ({
      ...fault,
      page: foundDelay(trials.map(({ pageWindows }) => pageWindows)),
      alert: foundDelay(trials.map(({ alertWindows }) => alertWindows)),
      trials,
    })),
  };
}

function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function day(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}
