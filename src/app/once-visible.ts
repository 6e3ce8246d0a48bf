/**
 * Reads rows that the store has acknowledged and may not show yet. QuestDB applies them within a fraction of a second; a
 * queue would try the job again only after a second or more, which a page does not need to wait for.
 */
import type { Clock } from "../base/clock.ts";
import { OperationalError } from "../base/errors.ts";
import { retry } from "../base/retry.ts";

/** Longest wait within a job. After it the queue tries the job again, and its place is free for others. */
const WAIT_MS_MAX = 2_000;
const LOOK_AGAIN_MS_MIN = 50;
const LOOK_AGAIN_MS_MAX = 400;

/** Runs `read` again while it fails with a code that ends in `_NOT_VISIBLE`, for `waitMsMax` at most. */
export function onceVisible<T>(
  clock: Clock,
  read: () => Promise<T>,
  signal?: AbortSignal,
  waitMsMax = WAIT_MS_MAX,
): Promise<T> {
  return retry(clock, read, {
    delayMsMin: LOOK_AGAIN_MS_MIN,
    delayMsMax: LOOK_AGAIN_MS_MAX,
    deadlineMs: waitMsMax,
    isRetryable: (error) => error instanceof OperationalError && error.code.endsWith("_NOT_VISIBLE"),
    ...(signal === undefined ? {} : { signal }),
  });
}
