import type { Telemetry } from "../base/telemetry.ts";

const BOUNDS_SECONDS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60];

/** How long the store took to acknowledge a group of writes, retries included: the first sign of one that is slow. */
export function observeFlush(telemetry: Telemetry, table: string, elapsedMs: number): void {
  telemetry
    .histogram("store_flush_seconds", "Time until the store acknowledged a group of writes", BOUNDS_SECONDS, [
      "table",
    ])
    .observe({ table }, elapsedMs / 1_000);
}
