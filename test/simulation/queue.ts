/** A simulated job server: jobs outlive processes, run at least once, and some are lost for good, as after a Redis that was wiped. */
import { OperationalError } from "../../src/base/errors.ts";
import type { JobQueue } from "../../src/queue/contract.ts";
import type { Life, World } from "./world.ts";

interface Placed<Job> {
  readonly job: Job;
  attempt: number;
  notBeforeMs: number;
}

export class JobServer<Job> {
  readonly world: World;
  readonly jobs = new Map<string, Placed<Job>>();
  /** Share of jobs that vanish when they are added. */
  loss = 0;

  constructor(world: World) {
    this.world = world;
  }

  add(key: string, job: Job): void {
    if (this.world.chance(this.loss)) this.world.note(`the queue loses job ${key}`);
    else if (!this.jobs.has(key)) this.jobs.set(key, { job, attempt: 0, notBeforeMs: 0 });
  }

  /** The oldest job that is due; it stays, and is handed out again, until it is done. */
  take(): readonly [string, Placed<Job>] | undefined {
    for (const [key, placed] of this.jobs) {
      if (placed.notBeforeMs > this.world.nowMs) continue;
      placed.notBeforeMs = this.world.nowMs + 60_000;
      return [key, placed];
    }
    return undefined;
  }

  retry(key: string): void {
    const placed = this.jobs.get(key);
    if (placed === undefined) return;
    placed.notBeforeMs = this.world.nowMs + Math.min(20_000, 1_000 * 2 ** placed.attempt++);
  }
}

export class SimulatedQueue<Job> implements JobQueue<Job> {
  readonly #server: JobServer<Job>;
  readonly #life: Life;
  readonly #onBug: (error: unknown) => void;

  constructor(server: JobServer<Job>, life: Life, onBug: (error: unknown) => void) {
    this.#server = server;
    this.#life = life;
    this.#onBug = onBug;
  }

  add(key: string, job: Job): Promise<void> {
    return this.#ask(`add ${key}`, () => this.#server.add(key, job));
  }

  async addAll(jobs: readonly { readonly key: string; readonly job: Job }[]): Promise<void> {
    if (jobs.length > 0)
      await this.#ask("add jobs", () => {
        for (const { key, job } of jobs) this.#server.add(key, job);
      });
  }

  async work(handler: (job: Job) => Promise<void>): Promise<void> {
    void this.#work(handler);
  }

  async #work(handler: (job: Job) => Promise<void>): Promise<void> {
    const clock = this.#server.world.clockOf(this.#life);
    for (;;) {
      const taken = await this.#ask("take", () => this.#server.take()).catch(() => undefined);
      if (taken === undefined) {
        await clock.sleep(4_000);
        continue;
      }
      const [key, { job }] = taken;
      try {
        await handler(job);
        await this.#ask("done", () => this.#server.jobs.delete(key)).catch(() => {});
      } catch (error) {
        if (!(error instanceof OperationalError && error.retryable)) this.#onBug(error);
        await this.#ask("retry", () => this.#server.retry(key)).catch(() => {});
      }
    }
  }

  async depth(): Promise<number> {
    return this.#server.jobs.size;
  }
  async idle(): Promise<void> {}
  async ready(): Promise<boolean> {
    return true;
  }
  async stop(): Promise<void> {}

  #ask<T>(what: string, effect: () => T): Promise<T> {
    return this.#server.world.request(this.#life, "queue", `${what} by ${this.#life.name}`, effect);
  }
}
