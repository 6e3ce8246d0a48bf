/**
 * A window's journey: store → rollup → audit → incident → notify. This file is the story; each verb below lives in its
 * stage. Every step can be repeated: what a queue loses, repeats or delays is put right from the store.
 */
import type { LaneRules, LaneWindows } from "../assign/lane.ts";
import type { LaneAuditorOptions } from "../audit/lane-options.ts";
import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { IncidentOptions } from "../incident/options.ts";
import type { JobQueue } from "../queue/contract.ts";
import { readCheckpoint } from "../rollup/checkpoint.ts";
import type { LaneName } from "../rollup/lane-progress.ts";
import { Rollup } from "../rollup/rollup.ts";
import type { PartitionEnd } from "../source/contract.ts";
import type { IncidentRow, Store, VerdictRow } from "../store/contract.ts";
import { type AuditJob, AuditService, type JudgedWindow } from "./audit/audit-service.ts";
import { FeedbackFeed } from "./audit/feedback-feed.ts";
import { References } from "./audit/references.ts";
import type { SqlMetricsOf } from "./audit/sql-metrics.ts";
import {
  enqueueIncidentJob,
  IncidentFeed,
  IncidentInbox,
  type IncidentJob,
} from "./incident/incident-feed.ts";
import { IncidentService } from "./incident/incident-service.ts";
import { RecentWindows } from "./rollup/recent-windows.ts";
import { RollupService } from "./rollup/rollup-service.ts";
import { WindowAges } from "./rollup/window-age.ts";

export interface WatchOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly lanes: LaneRules<LaneWindows>;
  readonly groupOf: (topic: string) => string;
  /** Lanes that a lane is compared with at the same event time. */
  readonly compareWith: (swimlane: string) => readonly string[];
  /** Larger sizes to which a lane's windows are merged and judged as well. */
  readonly coarserOf: (swimlane: string) => readonly number[];
  readonly auditorOptions: (lane: LaneName, windowSizeMs: number) => LaneAuditorOptions;
  readonly sqlMetrics?: SqlMetricsOf;
  readonly incidents: Partial<IncidentOptions>;
  readonly audits: JobQueue<AuditJob>;
  /** Queue to the process that looks after incidents; without one it happens here, in event-time order. */
  readonly incidentJobs: JobQueue<IncidentJob> | undefined;
  readonly deliver: (changed: readonly IncidentRow[]) => Promise<void>;
  readonly idleTimeoutMs: number;
  readonly checkpointWindows: number;
  /** Least time between two checkpoints of the rollup, ms; infinite keeps none (replay). */
  readonly rollupCheckpointMs: number;
  /** See {@link RollupOptions.confirmsPartitions}. */
  readonly confirmsPartitions: boolean;
  /** See {@link RollupOptions.waitingSegmentsMax}. */
  readonly waitingSegmentsMax?: number;
  /** Names of the configured sources, each of which is asked for its partitions. */
  readonly sourceNames: readonly string[];
  /** Windows kept in memory from merge to audit; 0 when audits run elsewhere. */
  readonly recentWindowsMax: number;
  /** People may acknowledge incidents through an API meanwhile: look before each change. */
  readonly adoptsChanges: boolean;
  /** Ends work between two writes; what is durable is gone on from at the next start. */
  readonly signal: AbortSignal;
  /** See IncidentServiceOptions. */
  readonly partitionEnds?: () => Promise<readonly PartitionEnd[]>;
  readonly onJudged?: (judged: readonly JudgedWindow[]) => void;
  readonly onIncidents?: (changed: readonly IncidentRow[]) => void;
  readonly onJoined?: (verdicts: readonly VerdictRow[]) => void;
}

export class Watch {
  readonly incidents: IncidentService;
  readonly #options: WatchOptions;
  readonly #rollup: Rollup;
  readonly #inbox: IncidentInbox;
  readonly #ages: WindowAges;
  #rollups!: RollupService;
  #recent!: RecentWindows;
  #ticking: Promise<void> | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#rollup = new Rollup(options);
    this.incidents = new IncidentService(options);
    this.#inbox = new IncidentInbox(this.incidents);
    this.#ages = new WindowAges(options);
  }

  get rollups(): RollupService {
    return this.#rollups;
  }

  get rollup(): Rollup {
    return this.#rollup;
  }

  /**
   * Takes up where the store ends. To be called before anything else; may be repeated when the store fails.
   * @param parts what this process will do: merge windows, look after incidents.
   */
  async restore(parts: { readonly merges: boolean; readonly attends: boolean }): Promise<void> {
    const { store } = this.#options;
    const lanesBefore = parts.merges
      ? await this.#rollup.restore(await readCheckpoint(store))
      : new Set<string>();
    this.#recent = new RecentWindows(this.#options.recentWindowsMax, lanesBefore);
    this.#rollups = new RollupService({
      ...this.#options,
      rollup: this.#rollup,
      recent: this.#recent,
      ages: this.#ages,
    });
    if (parts.attends) await this.incidents.restore();
  }

  /** Starts judging. */
  async audit(): Promise<void> {
    const service = new AuditService({
      ...this.#options,
      recent: this.#recent,
      ages: this.#ages,
      references: new References(this.#options),
      feedback: new FeedbackFeed(this.#options),
      onJudged: (judged) => this.#judged(judged),
      ...(this.#options.incidentJobs === undefined ? { beforeCheckpoint: () => this.#observe() } : {}),
    });
    await this.#options.audits.work((job) => service.run(job));
  }

  /** Starts looking after incidents that other processes' audits bring. */
  async attend(): Promise<void> {
    const feed = new IncidentFeed(this.#options.store, this.incidents, this.#options.clock);
    await this.#options.incidentJobs?.work((job) => feed.run(job));
  }

  /** Merges what is complete, has it judged, and (without a queue between) tells what follows from it. One at a time. */
  async tick(): Promise<void> {
    while (this.#ticking !== undefined) await this.#ticking;
    this.#ticking = this.#tick().finally(() => {
      this.#ticking = undefined;
    });
    await this.#ticking;
  }

  async #tick(): Promise<void> {
    await this.#rollups.release();
    if (this.#options.incidentJobs !== undefined) return;
    await this.#options.audits.idle();
    await this.#observe();
  }

  /** Brings what was judged in this process to the incidents. */
  async #observe(): Promise<void> {
    if (!this.#inbox.hasNews) return;
    if (this.#options.adoptsChanges) await this.incidents.adopt();
    await this.#inbox.flush();
  }

  async #judged(judged: readonly JudgedWindow[]): Promise<void> {
    this.#options.onJudged?.(judged);
    if (this.#options.incidentJobs !== undefined)
      await enqueueIncidentJob(this.#options.incidentJobs, judged);
    else this.#inbox.add(judged);
  }
}
