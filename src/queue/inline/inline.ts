/**
 * Jobs inside this process, for `replay`, the demo and tests: no server, nothing survives the process.
 *
 * Deterministic at concurrency 1: first in, first out, and a job that is tried again keeps its turn.
 */
import { OperationalError } from "../../base/errors.ts";
import { retry } from "../../base/retry.ts";
import type { QueueContext } from "../context.ts";
import type { JobQueue } from "../contract.ts";
import type { InlineOptions } from "./options.ts";

export function createInlineQueue<Job>(
  name: string,
  options: InlineOptions,
  context: QueueContext,
): JobQueue<Job> {
  return new InlineQueue<Job>(name, options, context);
}

class InlineQueue<Job> implements JobQueue<Job> {
  readonly #name: string;
  readonly #options: InlineOptions;
  readonly #context: QueueContext;
  /** Waiting jobs by key: a Map keeps insertion order, which is the order of work. */
  readonly #waiting = new Map<string, Job>();
  readonly #stopping = new AbortController();
  #handler: ((job: Job) => Promise<void>) | undefined;
  #runningCount = 0;
  /** Woken whenever a job leaves the queue or ends. */
  #watchers: (() => void)[] = [];
  #failure: unknown;

  constructor(name: string, options: InlineOptions, context: QueueContext) {
    this.#name = name;
    this.#options = options;
    this.#context = context;
  }

  async add(key: string, job: Job): Promise<void> {
    while (!this.#waiting.has(key) && this.#waiting.size >= this.#options.waitingMax) await this.#room();
    this.#refuseWhenStopped();
    if (this.#waiting.has(key)) return;
    this.#waiting.set(key, job);
    this.#pump();
  }

  async addAll(jobs: readonly { readonly key: string; readonly job: Job }[]): Promise<void> {
    for (const { key, job } of jobs) await this.add(key, job);
  }

  async work(handler: (job: Job) => Promise<void>): Promise<void> {
    this.#handler = handler;
    this.#pump();
  }

  async depth(): Promise<number> {
    return this.#waiting.size + this.#runningCount;
  }

  /** Rejects with the first job's error when one was given up since the last call: `replay` must not pass over it. */
  async idle(): Promise<void> {
    while (this.#waiting.size + this.#runningCount > 0 && !this.#stopping.signal.aborted)
      await this.#change();
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  async ready(): Promise<boolean> {
    return !this.#stopping.signal.aborted;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#waiting.clear();
    this.#wake();
    while (this.#runningCount > 0) await this.#change();
  }

  #refuseWhenStopped(): void {
    if (!this.#stopping.signal.aborted) return;
    throw new OperationalError(`Queue "${this.#name}" is stopped; the job was not added.`, {
      code: "QUEUE_STOPPED",
      retryable: false,
    });
  }

  /**
   * Waits for a place. A job that adds to its own full queue would wait for itself for ever; who adds is not looked up
   * (an AsyncLocalStorage would, and makes every await of the process dearer), so the wait ends when nothing moves.
   */
  async #room(): Promise<void> {
    this.#refuseWhenStopped();
    const moved = new AbortController();
    let isMoved = false;
    const change = this.#change().then(() => {
      isMoved = true;
      moved.abort();
    });
    await Promise.race([change, this.#context.clock.sleep(this.#options.roomWaitMs, moved.signal)]);
    if (isMoved) return;
    throw new OperationalError(
      `Queue "${this.#name}" holds ${this.#options.waitingMax} jobs, and none of them began within ` +
        `${this.#options.roomWaitMs} ms; the job was not added and is offered again. Raise waitingMax, or look at what the running job waits for.`,
      { code: "QUEUE_FULL", retryable: true },
    );
  }

  #pump(): void {
    while (this.#handler && this.#runningCount < this.#options.concurrency && this.#waiting.size > 0) {
      const [key, job] = this.#waiting.entries().next().value as [string, Job];
      this.#waiting.delete(key);
      this.#runningCount++;
      void this.#run(this.#handler, key, job);
    }
  }

  async #run(handler: (job: Job) => Promise<void>, key: string, job: Job): Promise<void> {
    try {
      await retry(this.#context.clock, async () => handler(job), {
        deadlineMs: this.#options.retryDeadlineMs,
        signal: this.#stopping.signal,
        onRetry: (error) =>
          this.#context.telemetry.log("warn", "a job is tried again", {
            queue: this.#name,
            key,
            error: String(error),
          }),
      });
    } catch (error) {
      this.#giveUp(key, error);
    } finally {
      this.#runningCount--;
      this.#wake();
      this.#pump();
    }
  }

  #giveUp(key: string, error: unknown): void {
    // A job that was being tried again when we stopped is not lost: whoever starts next derives it from the store.
    if (this.#stopping.signal.aborted && error instanceof OperationalError && error.retryable) return;
    this.#failure ??= error;
    this.#context.telemetry.event("error", "queue_jobs_failed", "a job was given up", { queue: this.#name });
    this.#context.telemetry.error("a job was given up", error, { queue: this.#name, key });
    this.#context.onFailed?.(key, error);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#watchers.push(resolve));
  }

  #wake(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const wake of watchers) wake();
  }
}
