/** From durable segments to merged windows in the store, and a job for each lane that has something to judge. */
import type { Clock } from "../base/clock.ts";
import { OperationalError } from "../base/errors.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { JobQueue } from "../queue/contract.ts";
import type { CompleteWindow } from "../rollup/complete-window.ts";
import { laneKey } from "../rollup/lane-progress.ts";
import type { Rollup } from "../rollup/rollup.ts";
import type { Segment } from "../segment/manifest.ts";
import type { PartitionEnd, PartitionPosition } from "../source/contract.ts";
import type { Store } from "../store/contract.ts";
import type { AuditJob } from "./audit-service.ts";
import { countBusy } from "./busy.ts";
import type { RecentWindows } from "./recent-windows.ts";

export interface RollupServiceOptions {
  readonly rollup: Rollup;
  readonly store: Store;
  readonly recent: RecentWindows;
  readonly audits: JobQueue<AuditJob>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** How long a partition must have had nothing to read before the clock stands in for its records, ms. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** Windows merged and written in one step. */
const WINDOWS_PER_STEP = 2_000;
/** Path segments before the newest that are read again: where a successor's other cut of the same offsets may begin. */
const PATH_LOOKBACK = 64;
/** Polls between two looks at all manifests of a partition. */
const FULL_LOOK_EVERY = 60;

export class RollupService {
  readonly #options: RollupServiceOptions;
  /** Since when each partition has had nothing to read and nothing new. */
  readonly #idle = new Map<string, { readonly endOffset: number; readonly sinceMs: number }>();
  #polls = 0;

  constructor(options: RollupServiceOptions) {
    this.#options = options;
  }

  /** Partitions that will be read: none of their lanes' windows is complete before all of them say so. */
  expect(positions: readonly PartitionPosition[]): void {
    for (const { topic, partition, offset } of positions)
      this.#options.rollup.frontier(topic, partition, offset);
  }

  /** Takes segments that this process has just written. */
  async take(segments: readonly Segment[]): Promise<void> {
    for (const group of byPartition(segments)) {
      const { topic, partition } = group[0]!.manifest;
      await this.#options.rollup.add(topic, partition, group);
    }
  }

  /** Reads what other processes have written since the last poll. Segments with rows still invisible wait for the next. */
  async poll(): Promise<void> {
    const { store, rollup } = this.#options;
    const everything = this.#polls++ % FULL_LOOK_EVERY === 0;
    for (const { topic, partition } of await store.readPartitions()) {
      const known = [...rollup.frontiers].find((f) => f.topic === topic && f.partition === partition);
      const from = everything ? 0 : (known?.path.at(-PATH_LOOKBACK)?.startOffset ?? 0);
      const manifests = await store.readManifests(topic, partition, from);
      const fresh = manifests.filter((manifest) => known?.has(manifest) !== true);
      if (fresh.length === 0) continue;
      const rows = await store.readSegmentProfiles(fresh);
      const visible = fresh.flatMap((manifest, i) =>
        rows[i] === undefined ? [] : [{ manifest, profiles: rows[i] }],
      );
      await rollup.add(topic, partition, visible);
    }
  }

  /**
   * The idle rule: when the broker says, just now, that nothing is left to read of a partition, and has said so for the
   * idle time-out, its watermark follows the clock. A broker that cannot be reached moves nothing.
   */
  observeEnds(ends: readonly PartitionEnd[]): void {
    const { clock, idleTimeoutMs } = this.#options;
    const nowMs = clock.nowMs();
    for (const end of ends) {
      const frontier = this.#options.rollup.frontier(end.topic, end.partition, end.startOffset);
      const key = `${end.topic}|${end.partition}`;
      const known = this.#idle.get(key);
      const quiet = frontier.endOffset >= end.endOffset && known?.endOffset === end.endOffset;
      if (!quiet) this.#idle.set(key, { endOffset: end.endOffset, sinceMs: nowMs });
      else if (nowMs - known.sinceMs >= idleTimeoutMs) frontier.idleWatermarkMs = nowMs - idleTimeoutMs;
    }
  }

  /** Merges and writes the windows that are complete, and asks for their audit. Returns how many there were. */
  async release(): Promise<number> {
    let count = 0;
    while (!this.#options.signal.aborted) {
      const startMs = performance.now();
      const complete = this.#options.rollup.releaseComplete(WINDOWS_PER_STEP);
      countBusy(this.#options.telemetry, "merge", startMs);
      if (complete.length === 0) break;
      await this.#write(complete);
      await this.#options.audits.addAll(jobsOf(complete));
      count += complete.length;
    }
    return count + (await this.#revise());
  }

  async #revise(): Promise<number> {
    const revised = await this.#options.rollup.revise();
    if (revised.length === 0) return 0;
    await this.#write(revised);
    const jobs = revised.map(({ window }) => ({
      key: `${laneKey(window)}|${window.windowStartMs}|r${window.revision}`,
      job: { ...laneOf(window), untilStartMs: window.windowStartMs, revisedStartMs: window.windowStartMs },
    }));
    await this.#options.audits.addAll(jobs);
    this.#options.telemetry
      .counter("rollup_revisions_total", "Windows merged again because of late data")
      .inc(revised.length);
    return revised.length;
  }

  async #write(complete: readonly CompleteWindow[]): Promise<void> {
    const { store, recent, telemetry } = this.#options;
    try {
      await store.writeWindows(
        complete.map(({ window }) => window),
        complete.flatMap(({ profiles }) => profiles),
      );
    } catch (error) {
      throw new OperationalError(
        "merged windows could not be written; the process must restart and merge them again",
        {
          code: "ROLLUP_WRITE_FAILED",
          retryable: false,
          cause: error,
        },
      );
    }
    recent.add(complete.filter(({ window }) => window.revision === 1));
    telemetry.counter("rollup_windows_total", "Windows merged and written").inc(complete.length);
  }
}

function laneOf(window: CompleteWindow["window"]) {
  return { swimlane: window.swimlane, source: window.source, windowSizeMs: window.windowSizeMs };
}

/** One job a lane: it judges all windows up to the newest. */
function jobsOf(
  complete: readonly CompleteWindow[],
): readonly { readonly key: string; readonly job: AuditJob }[] {
  const jobs = new Map<string, AuditJob>();
  for (const { window } of complete)
    jobs.set(laneKey(window), { ...laneOf(window), untilStartMs: window.windowStartMs });
  return [...jobs].map(([lane, job]) => ({ key: `${lane}|${job.untilStartMs}`, job }));
}

function byPartition(segments: readonly Segment[]): Iterable<Segment[]> {
  const groups = new Map<string, Segment[]>();
  for (const segment of segments) {
    const key = `${segment.manifest.topic}|${segment.manifest.partition}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [segment]);
    else group.push(segment);
  }
  return groups.values();
}
