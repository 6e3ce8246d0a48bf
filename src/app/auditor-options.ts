/** What a lane's auditors are told: one for its own windows, one for each larger size that they are merged to. */
import type { Detector } from "../../detectors/contract.ts";
import type { LaneAuditorOptions, WindowSizes } from "../audit/lane-options.ts";
import { formatDuration } from "../base/duration.ts";
import { coarserSizes } from "../rollup/coarser.ts";
import type { LaneName } from "../rollup/lane-progress.ts";
import { sqlMetricsOf } from "./audit/sql-metrics.ts";
import type { Config } from "./config/schema.ts";
import { knownEventsOf, laneRules } from "./lane-settings.ts";
import { limitsOf } from "./owner-limits.ts";

const DAY_MS = 86_400_000;
/**
 * Accepted windows of a larger size before anything in them is alerted. Beside so many records sampling is nothing, and
 * how much a lane moves by itself is all that counts: it shows in a week of hours and three weeks of days.
 */
const HISTORY_HOURS = 168;
const HISTORY_DAYS = 21;

export function auditorOptionsOf(config: Config, detectors: readonly Detector[]) {
  const rules = laneRules(config);
  const limits = limitsOf(config);
  const sqlMetrics = sqlMetricsOf(config);
  const ofFeatures = detectors.filter(({ input }) => input === "distribution");
  return (lane: LaneName, windowSizeMs: number): LaneAuditorOptions => {
    const settings = rules.of(lane.swimlane);
    const sizes = sizesOf(settings.window, settings.coarser, windowSizeMs);
    return {
      ...lane,
      windowSizeMs,
      // Counts and metrics are series of the lane's own windows; a larger window has nothing to add to them.
      detectors: sizes.historyWindowsMin === undefined ? detectors : ofFeatures,
      detectorOptions: config.detectors.options,
      pageBudgetPerWeek: settings.pageBudget,
      timeZone: settings.timeZone,
      knownEvents: knownEventsOf(config, lane.swimlane),
      referenceUntilMs: settings.referenceUntil,
      metrics: metricsOf(config, sqlMetrics(lane)),
      // A limit is said of the lane's own windows, once.
      limits: sizes.historyWindowsMin === undefined ? limits(lane) : [],
      sizes,
    };
  };
}

/** Those that pipelines send, and those of SQL that are measured for this lane. */
function metricsOf(config: Config, measured: readonly { readonly name: string }[]): Config["metrics"] {
  const names = new Set(measured.map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(config.metrics).filter(([name, { sql }]) => sql === undefined || names.has(name)),
  );
}

/** Larger sizes to which a lane's windows are merged, if they are multiples of its own. */
export function coarserOf(config: Config): (swimlane: string) => readonly number[] {
  const rules = laneRules(config);
  return (swimlane) => rules.of(swimlane).coarser;
}

function sizesOf(ownMs: number, wantedMs: readonly number[], windowSizeMs: number): WindowSizes {
  const sizes = [ownMs, ...coarserSizes(ownMs, wantedMs)];
  const next = sizes.find((size) => size > windowSizeMs);
  const larger = windowSizeMs !== ownMs && sizes.includes(windowSizeMs);
  return {
    count: sizes.length,
    leavesTo: next === undefined ? undefined : formatDuration(next),
    historyWindowsMin: larger ? (windowSizeMs >= DAY_MS ? HISTORY_DAYS : HISTORY_HOURS) : undefined,
  };
}
