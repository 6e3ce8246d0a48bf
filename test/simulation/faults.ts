/** The faults of a run, drawn from its seed: what the outside does to the processes, the store, the broker and the queues. */
import { SEGMENT_WINDOWS } from "../../src/store/schema.ts";
import type { Broker } from "./broker.ts";
import type { Checks } from "./checks.ts";
import type { Fleet } from "./fleet.ts";
import { type Surroundings, WINDOW_MS } from "./processes.ts";
import { type Life, NO_FAULTS, START_MS, type World } from "./world.ts";

/** A process has asked its clock for the first time after so long at most. */
const MISLED_MS = 150_000;

export class Faults {
  readonly #world: World;
  readonly #broker: Broker;
  readonly #around: Surroundings;
  readonly #fleet: Fleet;
  readonly #checks: Checks;
  /** Until when a service cannot be reached, by all or by one process. */
  readonly #away = new Map<string, number>();
  /** Whose clock was wrong when they began: whoever puts it right starts them again. */
  readonly #misled = new WeakSet<Life>();
  stopCount = 0;

  constructor(around: Surroundings, fleet: Fleet, checks: Checks) {
    this.#world = around.world;
    this.#broker = around.broker;
    this.#around = around;
    this.#fleet = fleet;
    this.#checks = checks;
  }

  /** A mix of faults of its own for each seed: many seeds see few kinds at high rates, which finds more than all at low ones. */
  arm(): void {
    const world = this.#world;
    const { audits, incidents, database, deployment } = this.#around;
    const some = (rates: readonly number[]) => world.pick(rates);
    const faults = {
      crash: some([0, 0.002, 0.006]),
      refused: some([0, 0, 0.02, 0.1]),
      unknownOutcome: some([0, 0, 0.02, 0.1]),
    };
    // The largest reads are the first to take too long.
    const large = { ...faults, refused: some([faults.refused, faults.refused, 0.5]) };
    const isLarge = (what: string) => what.startsWith(`select ${SEGMENT_WINDOWS.name} `);
    world.faultsOf = (what) => (this.#fleet.isCalm ? NO_FAULTS : isLarge(what) ? large : faults);
    world.isAway = (service, life) =>
      this.#away.size > 0 &&
      ((this.#away.get(service) ?? 0) > world.nowMs ||
        (this.#away.get(`${service} for ${life.name}`) ?? 0) > world.nowMs);
    const lagMsMax = deployment === "embedded" ? 0 : some([0, 2_000, 8_000, 45_000]);
    database.lagMs = () => (this.#fleet.isCalm || lagMsMax === 0 ? 0 : world.between(0, lagMsMax));
    this.#broker.commitLoss = some([0, 0.2, 0.9]);
    this.#broker.dealtAfterMs = some([0, 30_000, 90_000]);
    audits.loss = some([0, 0, 0.1]);
    incidents.loss = some([0, 0, 0.1]);
    this.#often(some([0, 60_000, 240_000]), () => this.#stopSome());
    this.#often(some([0, 60_000, 200_000]), () => this.#broker.rebalance("for no reason"));
    this.#often(some([0, 150_000]), () => this.#rewindCommit());
    this.#often(some([0, 240_000]), () => this.#sendAway("store", 90_000));
    this.#often(some([0, 300_000]), () => this.#sendAway("broker", 90_000));
    this.#often(some([0, 300_000]), () => this.#sendAway("pager", 120_000));
    this.#often(some([0, 0, 150_000]), () => this.#cutOff());
    this.#often(some([0, 200_000]), () => this.#skew());
    this.#often(some([0, 0, 400_000]), () => this.#addPartition());
    this.#often(some([0, 0, 0, 300_000]), () => this.#truncate());
    this.#often(some([0, 0, 200_000]), () => this.#terminateSome());
  }

  #often(meanMs: number, act: () => void): void {
    if (meanMs === 0) return;
    const next = () =>
      this.#world.after(this.#world.between(meanMs / 4, 2 * meanMs), () => {
        if (this.#fleet.isCalm) return;
        act();
        next();
      });
    next();
  }

  #stopSome(): void {
    const life = this.#fleet.some()?.life;
    if (life === undefined || life.isStopped) return;
    this.stopCount++;
    this.#world.note(`${life.name} is stopped`);
    this.#world.stop(life);
    this.#world.after(this.#world.between(2_000, 150_000), () => {
      this.#world.note(`${life.name} wakes`);
      this.#world.wake(life);
    });
  }

