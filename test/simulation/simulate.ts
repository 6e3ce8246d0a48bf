/**
 * One seed: a deployment, its faults, and what came of it. Everything is drawn from the seed, so a run repeats itself
 * event by event.
 *
 * - safety: faults to the end, checks after every step;
 * - liveness: the faults stop; within a bound everything that is complete is judged, late data are in, and what was
 *   cut off on purpose was paged, once.
 */
import type { AuditJob } from "../../src/app/audit-service.ts";
import type { IncidentJob } from "../../src/app/incident-feed.ts";
import { errorText, OperationalError } from "../../src/base/errors.ts";
import type { Notification } from "../../src/notify/contract.ts";
import {
  type Cells,
  INCIDENT_ROWS,
  NOTIFICATION_ROWS,
  VERDICT_ROWS,
  WINDOW_ROWS,
} from "../../src/store/rows.ts";
import {
  INCIDENTS,
  NOTIFICATIONS,
  SEGMENT_WINDOWS,
  SEGMENTS,
  STATES,
  type Table,
  VERDICTS,
  WINDOWS,
} from "../../src/store/schema.ts";
import { Broker } from "./broker.ts";
import { Checks } from "./checks.ts";
import { type WindowTruth, windowKey } from "./log.ts";
import {
  type Deployment,
  IDLE_TIMEOUT_MS,
  LANE,
  type Process,
  type Role,
  type Surroundings,
  startProcess,
  WINDOW_MS,
} from "./processes.ts";
import { type Drop, LANES, startProducers } from "./producers.ts";
import { JobServer } from "./queue.ts";
import { planRemaking } from "./remake.ts";
import { SimulatedDatabase } from "./tables.ts";
import { inTurn, type Life, NO_FAULTS, START_MS, World } from "./world.ts";

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

