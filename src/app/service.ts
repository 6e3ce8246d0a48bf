/**
 * The service of one process: the roles that it plays, started in order and stopped in reverse. `ingest` reads and
 * counts, `control` merges and answers people, `audit` judges, `notify` looks after incidents and pages.
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Detector } from "../../detectors/contract.ts";
import type { Clock } from "../base/clock.ts";
import { withDeadline } from "../base/deadline.ts";
import { errorText, InvariantError, OperationalError } from "../base/errors.ts";
import { retry } from "../base/retry.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { ControlServer } from "../control/contract.ts";
import { startControlServer, startHealthServer } from "../control/server.ts";
import type { Mapping } from "../decode/mapping.ts";
import { Deliverer } from "../notify/deliver.ts";
import type { JobQueue } from "../queue/contract.ts";
import type { Segment } from "../segment/manifest.ts";
import { ProfileArena } from "../sketch/arena.ts";
import type { RecordSource } from "../source/contract.ts";
import type { Store } from "../store/contract.ts";
import type { AuditJob } from "./audit-service.ts";
import { auditorOptionsOf, coarserOf } from "./auditor-options.ts";
import type { Config } from "./config/schema.ts";
import { controlOptions } from "./control-wiring.ts";
import { decodingOf } from "./decoding.ts";
import { repeat } from "./every.ts";
import type { IncidentJob } from "./incident-feed.ts";
import { Ingest } from "./ingest.ts";
import { compareWithOf, incidentOptionsOf, laneWindows } from "./lane-settings.ts";
import { MonitorWatch } from "./monitor/monitor-watch.ts";
import { readingProbes, sharedProbes } from "./monitor/probes.ts";
import { openFirst } from "./open-first.ts";
import { PathMetrics } from "./path-metrics.ts";
import { makeNotifiers, makeQueue, makeSource, openStore } from "./plug-ins.ts";
import { RecentEnds } from "./recent-ends.ts";
import { sqlMetricsOf, trySqlMetrics } from "./sql-metrics.ts";
import { Watch, type WatchOptions } from "./watch.ts";

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

/** From a merged window to a verdict in at most a few of these. */
const TICK_MS = 300;
/** A window is merged only once the broker has confirmed its partitions after it was passed. */
const ENDS_EVERY_MS = 1_000;
const ROLLUP_CHECKPOINT_MS = 30_000;
/** How often a stretch of the last day's windows is held against their segments again. */
const RECONCILE_MS = 10_000;
/** How long a store or a queue that is away is waited for at the start. */
const START_PATIENCE_MS = 120_000;
/** A store that does not answer is not waited for at the end: what it acknowledged is safe. */
const CLOSE_MS_MAX = 4_000;
/** Windows of a lane between two checkpoints of its auditor's memory. */
const CHECKPOINT_WINDOWS = 64;
const RECENT_WINDOWS_MAX = 20_000;

interface Reading {
  readonly source: RecordSource;
  readonly ingest: Ingest;
}

export class Service {
  readonly telemetry: Telemetry;
  readonly #options: ServiceOptions;
  readonly #store: Store;
  readonly #stopping = new AbortController();
  readonly #loops: Promise<void>[] = [];
  readonly #readings: Reading[] = [];
  readonly #ends: RecentEnds;
  readonly #audits: JobQueue<AuditJob>;
  readonly #incidentJobs: JobQueue<IncidentJob> | undefined;
  readonly #deliverer: Deliverer;
  readonly #watch: Watch;
  readonly #monitor: MonitorWatch;
  #control: ControlServer | undefined;
  #isStoreOpen = false;
  #pathMetrics: PathMetrics | undefined;
  #fail!: (error: unknown) => void;
  /** Rejects when the process cannot go on and should exit; resolves when every source has ended. */
  readonly finished: Promise<void>;

