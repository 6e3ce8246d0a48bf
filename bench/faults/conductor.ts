/** Carries out the plan: what is down comes up again, one trouble at a time for each engine and each link. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Member } from "./member.ts";
import type { EngineName, Fault } from "./plan.ts";
import type { World } from "./world.ts";

export class Conductor {
  readonly done = { kills: 0, pauses: 0, cuts: 0, restarts: { kafka: 0, questdb: 0, redis: 0 } };
  readonly #world: World;
  readonly #members: readonly Member[];
  readonly #busy = new Set<string>();
  readonly #open = new Set<Promise<unknown>>();
  #failure: unknown;

  constructor(world: World, members: readonly Member[]) {
    this.#world = world;
    this.#members = members;
  }

  /** Resolves when the last fault has begun and all of them are over. */
  async run(faults: readonly Fault[], onFault: (fault: Fault) => void = () => {}): Promise<void> {
    const startMs = Date.now();
    for (const fault of faults) {
      await sleep(Math.max(0, startMs + fault.atMs - Date.now()));
      onFault(fault);
      const work = this.#begin(fault).catch((error: unknown) => {
        this.#failure ??= error;
      });
      this.#open.add(work);
      void work.then(() => this.#open.delete(work));
      if (this.#failure !== undefined) throw this.#failure;
    }
    await Promise.all(this.#open);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #begin(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case "kill":
        if (this.#pickMember(fault.pick)?.kill(fault.downMs)) this.done.kills++;
        return;
      case "pause":
        if (await this.#pickMember(fault.pick)?.pause(fault.forMs)) this.done.pauses++;
        return;
      case "restart":
        return this.#alone(fault.engine, () => this.restart(fault.engine, fault.pick, fault.downMs));
      case "cut": {
        const link = this.#world.links[Math.floor(fault.pick * this.#world.links.length)]!;
        return this.#alone(link.name, async () => {
          this.done.cuts++;
          link.proxy[fault.how]();
          await sleep(fault.forMs);
          link.proxy.heal();
        });
      }
    }
  }

  /** SIGKILL, and up again with the data that it had on disk. */
  async restart(engine: EngineName, pick: number, downMs: number): Promise<void> {
    const processes = this.#world.engines[engine];
    const process = processes[Math.floor(pick * processes.length)]!;
    this.done.restarts[engine]++;
    await process.end();
    await sleep(downMs);
    await process.start();
  }

  /** All of an engine at once, SIGKILL, and up again when `meanwhile` has ended. */
  async away(engine: EngineName, meanwhile: () => Promise<void>): Promise<void> {
    const processes = this.#world.engines[engine];
    this.done.restarts[engine]++;
    await Promise.all(processes.map((process) => process.end()));
    await meanwhile();
    await Promise.all(processes.map((process) => process.start()));
  }

  #pickMember(pick: number): Member | undefined {
    const running = this.#members.filter((member) => member.isRunning);
    return running[Math.floor(pick * running.length)];
  }

  /** A trouble that is still going on is not begun a second time. */
  async #alone(name: string, work: () => Promise<void>): Promise<void> {
    if (this.#busy.has(name)) return;
    this.#busy.add(name);
    try {
      await work();
    } finally {
      this.#busy.delete(name);
    }
  }
}
