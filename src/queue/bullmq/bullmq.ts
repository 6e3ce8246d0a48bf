/**
 * Jobs in Redis, shared by all processes: BullMQ.
 *
 * A job's id is its key, and finished jobs are removed at once, so that "already there" means it waits or runs.
 * With Redis away, adding fails within a deadline and workers wait; both go on by themselves once it is back.
 */
import { Queue, UnrecoverableError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { withDeadline } from "../../base/deadline.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import type { QueueContext } from "../context.ts";
import type { JobQueue } from "../contract.ts";
import { connectRedis, refuseEviction } from "./connection.ts";
import { jobId } from "./job-id.ts";
import type { BullmqOptions } from "./options.ts";

const BACKOFF_MS_MIN = 1_000;
const BACKOFF_MS_MAX = 60_000;
/** A job whose process died is given to another once its lock is this old. */
const LOCK_MS = 30_000;
/** How often a job may lose its process before it is given up: it may be the job that kills them. */
const STALLED_MAX = 5;
const READY_DEADLINE_MS = 2_000;
/** With 20 s for the whole process to stop, jobs that run longer are left to their lock. */
const STOP_DEADLINE_MS = 10_000;
/** Jobs that one call sends to Redis at once. */
const ADD_CHUNK = 500;

/** What lies in Redis, as JSON. */
interface Envelope {
  readonly key: string;
  readonly job: unknown;
}

export function createBullmqQueue<Job>(
  name: string,
  options: BullmqOptions,
  context: QueueContext,
): JobQueue<Job> {
  return new BullmqQueue<Job>(name, options, context);
}

class BullmqQueue<Job> implements JobQueue<Job> {
  readonly #name: string;
  readonly #options: BullmqOptions;
  readonly #context: QueueContext;
  readonly #redis: Redis;
  readonly #queue: Queue<Envelope>;
  #worker: Worker<Envelope> | undefined;
  #workerRedis: Redis | undefined;
  /** True once the server has been seen not to evict. */
  #checked = false;
  #stopped = false;

  constructor(name: string, options: BullmqOptions, context: QueueContext) {
    this.#name = name;
    this.#options = options;
    this.#context = context;
    this.#redis = connectRedis(options.url, context.telemetry, false);
    this.#queue = new Queue<Envelope>(name, {
      connection: this.#redis,
      prefix: options.prefix,
      defaultJobOptions: {
        attempts: options.attemptsMax,
        backoff: { type: "capped" },
        removeOnComplete: true,
        removeOnFail: true,
      },
    });
    this.#queue.on("error", (error) =>
      this.#context.telemetry.log("debug", "queue", { error: errorText(error) }),
    );
  }

  async add(key: string, job: Job): Promise<void> {
    await this.addAll([{ key, job }]);
  }

  async addAll(jobs: readonly { readonly key: string; readonly job: Job }[]): Promise<void> {
    for (let from = 0; from < jobs.length; from += ADD_CHUNK) {
      const chunk = jobs.slice(from, from + ADD_CHUNK).map(({ key, job }) => ({
        name: this.#name,
        data: { key, job },
        opts: { jobId: jobId(key) },
      }));
      await this.#ask(`add ${chunk.length} jobs`, this.#options.addDeadlineMs, async () => {
        await this.#check();
        await this.#queue.addBulk(chunk);
      });
    }
  }

  async work(handler: (job: Job) => Promise<void>): Promise<void> {
    await this.#ask("check the server", this.#options.addDeadlineMs, () => this.#check());
    this.#workerRedis = connectRedis(this.#options.url, this.#context.telemetry, true);
    this.#worker = new Worker<Envelope>(this.#name, ({ data }) => runJob(handler, data), {
      connection: this.#workerRedis,
      prefix: this.#options.prefix,
      concurrency: this.#options.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: LOCK_MS / 2,
      maxStalledCount: STALLED_MAX,
      runRetryDelay: 1_000,
      settings: { backoffStrategy },
    });
    this.#worker.on("error", (error) =>
      this.#context.telemetry.log("debug", "worker", { error: errorText(error) }),
    );
    this.#worker.on("failed", (job, error) => {
      if (job && job.finishedOn === undefined)
        this.#context.telemetry.log("warn", "a job is tried again", {
          queue: this.#name,
          key: job.data.key,
          error: errorText(error),
        });
      else this.#giveUp(job?.data.key ?? "", error);
    });
  }

  async depth(): Promise<number> {
    return this.#ask("count jobs", this.#options.addDeadlineMs, () =>
      this.#queue.getJobCountByTypes("waiting", "active", "delayed", "prioritized"),
    );
  }

  async idle(): Promise<void> {}

  async ready(): Promise<boolean> {
    try {
      await this.#ask("ping", READY_DEADLINE_MS, async () => {
        await this.#redis.ping();
        await this.#check();
      });
      return true;
    } catch {
      return false;
    }
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    if (this.#worker) await settle(this.#worker.close());
    await settle(this.#queue.close());
    this.#worker?.disconnect().catch(() => {});
    this.#workerRedis?.disconnect();
    this.#redis.disconnect();
  }

  async #check(): Promise<void> {
    if (this.#checked) return;
    await refuseEviction(this.#redis);
    this.#checked = true;
  }

  /** Runs one question to Redis; whatever goes wrong becomes a retryable error, and within the deadline. */
  async #ask<T>(what: string, deadlineMs: number, question: () => Promise<T>): Promise<T> {
    try {
      return await withDeadline(this.#connected().then(question), deadlineMs);
    } catch (error) {
      if (error instanceof OperationalError) throw error;
      throw new OperationalError(
        `Redis did not answer (${what} on queue "${this.#name}"). Nothing is lost: jobs are derived from the store again.`,
        { code: "QUEUE_UNREACHABLE", retryable: true, context: { queue: this.#name }, cause: error },
      );
    }
  }

  /** The first connection takes a moment; afterwards a missing one fails the command at once. */
  async #connected(): Promise<void> {
    if (this.#stopped)
      throw new OperationalError(`Queue "${this.#name}" is stopped.`, {
        code: "QUEUE_STOPPED",
        retryable: false,
      });
    if (this.#redis.status === "ready") return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, this.#options.addDeadlineMs);
      const redis = this.#redis;
      redis.once("ready", done);
      function done(): void {
        clearTimeout(timer);
        redis.off("ready", done);
        resolve();
      }
    });
  }

  #giveUp(key: string, error: unknown): void {
    const cause = error instanceof UnrecoverableError && error.cause !== undefined ? error.cause : error;
    this.#context.telemetry.event("error", "queue_jobs_failed", "a job was given up", { queue: this.#name });
    this.#context.telemetry.error("a job was given up", cause, { queue: this.#name, key });
    this.#context.onFailed?.(key, cause);
  }
}

async function runJob<Job>(handler: (job: Job) => Promise<void>, { job }: Envelope): Promise<void> {
  try {
    await handler(job as Job);
  } catch (error) {
    if (error instanceof OperationalError && error.retryable) throw error;
    const final = new UnrecoverableError(errorText(error));
    final.cause = error;
    throw final;
  }
}

function backoffStrategy(attemptsMade: number): number {
  return Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(attemptsMade - 1, 10));
}

/** Waits for a close, but never for long and never for its error: the process ends either way. */
async function settle(closing: Promise<unknown>): Promise<void> {
  await withDeadline(closing, STOP_DEADLINE_MS).catch(() => {});
}