  constructor(options: ServiceOptions) {
    const { config, clock, telemetry } = options;
    this.#options = options;
    this.telemetry = telemetry;
    this.#store = openStore(config, options, options.environment);
    this.#ends = new RecentEnds(clock);
    const failed = new Promise<void>((_, reject) => {
      this.#fail = reject;
    });
    failed.catch(() => {});
    this.finished = Promise.race([failed, this.#sourcesEnded()]);
    this.finished.catch(() => {});
    const onFailed = (_key: string, error: unknown) => {
      if (error instanceof InvariantError) this.#fail(error);
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
    this.#watch = new Watch(this.#watchOptions());
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
    await this.#patiently("opening the store", () => this.#store.open());
    this.#isStoreOpen = true;
    await this.#startControl();
    const parts = {
      merges: roles.has("control"),
      attends: roles.has("notify") || (roles.has("audit") && !this.#isShared),
    };
    await this.#patiently("reading where the last run stopped", () => this.#watch.restore(parts));
    if (roles.has("audit")) {
      await this.#patiently("trying the SQL of metrics", () => this.#trySqlMetrics());
      await this.#patiently("joining the audits", () => this.#watch.audit());
    }
    if (roles.has("notify")) {
      await this.#patiently("joining the incidents", () => this.#watch.attend());
      this.#deliverer.start();
    }
    for (const name of Object.keys(config.sources)) this.#readings.push(this.#reading(name));
    if (roles.has("control")) await this.#startRollup();
    if (roles.has("ingest")) await this.#startIngest();
    this.#sourcesStarted();
  }

  #watchItself(): void {
    const { clock, config } = this.#options;
    const { signal } = this.#stopping;
    // A stop does not wait for an engine that hangs.
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const look = () =>
      this.#guarded(() => Promise.race([this.#monitor.look(), stopped]), "looking after itself");
    this.#loops.push(repeat(clock, config.monitor.every, signal, look));
  }

  /** The role `notify`, of which there is one, tells people; the others' own sights are in their logs and metrics. */
  #makeMonitor(): MonitorWatch {
    const { config, clock, telemetry, roles } = this.#options;
    const { rollup } = this.#watch;
    const probes = sharedProbes({
      config,
      clock,
      telemetry,
      store: this.#store,
      isStoreOpen: () => this.#isStoreOpen,
      sources: () => this.#readings.map(({ source }) => this.#ends.watched(source)),
      queueReady: () => this.#audits.ready(),
      failing: () => this.#deliverer.failing(),
      pathEnd: roles.has("control")
        ? ({ topic, partition }) => rollup.knownFrontier(topic, partition)?.endOffset
        : undefined,
    });
    return new MonitorWatch({
      probes: [
        ...(roles.has("notify") ? probes : []),
        ...(roles.has("ingest") ? readingProbes({ config, telemetry }) : []),
      ],
      clock,
      telemetry,
      clearMs: config.monitor.clear,
      tell: roles.has("notify") ? (alert) => this.#deliverer.tell(alert) : undefined,
    });
  }

  /** A store or a queue that is away when we start is waited for: it may be starting, too. Then whoever supervises us decides. */
  #patiently(what: string, step: () => Promise<void>): Promise<void> {
    return retry(this.#options.clock, step, {
      deadlineMs: START_PATIENCE_MS,
      signal: this.#stopping.signal,
      onRetry: (error) => this.#complain(what, error),
    });
  }

