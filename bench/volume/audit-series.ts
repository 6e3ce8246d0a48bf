/**
 * A lane of counts through the auditor that `replay` and the service run, without records, files and a store between:
 * the same verdicts at a tenth of the time.
 */
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { LaneAuditor } from "../../src/audit/lane-auditor.ts";
import type { VerdictRow } from "../../src/store/contract.ts";
import type { SeriesLane } from "./read-series.ts";

/** @param onVerdict told of each verdict on the lane's record count, by the window's start. */
export function auditSeries(
  lane: SeriesLane,
  pageBudgetPerWeek: number,
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
  const counts = new Map(lane.rows.map(({ startMs, value }) => [startMs, value]));
  const startsMs = [...counts.keys()].sort((a, b) => a - b);
  // A window without a row had no records, and is judged like any other.
  for (let startMs = startsMs[0]!; startMs <= startsMs.at(-1)!; startMs += lane.windowSizeMs) {
    const key = { windowStartMs: startMs, windowSizeMs: lane.windowSizeMs, swimlane: lane.name, source: "*" };
    const held = { recordCount: counts.get(startMs) ?? 0, profileCount: 0, segmentCount: 1 };
    const window = { ...key, ...held, revision: 1, mergedAtMs: 0 };
    for (const verdict of auditor.audit({ window, profiles: [] }))
      if (verdict.feature === "*" && verdict.detector === "volume") onVerdict(startMs, verdict);
  }
}
