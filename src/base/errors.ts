/**
 * The two kinds of failure. A bug in our own code throws `InvariantError`; the outside world (broker, store,
 * file, configuration) throws an `OperationalError`. Bad data is neither: it is a counted outcome (decode).
 */

/** Our own code broke a promise that it makes to itself. Never caught to go on: the process exits. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Throws {@link InvariantError} with `message` unless `condition` holds. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

export interface OperationalErrorOptions {
  /** Stable, machine-readable: `STORE_UNREACHABLE`. A closed set per stage. */
  readonly code: string;
  /** True when the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean;
  /** What it was about: table, topic, path. Goes into the log line. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The outside world failed. The message says what failed, what is safe, and what to do next. */
export class OperationalError extends Error {
  override readonly name: string = "OperationalError";
  readonly code: string;
  readonly retryable: boolean;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(message: string, options: OperationalErrorOptions) {
    super(message, { cause: options.cause });
    this.code = options.code;
    this.retryable = options.retryable;
    this.context = options.context ?? {};
  }
}

/** The text of anything thrown, with its chain of causes as far as it does not quote them itself, on one line. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message || error.name;
  const cause = error.cause === undefined ? "" : errorText(error.cause);
  return own.includes(cause) ? own : `${own} (cause: ${cause})`;
}
