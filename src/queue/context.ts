import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";

/** What every queue is given besides its own options. */
export interface QueueContext {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /**
   * Told of a job that is given up: its handler threw an error that is not retryable, or too often. Counted and
   * logged already; the app decides whether it has to exit (an `InvariantError`).
   */
  readonly onFailed?: (key: string, error: unknown) => void;
}
