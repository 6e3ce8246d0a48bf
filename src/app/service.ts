/**
 * The service of one process: the roles that it plays, started in order and stopped in reverse. `ingest` reads and
 * counts, `control` merges and answers people, `audit` judges, `notify` looks after incidents and pages.
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Detector } from "../../detectors/contract.ts";
import type { Clock } from "../base/clock.ts";
import { withDeadline } from "../base/deadline.ts";
import { InvariantError } from "../base/errors.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { ControlServer } from "../control/contract.ts";
import { Deliverer } from "../notify/deliver.ts";
import type { JobQueue } from "../queue/contract.ts";
import type { Store } from "../store/contract.ts";
import type { AuditJob } from "./audit/audit-service.ts";
import { tellSqlProblems } from "./audit/sql-metrics.ts";
import { auditorOptionsOf } from "./auditor-options.ts";
import type { Config } from "./config/schema.ts";
import { controlOptions, startServer } from "./control-wiring.ts";
import type { IncidentJob } from "./incident/incident-feed.ts";
import { makeReading, type Reading } from "./ingest/reading.ts";
import { makeMonitor } from "./monitor/make-monitor.ts";
import type { MonitorWatch } from "./monitor/monitor-watch.ts";
import { openFirst } from "./open-first.ts";
import { makeNotifiers, makeQueue, makeSource, openStore } from "./plug-ins.ts";
import { watchQueueDepth } from "./queue-depth.ts";
import { Merging } from "./rollup/merging.ts";
import { RecentEnds } from "./rollup/recent-ends.ts";
import { Supervisor } from "./supervisor.ts";
import { Watch, type WatchOptions } from "./watch.ts";
import { watchOptions } from "./watch-wiring.ts";

export const ROLES = ["ingest", "audit", "notify", "control"] as const;
export type Role = (typeof ROLES)[number];

export interface ServiceOptions {
  readonly config: Config;
  readonly roles: ReadonlySet<Role>;
  readonly detectors: readonly Detector[];
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly environment: NodeJS.ProcessEnv;
  /** "Now" on the axis of event time, where it is not the clock's (the demo). */
  readonly eventNowMs?: () => number;
  /** See ControlParts; for event time that runs faster than the clock. */
  readonly judgingMsMax?: number;
  /** Overrides what the configuration makes (the demo's labelled faults). */
  readonly makeSource?: typeof makeSource;
  /** Told of what is judged and what follows (replay's output). */
  readonly observers?: Pick<WatchOptions, "onJudged" | "onIncidents" | "onJoined">;
}

/** How often partitions are looked at in which nothing happens. */
const CUT_DUE_EVERY_MS = 1_000;
/** A store that does not answer is not waited for at the end: what it acknowledged is safe. */
const CLOSE_MS_MAX = 4_000;

export class Service {
  readonly telemetry: Telemetry;
  readonly #options: ServiceOptions;
  readonly #store: Store;
  readonly #supervisor: Supervisor;
  readonly #readings: Reading[] = [];
  readonly #ends: RecentEnds;
  readonly #audits: JobQueue<AuditJob>;
  readonly #incidentJobs: JobQueue<IncidentJob> | undefined;
  readonly #deliverer: Deliverer;
  readonly #watch: Watch;
  readonly #monitor: MonitorWatch;
  #control: ControlServer | undefined;
  #isStoreOpen = false;
  #merging: Merging | undefined;
  /** Rejects when the process cannot go on and should exit; resolves when every source has ended. */
  readonly finished: Promise<void>;

  constructor(options: ServiceOptions) {
    const { config, clock, telemetry } = options;
    this.#options = options;
    this.telemetry = telemetry;
    this.#store = openStore(config, options, options.environment);
    this.#ends = new RecentEnds(clock);
    this.#supervisor = new Supervisor(clock, telemetry);
    this.finished = Promise.race([this.#supervisor.failed, this.#sourcesEnded()]);
    this.finished.catch(() => {});
    const onFailed = (_key: string, error: unknown) => {
      if (error instanceof InvariantError) this.#supervisor.fail(error);
    };
    this.#audits = makeQueue<AuditJob>("audits", config, options, onFailed);
    this.#incidentJobs = this.#isShared
      ? makeQueue<IncidentJob>("incidents", config, options, onFailed)
      : undefined;
    const { routes, remind } = config.notify;
    const publicUrl = config.control.publicUrl ?? "";
    this.#deliverer = new Deliverer(
      {
        store: openFirst(this.#store, () => this.#isStoreOpen),
        notifiers: makeNotifiers(config),
        clock,
        telemetry,
      },
      { routes, remindMs: remind, publicUrl, deployment: config.monitor.deployment },
    );
    this.#watch = new Watch(
      watchOptions({
        ...options,
        ...options.observers,
        store: this.#store,
        audits: this.#audits,
        incidentJobs: this.#incidentJobs,
        deliverer: this.#deliverer,
        sources: () => this.#readings.map(({ source }) => source),
        signal: this.#supervisor.signal,
      }),
    );
    this.#monitor = this.#makeMonitor();
  }

  get store(): Store {
    return this.#store;
  }

  get watch(): Watch {
    return this.#watch;
  }

  get deliverer(): Deliverer {
    return this.#deliverer;
  }

  /** Where the page is; "" without the control role. */
  get url(): string {
    return this.#control?.url ?? "";
  }

  /** Several processes may share the work: jobs go through a server, segments are found in the store. */
  get #isShared(): boolean {
    return this.#options.config.queue.type !== "inline";
  }

