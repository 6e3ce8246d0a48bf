/** A lane of numbers through `replay`: counts as the record counts they are, values as metric records. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replayVerdicts, type VerdictLine } from "../replay-verdicts.ts";
import type { SeriesLane, SeriesRow } from "./read-series.ts";

export interface SeriesRun {
  /**
   * "counts": so many records came in the window, and none where the lane has no row (a profile record that says so).
   * "values": a metric that a pipeline computed, not measured where the lane has no row.
   */
  readonly as: "counts" | "values";
  readonly pageBudgetPerWeek: number;
}

/** Which verdicts are of the series itself. */
export const JUDGED = {
  counts: { feature: "*", detector: "volume" },
  values: { feature: "value", detector: "metric" },
};

/** @param onVerdict told of each window of the lane, by its start. */
export async function replaySeries(
  lane: SeriesLane,
  run: SeriesRun,
  onVerdict: (startMs: number, verdict: VerdictLine) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lanewatch-series-"));
  try {
    const path = join(folder, "records.jsonl");
    const rows = [...lane.rows].sort((a, b) => a.startMs - b.startMs);
    writeFileSync(path, rows.map((row) => `${JSON.stringify(recordOf(lane, row, run))}\n`).join(""));
    const { feature, detector } = JUDGED[run.as];
    await replayVerdicts(configOf(lane, run), path, (verdict) => {
      if (verdict.feature === feature && verdict.detector === detector)
        onVerdict(Date.parse(verdict.window_start), verdict);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function recordOf(lane: SeriesLane, { startMs, value }: SeriesRow, { as }: SeriesRun): object {
  const placed = { ts: startMs, swimlane: lane.name };
  return as === "counts"
    ? { ...placed, window: `${lane.windowSizeMs / 1000}s`, record_count: value, profiles: {} }
    : { ...placed, metrics: { value } };
}

/** The same for every lane but for its window; only the budget is set. */
function configOf(lane: SeriesLane, { pageBudgetPerWeek }: SeriesRun): string {
  return JSON.stringify({
    lanes: {
      defaults: {
        window: `${lane.windowSizeMs}ms`,
        allowedLateness: "1ms",
        lateMax: "36500d",
        futureMax: "36500d",
        pageBudget: pageBudgetPerWeek,
      },
    },
    logLevel: "warn",
  });
}
