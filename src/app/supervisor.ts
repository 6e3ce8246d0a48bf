/**
 * What keeps the steps of a process going: what the outside world may get over is logged and tried again, anything else
 * ends the process, and a stop waits for no engine that hangs.
 */
import type { Clock } from "../base/clock.ts";
import { errorText, OperationalError } from "../base/errors.ts";
import { retry } from "../base/retry.ts";
import type { Telemetry } from "../base/telemetry.ts";

/** How long a store or a queue that is away is waited for at the start. */
const START_PATIENCE_MS = 120_000;
/** A step that fails is taken less and less often, down to this: an engine that comes back is not to wait for us long. */
const FAILING_EVERY_MS_MAX = 2_000;

export class Supervisor {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #stopping = new AbortController();
  readonly #loops: Promise<void>[] = [];
  /** Rejects when the process cannot go on; never resolves. */
  readonly failed: Promise<never>;
  #fail!: (error: unknown) => void;

  constructor(clock: Clock, telemetry: Telemetry) {
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {});
  }

  /** Aborts when the process is to stop. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The process cannot go on. */
  fail(error: unknown): void {
    this.#fail(error);
  }

  /** A store or a queue that is away when we start is waited for: it may be starting, too. Then whoever supervises us decides. */
  patiently(what: string, step: () => Promise<void>): Promise<void> {
    return retry(this.#clock, step, {
      deadlineMs: START_PATIENCE_MS,
      signal: this.signal,
      onRetry: (error) => this.#complain(what, error),
    });
  }

  /** Takes a step `everyMs` after the last one ended, less often while it fails, until the stop. */
  every(everyMs: number, what: string, step: () => Promise<void>): void {
    this.#loops.push(this.#repeat(everyMs, what, step));
  }

  /** As {@link every}, for steps that a stop is not to wait for. */
  everyUnwaited(everyMs: number, what: string, step: () => Promise<void>): void {
    const stopped = new Promise<void>((resolve) => {
      this.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.every(everyMs, what, () => Promise.race([step(), stopped]));
  }

  /** Takes one step; what cannot be tried again ends the process. @returns whether it was taken. */
  async guarded(what: string, step: () => Promise<void>): Promise<boolean> {
    try {
      await step();
      return true;
    } catch (error) {
      if (error instanceof OperationalError && error.retryable) this.#complain(what, error);
      else this.#fail(error);
      return false;
    }
  }

  /** Waits for a part of the stop, whatever comes of it. */
  async settled(what: string, step: Promise<unknown>): Promise<void> {
    await step.catch((error: unknown) =>
      this.#telemetry.error(`${what} failed; the next start goes on from what is durable`, error),
    );
  }

  /** No loop takes another step. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Once every loop has taken its last step. */
  async ended(): Promise<void> {
    await Promise.all(this.#loops);
  }

  async #repeat(everyMs: number, what: string, step: () => Promise<void>): Promise<void> {
    let delayMs = everyMs;
    while (!this.signal.aborted) {
      const isTaken = await this.guarded(what, step);
      delayMs = isTaken ? everyMs : Math.max(everyMs, Math.min(2 * delayMs, FAILING_EVERY_MS_MAX));
      await this.#clock.sleep(delayMs, this.signal);
    }
  }

  #complain(what: string, error: unknown): void {
    this.#telemetry
      .counter("app_retries_total", "Steps that failed and are tried again", ["step"])
      .inc({ step: what });
    this.#telemetry.log("warn", `${what} failed; it is tried again. Nothing is lost.`, {
      error: errorText(error),
    });
  }
}
