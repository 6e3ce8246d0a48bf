/**
 * Pauses of long computations, in which the process answers others: probes, people, brokers, queues. Whatever shares one
 * of these counts as one computation.
 */
import type { Clock } from "./clock.ts";

/** Longest that others wait for one computation, but for the step under way; far below what a probe waits. */
const BUSY_MS_MAX = 50;

export class Pauses {
  readonly #clock: Clock;
  readonly #busyMsMax: number;
  /** Of the clock's elapsed time: when others last had their turn. */
  #sinceMs: number;
  #pause: Promise<void> | undefined;

  constructor(clock: Clock, busyMsMax = BUSY_MS_MAX) {
    this.#clock = clock;
    this.#busyMsMax = busyMsMax;
    this.#sinceMs = clock.elapsedMs();
  }

  /** True when others should have their turn before the next step. */
  get isDue(): boolean {
    return this.#pause !== undefined || this.#clock.elapsedMs() - this.#sinceMs >= this.#busyMsMax;
  }

  /** Lets everything else that waits run. */
  async take(): Promise<void> {
    this.#pause ??= this.#clock.sleep(0).then(() => {
      this.#sinceMs = this.#clock.elapsedMs();
      this.#pause = undefined;
    });
    await this.#pause;
  }
}