  #terminateSome(): void {
    const process = this.#fleet.some();
    if (process?.quit === undefined || process.life.isStopped) return;
    this.#world.note(`${process.life.name} is asked to end`);
    const end = () => {
      if (process.life.isDead) return;
      this.#fleet.kill(process);
    };
    process.quit().then(end, end);
    this.#world.after(20_000, end);
  }

  #rewindCommit(): void {
    const partition = this.#world.between(0, this.#broker.partitions.length - 1);
    const committed = this.#broker.commits.get(partition);
    if (committed === undefined) return;
    if (this.#world.chance(0.5)) this.#broker.commits.delete(partition);
    else
      this.#broker.commits.set(
        partition,
        Math.max(this.#broker.partitions[partition]!.startOffset, committed - this.#world.between(1, 60)),
      );
    this.#world.note(`commit of ${partition}: ${committed} becomes ${this.#broker.commits.get(partition)}`);
    this.#broker.rebalance("a commit was rewound");
  }

  #sendAway(service: string, forMsMax: number): void {
    const untilMs = this.#world.nowMs + this.#world.between(5_000, forMsMax);
    this.#world.note(`${service} is away for ${untilMs - this.#world.nowMs} ms`);
    this.#away.set(service, untilMs);
  }

  /** One process cannot reach what the others can. */
  #cutOff(): void {
    const life = this.#fleet.some()?.life;
    if (life !== undefined)
      this.#sendAway(`${this.#world.pick(["store", "broker"])} for ${life.name}`, 120_000);
  }

  /** Brokers are often at work when a topic is made wider: whoever merges may not reach them then. */
  #addPartition(): void {
    this.#broker.addPartition();
    for (const { life, rollup } of this.#fleet.all())
      if (rollup !== undefined && this.#world.chance(0.5)) this.#sendAway(`broker for ${life.name}`, 180_000);
  }

  #skew(): void {
    const process = this.#fleet.some();
    if (process === undefined) return;
    const { life } = process;
    life.skewMs = this.#world.between(-600_000, 600_000);
    const begunMs = process.begunMs();
    if (begunMs === undefined || this.#world.nowMs < begunMs + MISLED_MS) this.#misled.add(life);
    this.#world.note(`the clock of ${life.name} is off by ${life.skewMs} ms`);
    this.#world.after(this.#world.between(30_000, 400_000), () => {
      life.skewMs = 0;
    });
  }

  #truncate(): void {
    const log = this.#world.pick(this.#broker.partitions);
    const committed = this.#broker.commits.get(log.partition) ?? log.startOffset;
    if (log.nextOffset <= committed || this.#world.nowMs <= START_MS + 5 * WINDOW_MS) return;
    this.#broker.truncate(log, committed + this.#world.between(1, log.nextOffset - committed));
    if (this.#checks.hasTaken(log)) return;
    // A new partition that nobody has read yet: it begins here for us, and what its lanes lack by it is real.
    log.firstOffset = log.startOffset;
    this.#checks.anyLost = true;
  }

  /** From here on nothing fails, and what failed is put right. */
  stop(): void {
    this.#fleet.isCalm = true;
    this.#world.note("the faults stop");
    this.#away.clear();
    this.#broker.commitLoss = 0;
    this.#around.audits.loss = 0;
    this.#around.incidents.loss = 0;
    for (const process of this.#fleet.all()) {
      const { life } = process;
      life.skewMs = 0;
      // It follows the clock that it began with, and a correction by 6 minutes an hour: see src/base/steady-time.ts.
      if (this.#misled.has(life)) {
        this.#fleet.kill(process);
        continue;
      }
      if (life.isStopped) this.#world.wake(life);
    }
  }
}
