/**
 * Lets lanes whose windows are judged at the same time write in the same turn, so that they share a commit: a database
 * that applies eight commits of a few lanes each works seven times as long as on one of them all.
 */
import type { Clock } from "../../base/clock.ts";

/** Longest wait for the others, ms: one of them may wait for the store. */
const WAIT_MS_MAX = 500;

export class Together {
  readonly #clock: Clock;
  #insideCount = 0;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `work`, for whose end others wait. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#insideCount++;
    try {
      return await work();
    } finally {
      this.#insideCount--;
      if (this.#insideCount === 0) this.#release();
    }
  }

  /** Resolves once nobody is inside, for all that wait in one turn; at the latest after half a second. */
  async allOut(): Promise<void> {
    if (this.#insideCount === 0) return;
    const late = new AbortController();
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      void this.#clock.sleep(WAIT_MS_MAX, late.signal).then(resolve);
    });
    late.abort();
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
