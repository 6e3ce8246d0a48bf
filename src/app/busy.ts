import type { Telemetry } from "../base/telemetry.ts";

/** Adds the time since `startMs` (of `performance.now()`) to a step's: what a process spends its time on. */
export function countBusy(telemetry: Telemetry, step: "fold" | "merge" | "judge", startMs: number): void {
  telemetry
    .counter(
      "app_busy_seconds_total",
      "Time spent computing, by step: fold (decode to segment), merge (rollup), judge (audit)",
      ["step"],
    )
    .inc({ step }, (performance.now() - startMs) / 1_000);
}
