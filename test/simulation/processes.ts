/** The processes of a simulated deployment: the same parts that app/service.ts puts together, on a simulated outside. */

import type { AuditJob } from "../../src/app/audit/audit-service.ts";
import type { IncidentJob } from "../../src/app/incident/incident-feed.ts";
import { Ingest } from "../../src/app/ingest.ts";
import { Watch } from "../../src/app/watch.ts";
import { LaneRules } from "../../src/assign/lane.ts";
import { InvariantError, OperationalError } from "../../src/base/errors.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import { ByteDecoder } from "../../src/decode/bytes/byte-decoder.ts";
import { DEFAULT_MAPPING } from "../../src/decode/mapping.ts";
import { DecodedRecord } from "../../src/decode/record.ts";
import { ShapeRegistry } from "../../src/decode/shapes.ts";
import type { Notification, Notifier } from "../../src/notify/contract.ts";
import { Deliverer } from "../../src/notify/deliver.ts";
import type { JobQueue } from "../../src/queue/contract.ts";
import { createInlineQueue } from "../../src/queue/inline/inline.ts";
import type { Rollup } from "../../src/rollup/rollup.ts";
import type { Segment } from "../../src/segment/manifest.ts";
import { ProfileArena } from "../../src/sketch/arena.ts";
import type { ProfileRow, WindowRow } from "../../src/store/contract.ts";
import { TableStore } from "../../src/store/table-store.ts";
import type { Broker } from "./broker.ts";
import { halved } from "./halved.ts";
import { type JobServer, SimulatedQueue } from "./queue.ts";
import { SimulatedSource } from "./source.ts";
import { type SimulatedDatabase, SimulatedTables } from "./tables.ts";
import type { Life, World } from "./world.ts";

export const WINDOW_MS = 60_000;
export const LANE = {
  windowSizeMs: WINDOW_MS,
  allowedLatenessMs: 20_000,
  lateMaxMs: 1_200_000,
  futureMaxMs: 3_600_000,
};
export const IDLE_TIMEOUT_MS = 120_000;

/** "embedded": one process, jobs in memory. "split": several ingest, one that watches. "shared": every role apart, jobs on a server. */
export type Deployment = "embedded" | "split" | "shared";
export type Role = "ingest" | "watch" | "control" | "audit" | "notify" | "all";

export interface Surroundings {
  readonly world: World;
  readonly broker: Broker;
  readonly database: SimulatedDatabase;
  readonly audits: JobServer<AuditJob>;
  readonly incidents: JobServer<IncidentJob>;
  readonly deployment: Deployment;
  readonly offsetsMax: number;
  /** Rows that wait for a path: with few, most are read from the store again. */
  readonly waitingSegmentsMax: number;
  readonly onPage: (notification: Notification) => void;
  /** Told of windows when they are handed to the store, with what this process knows of the paths. */
  readonly onReleased: (
    rollup: Rollup,
    windows: readonly WindowRow[],
    profiles: readonly ProfileRow[],
  ) => void;
}

export interface Process {
  readonly life: Life;
  readonly role: Role;
  /** When it had read where the last run stopped, which takes as long as the store is away; `undefined` until then. */
  readonly begunMs: () => number | undefined;
  readonly rollup: Rollup | undefined;
  /** Gives back what its death leaves in the arena. */
  readonly bury: () => void;
  /** SIGTERM: ends in order. */
  readonly quit: (() => Promise<void>) | undefined;
  /** Rejects when it ends itself, as the service does on what it cannot get over. */
  readonly ended: Promise<never>;
}

/** One of each for all processes of all worlds: a process's own would cost more than its run. */
const arena = new ProfileArena({ k: 64 });
const record = new DecodedRecord();
/** What it remembers makes it faster, and never answers differently. */
const decoder = new ByteDecoder(DEFAULT_MAPPING, new ShapeRegistry());
const telemetry = new Telemetry({ level: "silent" });
const lanes = new LaneRules(LANE, []);