  /** A column that is not there is told now, not by the first window; everything else is judged all the same. */
  async #trySqlMetrics(): Promise<void> {
    const { config, telemetry } = this.#options;
    for (const [name, problem] of await trySqlMetrics(this.#store, config))
      telemetry.log("error", `metrics.${name}.sql cannot be measured until it is mended: ${problem}`);
  }

  /** Once all sources have ended: merges, judges and tells the rest. */
  async drain(): Promise<void> {
    for (const { ingest } of this.#readings) await ingest.idle();
    if (!this.#options.roles.has("control") || this.#isShared) return;
    await this.#observeEnds();
    await this.#watch.tick();
  }

  /** Cuts, writes and commits what is open, lets running jobs end, closes. Under 20 s when the store answers. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const { roles } = this.#options;
    if (roles.has("ingest"))
      await Promise.all(
        this.#readings.map(({ source }) => this.#settled(source.stop(), `stopping source ${source.name}`)),
      );
    for (const { ingest } of this.#readings) ingest.giveUp();
    await Promise.all([
      ...this.#loops,
      this.#settled(this.#audits.stop(), "stopping the audits"),
      this.#settled(this.#incidentJobs?.stop() ?? Promise.resolve(), "stopping the incidents' queue"),
    ]);
    if (roles.has("notify")) await this.#settled(this.#deliverer.stop(), "stopping deliveries");
    await this.#settled(this.#control?.stop() ?? Promise.resolve(), "stopping the control server");
    this.#isStoreOpen = false;
    await this.#settled(withDeadline(this.#store.close(), CLOSE_MS_MAX), "closing the store");
  }

  #sourcesStarted: () => void = () => {};

  async #sourcesEnded(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#sourcesStarted = resolve;
    });
    if (!this.#options.roles.has("ingest") || this.#readings.length === 0) await new Promise(() => {});
    await Promise.all(this.#readings.map(({ source }) => source.finished));
  }

  /** Every process answers probes; the control role serves people too. */
  async #startControl(): Promise<void> {
    const { config, roles, telemetry } = this.#options;
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
    if (roles.has("control")) {
      this.#control = await startControlServer(options);
      return;
    }
    this.#control = await startHealthServer(options).catch((error: unknown) => {
      telemetry.log(
        "warn",
        "probes and metrics of this process are not served: give it a control.port of its own",
        {
          port: config.control.port,
          error: errorText(error),
        },
      );
      return undefined;
    });
  }