  async start(): Promise<void> {
    const { config, roles } = this.#options;
    if (config.store.type === "duckdb" && config.store.path !== ":memory:")
      await mkdir(dirname(config.store.path), { recursive: true });
    // Before anything is waited for: that the store is away at the start may be what there is to say.
    this.#watchItself();
    await this.#supervisor.patiently("opening the store", () => this.#store.open());
    this.#isStoreOpen = true;
    await this.#startControl();
    const parts = {
      merges: roles.has("control"),
      attends: roles.has("notify") || (roles.has("audit") && !this.#isShared),
    };
    await this.#supervisor.patiently("reading where the last run stopped", () => this.#watch.restore(parts));
    if (roles.has("audit")) {
      await this.#supervisor.patiently("trying the SQL of metrics", () =>
        tellSqlProblems(this.#store, config, this.telemetry),
      );
      await this.#supervisor.patiently("joining the audits", () => this.#watch.audit());
    }
    if (roles.has("notify")) {
      await this.#supervisor.patiently("joining the incidents", () => this.#watch.attend());
      this.#deliverer.start();
    }
    for (const name of Object.keys(config.sources)) this.#readings.push(this.#reading(name));
    if (roles.has("control")) await this.#startMerging();
    if (roles.has("ingest")) await this.#startIngest();
    this.#sourcesStarted();
  }

  #watchItself(): void {
    this.#supervisor.everyUnwaited(this.#options.config.monitor.every, "looking after itself", () =>
      this.#monitor.look(),
    );
  }

  #makeMonitor(): MonitorWatch {
    const { rollup } = this.#watch;
    return makeMonitor({
      ...this.#options,
      store: this.#store,
      isStoreOpen: () => this.#isStoreOpen,
      sources: () => this.#readings.map(({ source }) => this.#ends.watched(source)),
      queueReady: () => this.#audits.ready(),
      failing: () => this.#deliverer.failing(),
      pathEnd: this.#options.roles.has("control")
        ? ({ topic, partition }) => rollup.knownFrontier(topic, partition)?.endOffset
        : undefined,
      tell: (alert) => this.#deliverer.tell(alert),
    });
  }

  /** Once all sources have ended: merges, judges and tells the rest. */
  async drain(): Promise<void> {
    for (const { ingest } of this.#readings) await ingest.idle();
    if (!this.#options.roles.has("control") || this.#isShared) return;
    await this.#merging?.observeEnds();
    await this.#watch.tick();
  }

  /** Cuts, writes and commits what is open, lets running jobs end, closes. Under 20 s when the store answers. */
  async stop(): Promise<void> {
    const settled = (what: string, step: Promise<unknown>) => this.#supervisor.settled(what, step);
    const { roles } = this.#options;
    this.#supervisor.stop();
    if (roles.has("ingest"))
      await Promise.all(
        this.#readings.map(({ source }) => settled(`stopping source ${source.name}`, source.stop())),
      );
    for (const { ingest } of this.#readings) ingest.giveUp();
    await Promise.all([
      this.#supervisor.ended(),
      settled("stopping the audits", this.#audits.stop()),
      settled("stopping the incidents' queue", this.#incidentJobs?.stop() ?? Promise.resolve()),
    ]);
    if (roles.has("notify")) await settled("stopping deliveries", this.#deliverer.stop());
    await settled("stopping the control server", this.#control?.stop() ?? Promise.resolve());
    this.#isStoreOpen = false;
    await settled("closing the store", withDeadline(this.#store.close(), CLOSE_MS_MAX));
  }

  #sourcesStarted: () => void = () => {};

  async #sourcesEnded(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#sourcesStarted = resolve;
    });
    if (!this.#options.roles.has("ingest") || this.#readings.length === 0) await new Promise(() => {});
    await Promise.all(this.#readings.map(({ source }) => source.finished));
  }

  async #startControl(): Promise<void> {
    const { config, roles } = this.#options;
    const options = controlOptions({
      ...this.#options,
      store: this.#store,
      auditorOptions: auditorOptionsOf(config, this.#options.detectors),
      sources: () => this.#readings.map(({ source }) => source),
      dependencies: [
        { name: `store ${this.#store.name}`, ready: () => this.#store.ready() },
        { name: `queue ${config.queue.type}`, ready: () => this.#audits.ready() },
      ],
    });
    this.#control = await startServer(options, roles.has("control"));
  }

  async #startMerging(): Promise<void> {
    this.#merging = new Merging({
      watch: this.#watch,
      ends: this.#ends,
      sources: this.#readings.map(({ source }) => source),
      readsSegmentsFromStore: this.#readsSegmentsFromStore,
      supervisor: this.#supervisor,
      clock: this.#options.clock,
      telemetry: this.#options.telemetry,
    });
    await this.#merging.start();
    watchQueueDepth(
      { audits: this.#audits, incidents: this.#incidentJobs },
      { supervisor: this.#supervisor, telemetry: this.telemetry },
    );
  }

  async #startIngest(): Promise<void> {
    for (const { source, ingest } of this.#readings) {
      await source.start(ingest);
      source.finished.catch((error: unknown) => this.#supervisor.fail(error));
      this.#supervisor.every(CUT_DUE_EVERY_MS, "cutting quiet partitions", () => ingest.cutDue());
    }
  }

  /** A store that only this process can open has no other writers to look for. */
  get #readsSegmentsFromStore(): boolean {
    return this.#options.config.store.type !== "duckdb";
  }

  #reading(name: string): Reading {
    // Segments that only this process can write are handed on; all others are found in the store.
    const handsOn = this.#options.roles.has("control") && !this.#readsSegmentsFromStore;
    return makeReading(name, {
      ...this.#options,
      store: this.#store,
      makeSource: this.#options.makeSource ?? makeSource,
      onAssigned: (positions) => {
        if (handsOn) this.#watch.rollups.expect(positions);
      },
      onSegments: async (segments) => {
        if (handsOn) this.#watch.rollups.take(segments);
      },
    });
  }
}