export function startProcess(around: Surroundings, role: Role, name: string): Process {
  const life = around.world.life(name);
  let fail: (error: unknown) => void = () => {};
  const ended = new Promise<never>((_, reject) => {
    fail = reject;
  });
  ended.catch(() => {});
  const parts = new Parts(around, life, role, fail);
  parts.run().catch(fail);
  return {
    life,
    role,
    begunMs: () => parts.begunMs,
    rollup: parts.rollup,
    bury: () => parts.bury(),
    quit: parts.quit,
    ended,
  };
}

class CheckedStore extends TableStore {
  onReleased: ((windows: readonly WindowRow[], profiles: readonly ProfileRow[]) => void) | undefined;

  override writeWindows(windows: readonly WindowRow[], profiles: readonly ProfileRow[]): Promise<void> {
    this.onReleased?.(windows, profiles);
    return super.writeWindows(windows, profiles);
  }
}

class Parts {
  readonly #around: Surroundings;
  readonly #life: Life;
  readonly #role: Role;
  readonly #fail: (error: unknown) => void;
  readonly #clock;
  readonly #store: CheckedStore;
  readonly #source: SimulatedSource;
  readonly #deliverer: Deliverer;
  readonly #audits: JobQueue<AuditJob>;
  readonly #incidents: JobQueue<IncidentJob> | undefined;
  #watch: Watch | undefined;
  #ingest: Ingest | undefined;
  begunMs: number | undefined;
  quit: (() => Promise<void>) | undefined;