  async #startRollup(): Promise<void> {
    const { signal } = this.#stopping;
    const { rollups } = this.#watch;
    // What this process itself writes it hands on; what was written before it began is in the store only.
    await this.#patiently("reading the newest segments", async () => {
      while ((await rollups.poll()) > 0);
    });
    const askForEnds = () => this.#guarded(() => this.#observeEnds(), "asking for the ends of partitions");
    const step = async () => {
      // What has just been read may complete a window: the brokers are asked at once, not at the next turn. One that is
      // away holds up no merging.
      if (this.#readsSegmentsFromStore && (await rollups.poll()) > 0)
        await Promise.race([askForEnds(), this.#options.clock.sleep(TICK_MS, signal)]);
      await this.#watch.tick();
    };
    this.#pathMetrics = new PathMetrics(this.#watch.rollup, this.#options.telemetry);
    const reconcile = () =>
      this.#guarded(() => rollups.reconcile(), "holding merged windows against their segments");
    this.#loops.push(
      repeat(this.#options.clock, TICK_MS, signal, () => this.#guarded(step, "merging and judging")),
      repeat(this.#options.clock, ENDS_EVERY_MS, signal, askForEnds),
      repeat(this.#options.clock, RECONCILE_MS, signal, reconcile),
    );
  }

  /** Which partitions there are and where they end; what was passed when it was asked may be released then. */
  async #observeEnds(): Promise<void> {
    const { rollups } = this.#watch;
    for (const { source } of this.#readings) {
      const asking = rollups.asking();
      const ends = await this.#ends.ask(source);
      rollups.observeEnds(source.name, ends, asking);
      this.#pathMetrics?.observeEnds(ends);
    }
  }

  async #startIngest(): Promise<void> {
    for (const { source, ingest } of this.#readings) {
      await source.start(ingest);
      source.finished.catch((error: unknown) => this.#fail(error));
      this.#loops.push(
        repeat(this.#options.clock, 1_000, this.#stopping.signal, () =>
          this.#guarded(() => ingest.cutDue(), "cutting quiet partitions"),
        ),
      );
    }
  }

  /** A store that only this process can open has no other writers to look for. */
  get #readsSegmentsFromStore(): boolean {
    return this.#options.config.store.type !== "duckdb";
  }

  #reading(name: string): Reading {
    const { config, clock, telemetry } = this.#options;
    let ingest: Ingest | undefined;
    const watermarkMs = (topic: string) => ingest?.watermarkMs(topic) ?? Number.NEGATIVE_INFINITY;
    const source = (this.#options.makeSource ?? makeSource)(name, config, { clock, telemetry, watermarkMs });
    const { decoder, shape, schemas } = decodingOf(config, name, mappingOf(config, name), {
      clock,
      telemetry,
    });
    const { ageMax, bytesMax, offsetsMax, seriesMax, idleCut, waitingBytesMax } = config.segments;
    ingest = new Ingest({
      source,
      store: this.#store,
      decoder,
      ...(schemas === undefined ? {} : { prepare: (batch, control) => schemas.prepare(batch, control) }),
      lanes: laneWindows(config),
      arena: new ProfileArena({ k: config.profile.k }),
      bounds: { bytesMax, offsetsMax, seriesMax },
      ageCutMs: ageMax,
      shape,
      asOfMs: config.sources[name]?.type === "synthetic" ? Number.POSITIVE_INFINITY : clock.nowMs(),
      clock,
      telemetry,
      idleCutMs: idleCut,
      waitingBytesMax,
      writeBehind: true,
      onAssigned: (positions) => {
        if (this.#options.roles.has("control") && !this.#readsSegmentsFromStore)
          this.#watch.rollups.expect(positions);
      },
      onSegments: (segments) => this.#taken(segments),
    });
    return { source, ingest };
  }

  async #taken(segments: readonly Segment[]): Promise<void> {
    if (this.#options.roles.has("control") && !this.#readsSegmentsFromStore)
      await this.#watch.rollups.take(segments);
  }

  #watchOptions(): WatchOptions {
    const { config, clock, telemetry, observers } = this.#options;
    return {
      store: this.#store,
      clock,
      telemetry,
      lanes: laneWindows(config),
      groupOf: (topic) => this.#groupOf(topic),
      compareWith: compareWithOf(config),
      coarserOf: coarserOf(config),
      sqlMetrics: sqlMetricsOf(config),
      auditorOptions: auditorOptionsOf(config, this.#options.detectors),
      incidents: incidentOptionsOf(config),
      audits: this.#audits,
      incidentJobs: this.#incidentJobs,
      deliver: async (changed) => this.#deliverer.offer(changed),
      partitionEnds: async () =>
        (await Promise.all(this.#readings.map(({ source }) => source.partitionEnds()))).flat(),
      idleTimeoutMs: config.segments.idleTimeout,
      checkpointWindows: CHECKPOINT_WINDOWS,
      rollupCheckpointMs: ROLLUP_CHECKPOINT_MS,
      confirmsPartitions: true,
      sourceNames: Object.keys(config.sources),
      signal: this.#stopping.signal,
      adoptsChanges: this.#options.roles.has("control"),
      recentWindowsMax: this.#isShared ? 0 : RECENT_WINDOWS_MAX,
      ...observers,
    };
  }

  /** The configured source that reads a topic; all others count as one. */
  #groupOf(topic: string): string {
    for (const [name, source] of Object.entries(this.#options.config.sources)) {
      const topics = (source as { readonly topics?: readonly string[] }).topics;
      if (topics?.includes(topic)) return name;
    }
    return "default";
  }

  /** Runs a step of a loop: what the outside world may get over is logged and tried again, the rest ends the process. */
  async #guarded(step: () => Promise<void>, what: string): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (error instanceof OperationalError && error.retryable) this.#complain(what, error);
      else this.#fail(error);
    }
  }

  #complain(what: string, error: unknown): void {
    this.telemetry
      .counter("app_retries_total", "Steps that failed and are tried again", ["step"])
      .inc({ step: what });
    this.telemetry.log("warn", `${what} failed; it is tried again. Nothing is lost.`, {
      error: errorText(error),
    });
  }

  async #settled(step: Promise<unknown>, what: string): Promise<void> {
    await step.catch((error: unknown) =>
      this.telemetry.error(`${what} failed; the next start goes on from what is durable`, error),
    );
  }
}

/** A source's own mapping, or the one that holds for all. */
export function mappingOf(config: Config, source: string): Mapping {
  return (config.sources[source] as { readonly mapping?: Mapping } | undefined)?.mapping ?? config.mapping;
}