const FAULTY_WINDOWS = 16;
/** A record is in its window, revised or not, after so long without faults. */
const SETTLING_MS = 130_000;
/** Simulated time from the end of the faults until everything must be judged. */
const CALM_MS = 6 * WINDOW_MS + IDLE_TIMEOUT_MS;
/** A process has asked its clock for the first time after so long at most. */
const MISLED_MS = 150_000;
const DEPLOYED: Readonly<Record<Deployment, readonly Role[]>> = {
  embedded: ["all"],
  split: ["ingest", "ingest", "watch"],
  shared: ["ingest", "ingest", "control", "audit", "notify"],
};

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
  readonly #processes = new Map<Process["life"], Process>();
  readonly #away = new Map<string, number>();
  readonly #drop: Drop | undefined;
  /** Incidents that the pager was told of as open, with how often it was woken. */
  readonly #paged = new Map<
    string,
    { readonly lane: string; readonly startMs: number; count: number; endCount: number }
  >();
  readonly #deliveries = new Set<string>();
  /** Whose clock was wrong when they began: whoever puts it right starts them again. */
  readonly #misled = new WeakSet<Life>();
  readonly #faultsEndMs = START_MS + FAULTY_WINDOWS * WINDOW_MS;
  readonly #counts: Record<string, number> = { kills: 0, stops: 0, pages: 0 };
  /** Processes that ended because the topic is not the one that was counted. */
  #refusalCount = 0;
  #calm = false;
  #nameCount = 0;

  constructor(options: RunOptions) {
    this.#options = options;
    const world = new World(options.seed);
    this.#world = world;
    world.isTracing = options.trace ?? false;
    this.#broker = new Broker(world, world.between(1, 4));
    this.#checks = new Checks(world, this.#broker);
    const database = new SimulatedDatabase(world);
    database.onTaken = (table, rows) => this.#checks.taken(table, rows);
    this.#broker.onCommit = (partition, endOffset) => this.#checks.committed(partition, endOffset);
    database.onShown = (table, rows) => {
      this.#checks.shown(table, rows);
      if (table === STATES) for (const row of rows) this.#stateShown(row);
      if (world.isTracing) for (const row of rows) this.#noteShown(table, row);
    };
    this.#around = {
      world,
      broker: this.#broker,
      database,
      audits: new JobServer<AuditJob>(world),
      incidents: new JobServer<IncidentJob>(world),
      deployment: world.pick(["embedded", "split", "split", "shared"]),
      offsetsMax: world.between(4, 40),
      waitingSegmentsMax: world.pick([0, 2, 1_000]),
      onPage: (notification) => this.#page(notification),
      onReleased: (rollup, windows, profiles) =>
        this.#checks.released(rollup, windows, profiles, this.#nameOf(rollup)),
    };
    this.#drop = this.#drawDrop();
    planRemaking(options, world, this.#broker, this.#checks);
  }

  go(): void {
    const world = this.#world;
    world.note(
      `seed ${this.#options.seed}, ${this.#options.mode}, ${this.#around.deployment}, drop ${JSON.stringify(this.#drop)}`,
    );
    this.#startProducers();
    this.#armFaults();
    for (const role of DEPLOYED[this.#around.deployment]) this.#start(role);
    const step = () => this.#checks.step(this.#rollups());
    world.run(this.#faultsEndMs, step);
    if (this.#options.mode === "liveness") {
      this.#stopFaults();
      world.run(this.#faultsEndMs + CALM_MS, step);
      if (world.failure === undefined && !this.#broker.isCounted) this.#mustBeRefused();
      else if (world.failure === undefined) this.#mustBeJudged();
    }
    if (world.failure === undefined) this.#checks.nothingForgotten();
    for (const process of this.#processes.values()) {
      world.kill(process.life);
      process.bury();
    }
  }

  /** Nobody changes the store's rows here: whatever the reconciler finds is a fault of the counting, or of its own. */
  #stateShown(row: Cells): void {
    if (row.includes("rollup|reconcile"))
      this.#world.fail(`the reconciler found a window that differs: ${row.join(" ")}`);
  }

  #noteShown(table: Table, row: Cells): void {
    if (table === WINDOWS) {
      const { swimlane, windowStartMs, revision, recordCount } = WINDOW_ROWS.fromCells(row);
      this.#world.note(`shown: window ${windowKey(swimlane, windowStartMs)} r${revision}: ${recordCount}`);
    } else if (table === VERDICTS && row.includes("halved")) {
      const { swimlane, windowStartMs, revision, answer, incidentId } = VERDICT_ROWS.fromCells(row);
      this.#world.note(
        `shown: verdict ${windowKey(swimlane, windowStartMs)} r${revision}: ${answer} ${incidentId}`,
      );
    } else if (table === INCIDENTS) {
      const { id, swimlane, state, startMs, endMs } = INCIDENT_ROWS.fromCells(row);
      this.#world.note(`shown: incident ${id} of ${swimlane}: ${state}, ${startMs} to ${endMs}`);
    } else if (table === SEGMENTS) this.#world.note(`shown: segment ${row[2]}:${row[3]}-${row[4]}`);
    else if (table === STATES) this.#world.note(`shown: state ${row[1]}`);
  }

  result(): RunResult {
    const { seed, mode } = this.#options;
    const { failure, trace, eventCount } = this.#world;
    return { seed, mode, failure, trace, eventCount, summary: this.#counts };
  }

  *#rollups() {
    for (const { rollup } of this.#processes.values()) if (rollup !== undefined) yield rollup;
  }

  #nameOf(rollup: unknown): string {
    for (const process of this.#processes.values()) if (process.rollup === rollup) return process.life.name;
    return "a process that is gone";
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
      untilMs: this.#faultsEndMs + CALM_MS,
      lateShare: world.pick([0, 0.01, 0.03]),
      oddShare: world.pick([0, 0.05]),
      jumpShare: world.pick([0, 0.05]),
      drop: this.#drop,
      quiet,
    });
  }

  #start(role: Role): void {
    const process = startProcess(this.#around, role, `${role}-${this.#nameCount++}`);
    this.#processes.set(process.life, process);
    this.#world.started();
    this.#world.note(`${process.life.name} starts`);
    process.ended.catch((error: unknown) => this.#ended(process, error));
    // At its very first request: before anybody knew of it.
    if (process.life.isDead) this.#replace(process);
  }

  /** It ended itself. What the outside did to it is no mistake of the code; everything else is. */
  #ended(process: Process, error: unknown): void {
    if (process.life.isDead) return;
    this.#world.note(`${process.life.name} ends: ${errorText(error)}`);
    if (error instanceof OperationalError && error.code === "SOURCE_LOG_REPLACED") this.#refused(process);
    if (!(error instanceof OperationalError))
      this.#world.fail(`${process.life.name} broke: ${error instanceof Error ? error.stack : String(error)}`);
    this.#world.kill(process.life);
    this.#replace(process);
  }

  #refused({ life }: Process): void {
    this.#refusalCount++;
    if (!this.#broker.isReplaced)
      this.#world.fail(`${life.name} says that the topic was made again, and it was not`);
  }

  #replace(process: Process): void {
    this.#counts["kills"]!++;
    process.bury();
    this.#processes.delete(process.life);
    this.#world.after(this.#calm ? 1_000 : this.#world.between(500, 20_000), () => this.#start(process.role));
  }

  #startedProcesses(): readonly Process[] {
    return [...this.#processes.values()];
  }

  /** Any process that runs; none while all are being replaced. */
  #some(): Process | undefined {
    const processes = this.#startedProcesses();
    return processes.length === 0 ? undefined : this.#world.pick(processes);
  }

  /** A mix of faults of its own for each seed: many seeds see few kinds at high rates, which finds more than all at low ones. */
  #armFaults(): void {
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
    world.faultsOf = (what) => (this.#calm ? NO_FAULTS : isLarge(what) ? large : faults);
    world.onCrash = (life) => {
      const process = this.#processes.get(life);
      if (process !== undefined) this.#replace(process);
    };
    world.isAway = (service, life) =>
      this.#away.size > 0 &&
      ((this.#away.get(service) ?? 0) > world.nowMs ||
        (this.#away.get(`${service} for ${life.name}`) ?? 0) > world.nowMs);
    const lagMsMax = deployment === "embedded" ? 0 : some([0, 2_000, 8_000, 45_000]);
    database.lagMs = () => (this.#calm || lagMsMax === 0 ? 0 : world.between(0, lagMsMax));
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
        if (this.#calm) return;
        act();
        next();
      });
    next();
  }

  #stopSome(): void {
    const life = this.#some()?.life;
    if (life === undefined || life.isStopped) return;
    this.#counts["stops"]!++;
    this.#world.note(`${life.name} is stopped`);
    this.#world.stop(life);
    this.#world.after(this.#world.between(2_000, 150_000), () => {
      this.#world.note(`${life.name} wakes`);
      this.#world.wake(life);
    });
  }

  #terminateSome(): void {
    const process = this.#some();
    if (process?.quit === undefined || process.life.isStopped) return;
    this.#world.note(`${process.life.name} is asked to end`);
    const end = () => {
      if (process.life.isDead) return;
      this.#world.kill(process.life);
      this.#replace(process);
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
    const life = this.#some()?.life;
    if (life !== undefined)
      this.#sendAway(`${this.#world.pick(["store", "broker"])} for ${life.name}`, 120_000);
  }

  /** Brokers are often at work when a topic is made wider: whoever merges may not reach them then. */
  #addPartition(): void {
    this.#broker.addPartition();
    for (const { life, rollup } of this.#startedProcesses())
      if (rollup !== undefined && this.#world.chance(0.5)) this.#sendAway(`broker for ${life.name}`, 180_000);
  }

  #skew(): void {
    const life = this.#some()?.life;
    if (life === undefined) return;
    life.skewMs = this.#world.between(-600_000, 600_000);
    const begunMs = this.#processes.get(life)!.begunMs();
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

  #stopFaults(): void {
    this.#calm = true;
    this.#world.note("the faults stop");
    this.#away.clear();
    this.#broker.commitLoss = 0;
    this.#around.audits.loss = 0;
    this.#around.incidents.loss = 0;
    for (const process of this.#startedProcesses()) {
      const { life } = process;
      life.skewMs = 0;
      // It follows the clock that it began with, and a correction by 6 minutes an hour: see src/base/steady-time.ts.
      if (this.#misled.has(life)) {
        this.#world.kill(life);
        this.#replace(process);
        continue;
      }
      if (life.isStopped) this.#world.wake(life);
    }
  }

  #page({ incident, reason, deliveryId }: Notification): void {
    if (this.#deliveries.has(deliveryId)) return;
    this.#deliveries.add(deliveryId);
    this.#world.note(`page: ${reason} ${incident.id} ${incident.title}`);
    if (reason === "resolved") this.#resolved(incident.id);
    if (reason !== "opened") return;
    this.#counts["pages"]!++;
    const known = this.#paged.get(incident.id);
    if (known !== undefined) known.count++;
    else
      this.#paged.set(incident.id, {
        lane: incident.swimlane,
        startMs: incident.startMs,
        count: 1,
        endCount: 0,
      });
    const drop = this.#drop;
    const isReal =
      drop !== undefined &&
      (drop.lane === "*" || drop.lane === incident.swimlane) &&
      incident.startMs >= drop.fromMs - WINDOW_MS &&
      incident.startMs < drop.toMs + WINDOW_MS;
    const isSilent = this.#broker.isSilent && this.#broker.isCounted;
    const isLate = this.#checks.isMostlyLate(windowKey(incident.swimlane, incident.startMs));
    if (!isReal && !isSilent && !isLate && !this.#checks.anyLost)
      this.#world.fail(`a page for nothing: ${incident.swimlane}, ${incident.title}`);
  }

  /** An end ends what was told: there are never more of them. */
  #resolved(id: string): void {
    const page = this.#paged.get(id);
    if (page === undefined || page.endCount >= page.count)
      this.#world.fail(`incident ${id} was told as resolved more often than as opened`);
    else page.endCount++;
  }

  /** Whoever reads was told, and nothing beyond the log that was counted is in the store. */
  #mustBeRefused(): void {
    const { isFormerKnown, partitions } = this.#broker;
    // Of an empty topic there is nothing to count, and nothing that could be taken for another's.
    if (!isFormerKnown && partitions.every(({ nextOffset }) => nextOffset === 0)) return;
    if (!isFormerKnown)
      this.#world.fail("nobody reads the topic that is there now, and the store never heard of another");
    if (this.#refusalCount === 0)
      this.#world.fail("the topic was made again, and no process ended with that");
    for (const log of this.#broker.countedLogs) {
      const end = this.#checks.tiledTo(log);
      if (end > log.nextOffset)
        this.#world.fail(`partition ${log.partition} is tiled to ${end}, its log ended at ${log.nextOffset}`);
    }
  }

  /** Every window that is over, late data included, with its verdict; every real drop paged once. */
  #mustBeJudged(): void {
    const { database } = this.#around;
    for (const log of this.#broker.partitions) {
      const end = this.#checks.tiledTo(log);
      const due = log.records.find(({ logTimeMs }) => logTimeMs > this.#world.nowMs - SETTLING_MS)?.offset;
      // Offsets without a record are no gap: what follows a jump may be young, and the jump is read with it.
      const unread = [...log.range(end, due ?? log.nextOffset)].length;
      const isRead = log.nextOffset === log.startOffset || end >= (due ?? log.nextOffset) || unread === 0;
      if (!isRead) this.#world.fail(`partition ${log.partition} is tiled to ${end} of ${log.nextOffset}`);
    }
    const windows = new Map(
      [...database.all(WINDOWS)]
        .map(WINDOW_ROWS.fromCells)
        .map((row) => [windowKey(row.swimlane, row.windowStartMs), row]),
    );
    const verdicts = new Map(
      [...database.all(VERDICTS)]
        .map(VERDICT_ROWS.fromCells)
        .filter(({ feature, detector }) => feature === "*" && detector === "halved")
        .map((row) => [windowKey(row.swimlane, row.windowStartMs), row]),
    );
    // A late record says nothing of the time and starts its partition's idle time-out again: one window more for that.
    const untilMs = this.#world.nowMs - IDLE_TIMEOUT_MS - LANE.allowedLatenessMs - 3 * WINDOW_MS;
    // A topic that was made again before anything was counted begins there.
    const fromMs = this.#broker.replacedMs ?? START_MS;
    // What came last may still be on its way; it may be in, and everything before it must be.
    const settled = new Map<string, WindowTruth>();
    const all = new Map<string, WindowTruth>();
    for (const log of this.#broker.partitions) {
      const settledTo = log.records.find(
        ({ logTimeMs }) => logTimeMs > this.#world.nowMs - SETTLING_MS,
      )?.offset;
      log.windows(log.firstOffset, settledTo ?? log.nextOffset, WINDOW_MS, [], settled);
      log.windows(0, log.nextOffset, WINDOW_MS, [], all);
    }
    for (const lane of LANES)
      for (let startMs = START_MS; startMs < untilMs; startMs += WINDOW_MS) {
        const key = windowKey(lane, startMs);
        const window = windows.get(key);
        const [least, most] = [settled.get(key)?.count ?? 0, all.get(key)?.count ?? 0];
        if (window === undefined) {
          if (least > 0 || startMs > fromMs + 2 * WINDOW_MS)
            this.#world.fail(`window ${key} was never merged`);
          continue;
        }
        const isRight = window.recordCount >= least && window.recordCount <= most;
        if (!isRight && !this.#checks.anyLost)
          this.#world.fail(
            `window ${key} ended with ${window.recordCount} records (revision ${window.revision}), the log has ${least}`,
          );
        if (verdicts.get(key) === undefined && !this.#cameAfter(key, windowKey(lane, startMs + WINDOW_MS)))
          this.#world.fail(`window ${key} was never judged`);
      }
    this.#mustBePaged();
    this.#mustBeRecorded();
  }

  /** Late records of before a lane's first window make one that nobody waits for: judging goes on from the first. */
  #cameAfter(key: string, nextKey: string): boolean {
    const { first } = this.#checks;
    return (first.get(key)?.atMs ?? 0) > (first.get(nextKey)?.atMs ?? Number.POSITIVE_INFINITY);
  }

  /** Who was paged stands in the store: a process that starts now must not page again. */
  #mustBeRecorded(): void {
    const rows = [...this.#around.database.all(NOTIFICATIONS)].map(NOTIFICATION_ROWS.fromCells);
    const recorded = new Set(
      rows.filter(({ outcome }) => outcome === "sent").map(({ incidentId }) => incidentId),
    );
    for (const id of this.#paged.keys())
      if (!recorded.has(id))
        this.#world.fail(`incident ${id} was paged, and no record of it is in the store`);
  }

  #mustBePaged(): void {
    const drop = this.#drop;
    if (drop === undefined || this.#checks.anyLost) return;
    // Too little of the new topic came before the drop to tell that there is one.
    if ((this.#broker.replacedMs ?? START_MS) > START_MS + 3 * WINDOW_MS || this.#broker.isSilent) return;
    const lanes = drop.lane === "*" ? LANES : [drop.lane];
    for (const lane of lanes) {
      const pages = [...this.#paged.values()].filter((page) => page.lane === lane);
      const count = pages.reduce((sum, page) => sum + page.count, 0);
      if (count !== 1) this.#world.fail(`lane ${lane} was cut off and paged ${count} times`);
    }
  }
}
