/** Time comes in as an argument, never from a global, so that a test can script it. */
export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. */
  nowMs(): number;
  /** Milliseconds of a clock that nobody sets: it never jumps, and only differences of it mean something. */
  elapsedMs(): number;
  /** Resolves after `delayMs`, or at once when `signal` aborts (it never rejects). */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  sleep: (delayMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, delayMs);
      signal?.addEventListener("abort", done, { once: true });
    }),
};

/**
 * A clock that moves only when told to. `sleep` resolves once the time has been advanced past it, and at once when it
 * is to last no time.
 */
export class ManualClock implements Clock {
  #nowMs: number;
  #sleepers: { atMs: number; wake: () => void }[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  elapsedMs(): number {
    return this.#nowMs;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted || delayMs <= 0) return resolve();
      const wake = () => {
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      this.#sleepers.push({ atMs: this.#nowMs + delayMs, wake });
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  /** Moves to `toMs` (never back) and wakes the sleepers that are due, in order of their time. */
  advanceTo(toMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, toMs);
    const due = this.#sleepers.filter((s) => s.atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#sleepers = this.#sleepers.filter((s) => s.atMs > this.#nowMs);
    for (const sleeper of due) sleeper.wake();
  }
}
