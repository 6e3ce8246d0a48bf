import type { Clock } from "./clock.ts";
import { OperationalError } from "./errors.ts";

export interface RetryOptions {
  /** First wait. It doubles up to `delayMsMax`. @default 200 */
  readonly delayMsMin?: number;
  /** @default 10_000 */
  readonly delayMsMax?: number;
  /** Give up after this long and rethrow the last error. `Infinity` waits for ever. @default Infinity */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Which errors are tried again. @default those that call themselves retryable */
  readonly isRetryable?: (error: unknown) => boolean;
  /** Called before each wait, to log and count it. */
  readonly onRetry?: (error: unknown, attempt: number, delayMs: number) => void;
}

/**
 * Runs `operation` until it succeeds, fails with an error that is not retryable, the deadline passes, or the
 * signal aborts. Only an `OperationalError` with `retryable: true` is tried again.
 */
export async function retry<T>(
  clock: Clock,
  operation: () => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { delayMsMin = 200, delayMsMax = 10_000, deadlineMs = Number.POSITIVE_INFINITY } = options;
  const startMs = clock.elapsedMs();
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation();
    } catch (error) {
      const retryable = (options.isRetryable ?? isRetryable)(error);
      const delayMs = Math.min(delayMsMax, delayMsMin * 2 ** Math.min(attempt - 1, 16));
      const late = clock.elapsedMs() + delayMs - startMs > deadlineMs;
      if (!retryable || late || options.signal?.aborted) throw error;
      options.onRetry?.(error, attempt, delayMs);
      await clock.sleep(delayMs, options.signal);
    }
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof OperationalError && error.retryable;
}
