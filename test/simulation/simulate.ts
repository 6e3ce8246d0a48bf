/**
 * One seed: a deployment, its faults, and what came of it. Everything is drawn from the seed, so a run repeats itself
 * event by event.
 *
 * - safety: faults to the end, checks after every step;
 * - liveness: the faults stop; within a bound everything that is complete is judged, late data are in, and what was
 *   cut off on purpose was paged, once.
 */
import type { AuditJob } from "../../src/app/audit/audit-service.ts";
import type { IncidentJob } from "../../src/app/incident/incident-feed.ts";
import type { Cells } from "../../src/store/rows.ts";
import { STATES } from "../../src/store/schema.ts";
import { Broker } from "./broker.ts";
import { Checks } from "./checks.ts";
import { Faults } from "./faults.ts";
import { Fleet } from "./fleet.ts";
import { Liveness } from "./liveness.ts";
import { Pages } from "./pages.ts";
import { IDLE_TIMEOUT_MS, type Surroundings, WINDOW_MS } from "./processes.ts";
import { type Drop, LANES, startProducers } from "./producers.ts";
import { JobServer } from "./queue.ts";
import { planRemaking } from "./remake.ts";
import { noteShown } from "./shown.ts";
import { SimulatedDatabase } from "./tables.ts";
import { inTurn, START_MS, World } from "./world.ts";

export type Mode = "safety" | "liveness";
export interface RunOptions {
  readonly seed: number;
  readonly mode: Mode;
  readonly trace?: boolean;
  /** The topic is deleted and made again, whatever the seed says. */
  readonly remakes?: boolean;
}
export interface RunResult {
  readonly seed: number;
  readonly mode: Mode;
  readonly failure: string | undefined;
  readonly trace: readonly string[];
  readonly eventCount: number;
  readonly summary: Readonly<Record<string, number>>;
}

const FAULTS_END_MS = START_MS + 16 * WINDOW_MS;
/** Simulated time from the end of the faults until everything must be judged. */
const CALM_MS = 6 * WINDOW_MS + IDLE_TIMEOUT_MS;

export function simulate(options: RunOptions): Promise<RunResult> {
  return inTurn(() => {
    const run = new Run(options);
    run.go();
    return run.result();
  });
}

class Run {
  readonly #options: RunOptions;
  readonly #world: World;
  readonly #broker: Broker;
  readonly #checks: Checks;
  readonly #around: Surroundings;
  readonly #fleet: Fleet;
  readonly #faults: Faults;
  readonly #pages: Pages;

  // Whatever is drawn here and in `go` is drawn in this order in every version: else seeds would not repeat themselves.
  constructor(options: RunOptions) {
    this.#options = options;
    const world = new World(options.seed);
    this.#world = world;
    world.isTracing = options.trace ?? false;
    this.#broker = new Broker(world, world.between(1, 4));
    this.#checks = new Checks(world, this.#broker);
    this.#broker.onCommit = (partition, endOffset) => this.#checks.committed(partition, endOffset);
    this.#pages = new Pages(world, this.#broker, this.#checks);
    this.#around = {
      world,
      broker: this.#broker,
      database: this.#newDatabase(),
      audits: new JobServer<AuditJob>(world),
      incidents: new JobServer<IncidentJob>(world),
      deployment: world.pick(["embedded", "split", "split", "shared"]),
      offsetsMax: world.between(4, 40),
      waitingSegmentsMax: world.pick([0, 2, 1_000]),
      onPage: (notification) => this.#pages.take(notification),
      onReleased: (rollup, windows, profiles) =>
        this.#checks.released(rollup, windows, profiles, this.#fleet.nameOf(rollup)),
    };
    this.#fleet = new Fleet(this.#around);
    this.#faults = new Faults(this.#around, this.#fleet, this.#checks);
    this.#pages.drop = this.#drawDrop();
    planRemaking(options, world, this.#broker, this.#checks);
  }

  go(): void {
    const world = this.#world;
    const { seed, mode } = this.#options;
    world.note(`seed ${seed}, ${mode}, ${this.#around.deployment}, drop ${JSON.stringify(this.#pages.drop)}`);
    this.#startProducers();
    this.#faults.arm();
    this.#fleet.deploy();
    const step = () => this.#checks.step(this.#fleet.rollups());
    world.run(FAULTS_END_MS, step);
    if (mode === "liveness") {
      this.#faults.stop();
      world.run(FAULTS_END_MS + CALM_MS, step);
      const liveness = new Liveness(this.#around, this.#fleet, this.#checks, this.#pages);
      if (world.failure === undefined) liveness.check();
    }
    if (world.failure === undefined) this.#checks.nothingForgotten();
    this.#fleet.end();
  }

  result(): RunResult {
    const { seed, mode } = this.#options;
    const { failure, trace, eventCount } = this.#world;
    const summary = {
      kills: this.#fleet.killCount,
      stops: this.#faults.stopCount,
      pages: this.#pages.count,
    };
    return { seed, mode, failure, trace, eventCount, summary };
  }

  #newDatabase(): SimulatedDatabase {
    const world = this.#world;
    const database = new SimulatedDatabase(world);
    database.onTaken = (table, rows) => this.#checks.taken(table, rows);
    database.onShown = (table, rows) => {
      this.#checks.shown(table, rows);
      if (table === STATES) for (const row of rows) this.#stateShown(row);
      if (world.isTracing) for (const row of rows) noteShown(world, table, row);
    };
    return database;
  }

  /** Nobody changes the store's rows here: whatever the reconciler finds is a fault of the counting, or of its own. */
  #stateShown(row: Cells): void {
    if (row.includes("rollup|reconcile"))
      this.#world.fail(`the reconciler found a window that differs: ${row.join(" ")}`);
  }

  #drawDrop(): Drop | undefined {
    const world = this.#world;
    if (world.chance(0.3)) return undefined;
    const lane = world.chance(0.25) ? "*" : world.pick(LANES);
    const fromMs = START_MS + world.between(7, 10) * WINDOW_MS;
    const toMs = lane === "*" ? Number.POSITIVE_INFINITY : fromMs + world.between(3, 5) * WINDOW_MS;
    return { lane, fromMs, toMs };
  }

  #startProducers(): void {
    const world = this.#world;
    const quiet = world.chance(0.4)
      ? [0, 1].map(() => {
          const fromMs = START_MS + world.between(0, 14) * WINDOW_MS;
          return { partition: world.between(0, 3), fromMs, toMs: fromMs + world.between(1, 8) * WINDOW_MS };
        })
      : [];
    startProducers(world, this.#broker, {
      untilMs: FAULTS_END_MS + CALM_MS,
      lateShare: world.pick([0, 0.01, 0.03]),
      oddShare: world.pick([0, 0.05]),
      jumpShare: world.pick([0, 0.05]),
      drop: this.#pages.drop,
      quiet,
    });
  }
}
