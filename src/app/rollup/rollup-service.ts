/** From durable segments to merged windows in the store, and a job for each lane that has something to judge. */

import type { Clock } from "../../base/clock.ts";
import { errorText } from "../../base/errors.ts";
import { groupBy } from "../../base/group-by.ts";
import { Pauses } from "../../base/pauses.ts";
import { Recent } from "../../base/recent.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { JobQueue } from "../../queue/contract.ts";
import { writeCheckpoint } from "../../rollup/checkpoint.ts";
import type { CompleteWindow } from "../../rollup/complete-window.ts";
import { type AskedAt, IdleRule } from "../../rollup/idle-rule.ts";
import { laneKey } from "../../rollup/lane-progress.ts";
import type { Rollup } from "../../rollup/rollup.ts";
import { sourceCounts } from "../../rollup/source-counts.ts";
import type { WatermarkMoment } from "../../rollup/watermarks.ts";
import type { Segment } from "../../segment/manifest.ts";
import type { PartitionEnd, PartitionPosition } from "../../source/contract.ts";
import type { Store } from "../../store/contract.ts";
import type { AuditJob } from "../audit/audit-service.ts";
import { countBusy } from "../busy.ts";
import { readLogIds, type StoredLogIds } from "../ingest/log-ids.ts";
import type { RecentWindows } from "./recent-windows.ts";
import { SegmentReader } from "./segment-reader.ts";
import type { WindowAges } from "./window-age.ts";

export interface RollupServiceOptions {
  readonly rollup: Rollup;
  readonly store: Store;
  readonly recent: RecentWindows;
  readonly audits: JobQueue<AuditJob>;
  readonly ages: WindowAges;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The configured source that reads a topic. */
  readonly groupOf: (topic: string) => string;
  /** Names of the configured sources. */
  readonly sourceNames: readonly string[];
  /** How long a partition must have had nothing to read before the clock stands in for its records, ms. */
  readonly idleTimeoutMs: number;
  /** Least time between two checkpoints of the rollup, ms; infinite keeps none (replay). */
  readonly rollupCheckpointMs: number;
  readonly signal: AbortSignal;
}

/** They change once in a topic's life; the idle rule measures minutes. */
const LOG_IDS_AGE_MS_MAX = 10_000;
/** Windows merged and written in one step. */
const WINDOWS_PER_STEP = 2_000;

/** What is to be known before the broker is asked for its partitions. */
export interface Asking {
  readonly at: AskedAt;
  readonly moment: WatermarkMoment;
}

export class RollupService {
  readonly #options: RollupServiceOptions;
  readonly #idle: IdleRule;
  readonly #reader: SegmentReader;
  readonly #pauses: Pauses;
  readonly #logIds: Recent<string, StoredLogIds>;
  /** Merged and not yet acknowledged by the store: written before anything else is released. */
  #unwritten: readonly CompleteWindow[] = [];
  /** The newest job of each lane that the queue has not taken yet: a queue that is away holds up no counting. */
  readonly #unannounced = new Map<string, { readonly key: string; readonly job: AuditJob }>();
  /** Topics that each source reads, as the broker last answered. */
  readonly #topics = new Map<string, ReadonlySet<string>>();
  #checkpointElapsedMs = Number.NEGATIVE_INFINITY;
  /** What the reconciler merged again and nobody has written yet. */
  #repaired: readonly CompleteWindow[] = [];
  /** Windows that late data has had merged again so far. */
  #revisedCount = 0;

  constructor(options: RollupServiceOptions) {
    this.#options = options;
    this.#idle = new IdleRule(options.clock, options.idleTimeoutMs);
    this.#reader = new SegmentReader(options);
    this.#pauses = new Pauses(options.clock);
    this.#logIds = new Recent(options.clock, LOG_IDS_AGE_MS_MAX);
  }

  /** Partitions that will be read: none of their lanes' windows is complete before all of them say so. */
  expect(positions: readonly PartitionPosition[]): void {
    for (const { topic, partition, offset } of positions)
      this.#options.rollup.frontier(topic, partition, offset);
  }