  constructor(around: Surroundings, life: Life, role: Role, fail: (error: unknown) => void) {
    this.#around = around;
    this.#life = life;
    this.#role = role;
    this.#fail = fail;
    const { world, broker, database } = around;
    this.#clock = world.clockOf(life);
    this.#store = new CheckedStore(new SimulatedTables(database, life));
    this.#source = new SimulatedSource(world, broker, life);
    const pager: Notifier = {
      name: "pager",
      send: (notification) =>
        world.request(life, "pager", `page ${notification.reason} by ${life.name}`, () =>
          around.onPage(notification),
        ),
    };
    this.#deliverer = new Deliverer(
      { store: this.#store, notifiers: [pager], clock: this.#clock, telemetry },
      { remindMs: 0, pollMs: 20_000 },
    );
    const isShared = around.deployment === "shared";
    const onFailed = (_key: string, error: unknown) => {
      if (error instanceof InvariantError) fail(error);
    };
    this.#audits = isShared
      ? new SimulatedQueue(around.audits, life, fail)
      : createInlineQueue<AuditJob>(
          "audits",
          { concurrency: 1, waitingMax: 100_000, roomWaitMs: 600_000, retryDeadlineMs: 600_000 },
          { clock: this.#clock, telemetry, onFailed },
        );
    this.#incidents = isShared ? new SimulatedQueue(around.incidents, life, fail) : undefined;
    if (this.#watches) this.#watch = this.#newWatch();
    if (this.#reads) this.#ingest = this.#newIngest();
  }

  get rollup(): Rollup | undefined {
    return this.#merges ? this.#watch?.rollup : undefined;
  }

  get #reads(): boolean {
    return this.#role === "ingest" || this.#role === "all";
  }
  get #watches(): boolean {
    return this.#role !== "ingest";
  }
  get #merges(): boolean {
    return this.#role === "watch" || this.#role === "control" || this.#role === "all";
  }
  get #judges(): boolean {
    return this.#role === "watch" || this.#role === "audit" || this.#role === "all";
  }
  get #tells(): boolean {
    return this.#role === "watch" || this.#role === "notify" || this.#role === "all";
  }

  bury(): void {
    void this.#ingest?.assigned([]);
  }

  async run(): Promise<void> {
    await this.#retried(async () => this.#watch?.restore({ merges: this.#merges, attends: this.#tells }));
    this.begunMs = this.#around.world.nowMs;
    if (this.#role === "all")
      await this.#retried(async () => {
        while ((await this.#watch!.rollups.poll()) > 0);
      });
    if (this.#judges) await this.#watch!.audit();
    if (this.#tells) {
      await this.#watch!.attend();
      this.#deliverer.start();
    }
    if (this.#merges) this.#startRollup();
    if (this.#reads) await this.#startIngest();
  }

  /** What the service's start does not get over ends the process; the next one tries again. Here that is one loop. */
  async #retried(step: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await step();
        return;
      } catch (error) {
        if (!(error instanceof OperationalError && error.retryable)) throw error;
        await this.#clock.sleep(3_000);
      }
    }
  }

  #startRollup(): void {
    const { rollups } = this.#watch!;
    const everyMs = this.#around.world.between(8_000, 20_000);
    this.#repeat(everyMs, async () => {
      if (this.#role !== "all") await rollups.poll();
      await this.#watch!.tick();
    });
    this.#repeat(everyMs, async () => {
      const asking = rollups.asking();
      await rollups.observeEnds(this.#source.name, await this.#source.partitionEnds(), asking);
    });
    this.#repeat(90_000, () => rollups.reconcile());
  }

  async #startIngest(): Promise<void> {
    const ingest = this.#ingest!;
    await this.#source.start(ingest);
    this.#source.finished.catch(this.#fail);
    this.quit = () => this.#source.stop();
    this.#repeat(9_000, () => ingest.cutDue());
  }

  /** As `#guarded` of the service: what the outside may get over is tried again, the rest ends the process. */
  #repeat(everyMs: number, step: () => Promise<void>): void {
    const loop = async () => {
      for (;;) {
        await step().catch((error: unknown) => {
          if (!(error instanceof OperationalError && error.retryable)) throw error;
        });
        await this.#clock.sleep(everyMs);
      }
    };
    loop().catch(this.#fail);
  }

  #newWatch(): Watch {
    const watch = new Watch({
      store: this.#store,
      clock: this.#clock,
      telemetry,
      lanes,
      groupOf: () => "records",
      compareWith: () => [],
      coarserOf: () => [],
      auditorOptions: (lane, windowSizeMs) => ({
        ...lane,
        windowSizeMs,
        detectors: [halved],
        detectorOptions: {},
        pageBudgetPerWeek: 1,
        timeZone: "UTC",
        knownEvents: [],
      }),
      incidents: { groupLanes: 0 },
      audits: this.#audits,
      incidentJobs: this.#incidents,
      deliver: async (changed) => this.#deliverer.offer(changed),
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      checkpointWindows: 4,
      rollupCheckpointMs: 60_000,
      confirmsPartitions: true,
      waitingSegmentsMax: this.#around.waitingSegmentsMax,
      sourceNames: [this.#source.name],
      recentWindowsMax: this.#around.deployment === "shared" ? 0 : 1_000,
      adoptsChanges: false,
      signal: new AbortController().signal,
    });
    this.#store.onReleased = (windows, profiles) => this.#around.onReleased(watch.rollup, windows, profiles);
    return watch;
  }

  #newIngest(): Ingest {
    return new Ingest({
      source: this.#source,
      store: this.#store,
      decoder,
      lanes,
      arena,
      record,
      bounds: { bytesMax: 1e9, offsetsMax: this.#around.offsetsMax, seriesMax: 10_000 },
      shape: "shape",
      asOfMs: this.#clock.nowMs(),
      clock: this.#clock,
      telemetry,
      idleCutMs: 20_000,
      ageCutMs: 40_000,
      writeBehind: true,
      onSegments: (segments) => this.#taken(segments),
      onAssigned: (positions) => {
        if (this.#role === "all" && !this.#life.isDead) this.#watch!.rollups.expect(positions);
      },
    });
  }

  async #taken(segments: readonly Segment[]): Promise<void> {
    if (this.#role === "all") this.#watch!.rollups.take(segments);
  }
}
