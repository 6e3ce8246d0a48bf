/**
 * A lane of numbers through the auditor that `replay` and the service run, without records, files and a store between:
 * the same verdicts at a tenth of the time.
 */

import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { LaneAuditor } from "../../src/audit/lane-auditor.ts";
import { groupBy } from "../../src/base/group-by.ts";
import { hashText } from "../../src/base/random.ts";
import type { CompleteWindow } from "../../src/rollup/complete-window.ts";
import { ProfileArena } from "../../src/sketch/arena.ts";
import type { VerdictRow } from "../../src/store/contract.ts";
import type { SeriesLane } from "./read-series.ts";
import { JUDGED, type SeriesRun } from "./replay-series.ts";

const METRIC = JUDGED.values.feature;

/** @param onVerdict told of each verdict on the series itself, by the window's start. */
export function auditSeries(
  lane: SeriesLane,
  { as, pageBudgetPerWeek }: SeriesRun,
  onVerdict: (startMs: number, verdict: VerdictRow) => void,
): void {
  const auditor = new LaneAuditor({
    swimlane: lane.name,
    source: "*",
    windowSizeMs: lane.windowSizeMs,
    detectors: BUILT_IN_DETECTORS,
    detectorOptions: {},
    pageBudgetPerWeek,
    timeZone: "UTC",
    knownEvents: [],
    metrics: {},
  });
  const values = valuesByWindow(lane);
  const startsMs = [...values.keys()].sort((a, b) => a - b);
  const windowOf = as === "counts" ? windowOfCounts : windowOfValues;
  const { feature, detector } = JUDGED[as];
  // A window without a row had no records, and is judged like any other.
  for (let startMs = startsMs[0]!; startMs <= startsMs.at(-1)!; startMs += lane.windowSizeMs)
    for (const verdict of auditor.audit(windowOf(lane, startMs, values.get(startMs) ?? [])))
      if (verdict.feature === feature && verdict.detector === detector) onVerdict(startMs, verdict);
}

function valuesByWindow({ rows, windowSizeMs }: SeriesLane): Map<number, number[]> {
  const windows = groupBy(rows, ({ startMs }) => Math.floor(startMs / windowSizeMs) * windowSizeMs);
  return new Map([...windows].map(([startMs, own]) => [startMs, own.map(({ value }) => value)]));
}

function windowOfCounts(lane: SeriesLane, startMs: number, counts: readonly number[]): CompleteWindow {
  const recordCount = counts.reduce((sum, count) => sum + count, 0);
  return { window: windowRow(lane, startMs, recordCount, 0), profiles: [] };
}

function windowOfValues(lane: SeriesLane, startMs: number, values: readonly number[]): CompleteWindow {
  const window = windowRow(lane, startMs, values.length, values.length > 0 ? 1 : 0);
  if (values.length === 0) return { window, profiles: [] };
  const arena = new ProfileArena();
  const series = arena.open(hashText(METRIC));
  for (const value of values) arena.addNumber(series, value);
  const { windowStartMs, windowSizeMs, swimlane, source } = window;
  const key = { windowStartMs, windowSizeMs, swimlane, source, feature: METRIC, kind: "metric" as const };
  const profile = { ...key, revision: 1, recordCount: values.length, profile: arena.seal(series) };
  return { window, profiles: [profile] };
}

function windowRow(lane: SeriesLane, windowStartMs: number, recordCount: number, profileCount: number) {
  const key = { windowStartMs, windowSizeMs: lane.windowSizeMs, swimlane: lane.name, source: "*" };
  return { ...key, revision: 1, recordCount, profileCount, segmentCount: 1, mergedAtMs: 0 };
}
