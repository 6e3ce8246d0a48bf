/** The processes of a run: whoever ends, by a fault or of its own accord, is replaced after a while. */
import { errorText, OperationalError } from "../../src/base/errors.ts";
import type { Rollup } from "../../src/rollup/rollup.ts";
import { type Deployment, type Process, type Role, type Surroundings, startProcess } from "./processes.ts";
import type { Life } from "./world.ts";

const DEPLOYED: Readonly<Record<Deployment, readonly Role[]>> = {
  embedded: ["all"],
  split: ["ingest", "ingest", "watch"],
  shared: ["ingest", "ingest", "control", "audit", "notify"],
};

export class Fleet {
  readonly #around: Surroundings;
  readonly #processes = new Map<Life, Process>();
  #nameCount = 0;
  killCount = 0;
  /** Processes that ended because the topic is not the one that was counted. */
  refusalCount = 0;
  /** Nothing fails any more: who is missing is back at once. */
  isCalm = false;

  constructor(around: Surroundings) {
    this.#around = around;
    around.world.onCrash = (life) => {
      const process = this.#processes.get(life);
      if (process !== undefined) this.replace(process);
    };
  }

  deploy(): void {
    for (const role of DEPLOYED[this.#around.deployment]) this.#start(role);
  }

  all(): readonly Process[] {
    return [...this.#processes.values()];
  }

  /** Any process that runs; none while all are being replaced. */
  some(): Process | undefined {
    const processes = this.all();
    return processes.length === 0 ? undefined : this.#around.world.pick(processes);
  }

  *rollups(): Iterable<Rollup> {
    for (const { rollup } of this.#processes.values()) if (rollup !== undefined) yield rollup;
  }

  nameOf(rollup: Rollup): string {
    for (const process of this.#processes.values()) if (process.rollup === rollup) return process.life.name;
    return "a process that is gone";
  }

  kill(process: Process): void {
    this.#around.world.kill(process.life);
    this.replace(process);
  }

  /** Of one that is dead already. */
  replace(process: Process): void {
    const { world } = this.#around;
    this.killCount++;
    process.bury();
    this.#processes.delete(process.life);
    world.after(this.isCalm ? 1_000 : world.between(500, 20_000), () => this.#start(process.role));
  }

  /** At the end of the run: nobody is replaced. */
  end(): void {
    for (const process of this.#processes.values()) {
      this.#around.world.kill(process.life);
      process.bury();
    }
  }

  #start(role: Role): void {
    const { world } = this.#around;
    const process = startProcess(this.#around, role, `${role}-${this.#nameCount++}`);
    this.#processes.set(process.life, process);
    world.started();
    world.note(`${process.life.name} starts`);
    process.ended.catch((error: unknown) => this.#ended(process, error));
    // At its very first request: before anybody knew of it.
    if (process.life.isDead) this.replace(process);
  }

  /** It ended itself. What the outside did to it is no mistake of the code; everything else is. */
  #ended(process: Process, error: unknown): void {
    const { world } = this.#around;
    if (process.life.isDead) return;
    world.note(`${process.life.name} ends: ${errorText(error)}`);
    if (error instanceof OperationalError && error.code === "SOURCE_LOG_REPLACED") this.#refused(process);
    if (!(error instanceof OperationalError))
      world.fail(`${process.life.name} broke: ${error instanceof Error ? error.stack : String(error)}`);
    this.kill(process);
  }

  #refused({ life }: Process): void {
    this.refusalCount++;
    if (!this.#around.broker.isReplaced)
      this.#around.world.fail(`${life.name} says that the topic was made again, and it was not`);
  }
}
