/** A lane of numbers as metric records through `replay`: what a pipeline that counts for itself would send. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replayVerdicts, type VerdictLine } from "../replay-verdicts.ts";
import type { SeriesLane } from "./read-series.ts";

export interface SeriesRun {
  /** "zero": a window without a row had a count of 0. "gap": it was not measured. */
  readonly missing: "zero" | "gap";
  readonly pageBudgetPerWeek: number;
  readonly detector: string;
}

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
    writeFileSync(
      path,
      rows
        .map(
          ({ startMs, value }) =>
            `${JSON.stringify({ ts: startMs, swimlane: lane.name, metrics: { value } })}\n`,
        )
        .join(""),
    );
    await replayVerdicts(configOf(lane, run), path, (verdict) => {
      if (verdict.feature === "value" && verdict.detector === run.detector)
        onVerdict(Date.parse(verdict.window_start), verdict);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same for every lane but for its window; only the budget is set. */
function configOf(lane: SeriesLane, { missing, pageBudgetPerWeek }: SeriesRun): string {
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
    metrics: { value: { aggregate: missing === "zero" ? "sum" : "mean", missing } },
    logLevel: "warn",
  });
}
