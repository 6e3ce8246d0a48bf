/** Walks one lane through a series detector, window by window, with nothing but the budget set. */
import type { SeriesDetector, SeriesStep } from "../../detectors/contract.ts";
import type { SeriesLane, SeriesRow } from "./read-series.ts";

export function runDetector<Options, Memory>(
  detector: SeriesDetector<Options, Memory>,
  lane: SeriesLane,
  rows: readonly SeriesRow[],
  pageBudgetPerWeek: number,
  onStep: (row: SeriesRow, step: SeriesStep<Memory>) => void,
): void {
  const { windowSizeMs } = lane;
  const context = {
    swimlane: lane.name,
    source: "*",
    feature: "*",
    windowSizeMs,
    timeZone: "UTC",
    pageBudgetPerWeek,
    familySize: 1,
    knownEvents: [],
  };
  let memory = detector.start(context, detector.defaults);
  for (const row of rows) {
    const point = { startMs: row.startMs, endMs: row.startMs + windowSizeMs, value: row.value };
    const step = detector.step(point, memory, context, detector.defaults);
    memory = step.memory;
    onStep(row, step);
  }
}