  /** Takes segments that this process has just written. */
  take(segments: readonly Segment[]): void {
    const partitions = groupBy(segments, ({ manifest }) => `${manifest.topic}|${manifest.partition}`);
    for (const group of partitions.values()) {
      const { topic, partition } = group[0]!.manifest;
      this.#options.rollup.add(topic, partition, group);
    }
  }

  /** Reads what other processes have written since the last poll, or this one before it was restarted. */
  poll(): Promise<number> {
    return this.#reader.poll();
  }

  /** To be called just before a source is asked for the ends of its partitions. */
  asking(): Asking {
    return { at: this.#idle.asking(), moment: this.#options.rollup.moment() };
  }

  /** What the broker answered: partitions that nobody has read yet hold windows back too, idle ones do not. */
  async observeEnds(
    sourceName: string,
    ends: readonly PartitionEnd[],
    { at, moment }: Asking,
  ): Promise<void> {
    const { rollup, groupOf } = this.#options;
    const others = new Set<PartitionEnd>();
    for (const end of ends) if (await this.#isOfAnotherLog(end)) others.add(end);
    this.#topics.set(sourceName, new Set(ends.map(({ topic }) => topic)));
    this.#finishUnread();
    for (const end of ends) {
      const frontier = rollup.frontier(end.topic, end.partition, end.startOffset);
      if (others.has(end)) this.#idle.doubt(frontier);
      else this.#idle.observe(frontier, end, at);
    }
    rollup.confirm(new Set(ends.map(({ topic }) => groupOf(topic))), moment);
  }

  /** Where a topic was made again, the end of its new log says nothing of what is left to read of the one that is counted. */
  async #isOfAnotherLog({ topic, partition, logId }: PartitionEnd): Promise<boolean> {
    if (logId === undefined) return false;
    const ids = await this.#logIds.get(topic, () => readLogIds(this.#options.store, topic));
    return ids.otherThan(logId, partition) !== undefined;
  }

  /** A topic that no source reads any more brings no more records: its partitions hold nothing back. */
  #finishUnread(): void {
    if (this.#options.sourceNames.some((name) => !this.#topics.has(name))) return;
    const topics = [...this.#topics.values()];
    for (const frontier of this.#options.rollup.frontiers)
      frontier.finished = !topics.some((read) => read.has(frontier.topic));
  }

  /** Merges and writes the windows that are complete, and asks for their audit. Returns how many there were. */
  async release(): Promise<number> {
    const { rollup, signal } = this.#options;
    let count = await this.#writeOut();
    while (!signal.aborted) {
      await this.#mergeNext();
      if (this.#unwritten.length === 0) break;
      count += await this.#writeOut();
    }
    if (rollup.revisions.count > 0) {
      this.#unwritten = await rollup.revise();
      this.#revisedCount += this.#unwritten.length;
      if (this.#unwritten.length > 0) this.#repaired = [];
      count += await this.#writeOut();
    }
    count += await this.#writeRepaired();
    await this.#announce();
    await this.#checkpoint();
    return count;
  }

  /** The windows of one step, merged in as many stretches as others have to wait for. */
  async #mergeNext(): Promise<void> {
    const { rollup, telemetry } = this.#options;
    const isOver = () => this.#pauses.isDue;
    do {
      if (this.#pauses.isDue) await this.#pauses.take();
      const startMs = performance.now();
      const windowsMax = WINDOWS_PER_STEP - this.#unwritten.length;
      const merged = await rollup.releaseComplete(windowsMax, isOver);
      countBusy(telemetry, "merge", startMs);
      this.#options.ages.observe("merged", merged);
      if (merged.length === 0) break;
      this.#unwritten = [...this.#unwritten, ...merged];
    } while (this.#unwritten.length < WINDOWS_PER_STEP);
  }

  /**
   * Holds the next stretch of the last day's windows against their segments. Reads beside the merging, which need not
   * wait for it; what is to be written again {@link release} writes. While something waits to be merged or written it
   * does nothing: what is late is no difference.
   */
  async reconcile(): Promise<void> {
    const { rollup } = this.#options;
    if (rollup.revisions.count > 0 || this.#unwritten.length > 0) return;
    const revisedCount = this.#revisedCount;
    const repaired = await rollup.reconciler.step();
    // Late data may have had the same window merged again meanwhile, under the same revision: the next round tells.
    if (revisedCount === this.#revisedCount) this.#repaired = repaired;
  }

  async #writeRepaired(): Promise<number> {
    const repaired = this.#repaired;
    this.#repaired = [];
    if (repaired.length === 0 || this.#options.rollup.revisions.count > 0) return 0;
    this.#unwritten = repaired;
    return this.#writeOut();
  }

  /** Writes what was merged. When the store fails it stays here, and nothing newer overtakes it. */
  async #writeOut(): Promise<number> {
    const complete = this.#unwritten;
    if (complete.length === 0) return 0;
    const { store, recent, rollup, telemetry } = this.#options;
    await store.writeWindows(
      complete.map(({ window }) => window),
      complete.flatMap(({ profiles }) => profiles),
    );
    this.#unwritten = [];
    this.#options.ages.observe("written", complete);
    const revised = complete.filter(({ window }) => window.revision > 1);
    recent.add(complete.filter(({ window }) => window.revision === 1));
    telemetry.counter("rollup_windows_total", "Windows merged and written").inc(complete.length);
    if (revised.length > 0)
      telemetry
        .counter("rollup_revisions_total", "Windows merged again because of late data")
        .inc(revised.length);
    for (const job of jobsOf(complete, sourceCounts(rollup.lanes))) this.#unannounced.set(job.key, job);
    if (this.#unannounced.size > UNANNOUNCED_MAX) this.#keepNewestJobs();
    return complete.length;
  }

  async #announce(): Promise<void> {
    const jobs = [...this.#unannounced.values()];
    if (jobs.length === 0) return;
    try {
      await this.#options.audits.addAll(jobs);
      for (const { key } of jobs) this.#unannounced.delete(key);
    } catch (error) {
      this.#options.telemetry.log("warn", "audits could not be asked for; windows go on, audits catch up", {
        jobs: jobs.length,
        error: errorText(error),
      });
    }
  }

  /** The newest job of a lane judges all before it; a revision that is forgotten costs a verdict its newest count. */
  #keepNewestJobs(): void {
    const newest = new Map<string, { readonly key: string; readonly job: AuditJob }>();
    for (const entry of this.#unannounced.values()) {
      const known = newest.get(laneKey(entry.job));
      if (known === undefined || known.job.untilStartMs <= entry.job.untilStartMs)
        newest.set(laneKey(entry.job), entry);
    }
    this.#unannounced.clear();
    for (const entry of newest.values()) this.#unannounced.set(entry.key, entry);
  }

  async #checkpoint(): Promise<void> {
    const { clock, rollup, rollupCheckpointMs, store } = this.#options;
    if (clock.elapsedMs() - this.#checkpointElapsedMs < rollupCheckpointMs) return;
    const checkpoint = rollup.checkpoint();
    if (checkpoint === undefined) return;
    await writeCheckpoint(store, checkpoint);
    this.#checkpointElapsedMs = clock.elapsedMs();
  }
}

/** Jobs that wait for a queue that is away; past it one for each lane. */
const UNANNOUNCED_MAX = 10_000;

function laneOf(window: CompleteWindow["window"]) {
  return { swimlane: window.swimlane, source: window.source, windowSizeMs: window.windowSizeMs };
}

/** One job a lane, which judges all windows up to the newest; one for each window that was revised. */
function jobsOf(
  complete: readonly CompleteWindow[],
  sources: ReadonlyMap<string, number>,
): readonly { readonly key: string; readonly job: AuditJob }[] {
  const jobs = new Map<string, { readonly key: string; readonly job: AuditJob }>();
  for (const { window } of complete) {
    const lane = { ...laneOf(window), sourceCount: sources.get(window.swimlane) ?? 1 };
    const untilStartMs = window.windowStartMs;
    if (window.revision === 1)
      jobs.set(laneKey(window), {
        key: `${laneKey(window)}|${untilStartMs}`,
        job: { ...lane, untilStartMs },
      });
    else {
      const key = `${laneKey(window)}|${untilStartMs}|r${window.revision}`;
      const { revision } = window;
      jobs.set(key, { key, job: { ...lane, untilStartMs, revisedStartMs: untilStartMs, revision } });
    }
  }
  return [...jobs.values()];
}
