import type { Clock } from "../base/clock.ts";

/** Runs `step` again and again, `everyMs` after it ended, until the signal aborts. `step` must not throw. */
export async function repeat(
  clock: Clock,
  everyMs: number,
  signal: AbortSignal,
  step: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await step();
    await clock.sleep(everyMs, signal);
  }
}
