import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";

/** What every source is given besides its own options. */
export interface SourceContext {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /**
   * How far a topic has been folded in event time, −Infinity before its first record: a source that reads several
   * files side by side takes the one that lies furthest back. Epoch milliseconds.
   */
  readonly watermarkMs: (topic: string) => number;
}
