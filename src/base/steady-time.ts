import type { Clock } from "./clock.ts";

/** How fast a wall clock that was set is followed: 6 minutes for each hour that passes. */
const CATCH_UP = 0.1;

/**
 * The wall clock's time for decisions that cannot be taken back. A clock that was set ahead (by hand, by a wrong time
 * server) is followed only slowly, so a mistake can be noticed before much has come of it; one that was set back, at once.
 */
export class SteadyTime {
  readonly #clock: Clock;
  /** Wall time less elapsed time, as far as it is believed. */
  #believedMs: number;
  #lastElapsedMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastElapsedMs = clock.elapsedMs();
    this.#believedMs = clock.nowMs() - this.#lastElapsedMs;
  }

  /** Epoch milliseconds; never ahead of the wall clock. */
  nowMs(): number {
    const elapsedMs = this.#clock.elapsedMs();
    const saidMs = this.#clock.nowMs() - elapsedMs;
    const stepMs = CATCH_UP * Math.max(0, elapsedMs - this.#lastElapsedMs);
    this.#lastElapsedMs = elapsedMs;
    this.#believedMs += Math.min(stepMs, Math.max(-stepMs, saidMs - this.#believedMs));
    return elapsedMs + Math.min(saidMs, this.#believedMs);
  }
}
