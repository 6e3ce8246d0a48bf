/**
 * From segments to complete windows: adds manifests to their partition's frontier, holds the rows of windows that are
 * still open, and releases a window once every partition that could still bring records to it has passed its end.
 */

import type { LaneRules, LaneWindows } from "../assign/lane.ts";
import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { Manifest, Placed, Segment, SegmentProfile } from "../segment/manifest.ts";
import type { Store } from "../store/contract.ts";
import { checkpointOf, type LaneCheckpoint, type RollupCheckpoint } from "./checkpoint.ts";
import type { CompleteWindow } from "./complete-window.ts";
import { PartitionFrontier } from "./frontier.ts";
import { LaneProgress, laneKey } from "./lane-progress.ts";
import { readAllManifests } from "./manifests.ts";
import { ownSizes } from "./own-sizes.ts";
import { segmentName } from "./path.ts";
import { Reconciler } from "./reconcile.ts";
import { compareByEnd, type Releasing, releaseLane } from "./release.ts";
import { Revisions } from "./revisions.ts";
import { SegmentRows } from "./segment-rows.ts";
import { SilentLanes } from "./silent-lanes.ts";
import { SourceWatermarks, type WatermarkMoment, watermarkOf } from "./watermarks.ts";

/** Default of {@link RollupOptions.waitingSegmentsMax}. */
const WAITING_SEGMENTS_MAX = 1_000;
/** Segments of a path that are kept in memory; late data for older ones has them read from the store again. */
const PATH_SEGMENTS_MAX = 5_000;

export interface RollupOptions {
  readonly store: Store;
  readonly lanes: LaneRules<LaneWindows>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The configured source that reads a topic. */
  readonly groupOf: (topic: string) => string;
  /** How long a lane may be silent before it counts as retired and is no longer filled with zeros. @default 14 days */
  readonly silentMsMax?: number;
  /**
   * Release nothing that the broker was not asked about ({@link Rollup.confirm}): partitions may be added while
   * running. False for a finite input, whose partitions are known. @default false
   */
  readonly confirmsPartitions?: boolean;
  /** Most segments whose rows are kept while no path reaches them; past it they are read from the store again. @default 1000 */
  readonly waitingSegmentsMax?: number;
}

export class Rollup {
  readonly reconciler: Reconciler;
  readonly #options: RollupOptions;
  readonly #silent: SilentLanes;
  readonly #frontiers = new Map<string, PartitionFrontier>();
  readonly #lanes = new Map<string, LaneProgress>();
  readonly #revisions: Revisions;
  readonly #rows: SegmentRows;
  readonly #watermarks: SourceWatermarks;
  /** Up to where each partition was merged by the process before this one. */
  readonly #mergedOffsets = new Map<string, number>();

  constructor(options: RollupOptions) {
    this.#options = options;
    this.#rows = new SegmentRows(options.store, (manifest, rows) => this.#hold(manifest, rows));
    this.#silent = new SilentLanes(options.silentMsMax);
    this.#watermarks = new SourceWatermarks({
      frontiers: () => this.#frontiers.values(),
      groupOf: options.groupOf,
      confirmsPartitions: options.confirmsPartitions === true,
    });
    const onPath = <Row extends Placed>(rows: readonly Row[]) => this.#onPath(rows);
    this.#revisions = new Revisions({ ...options, onPath });
    this.reconciler = new Reconciler({
      ...options,
      onPath,
      lanes: () => this.#lanes.values(),
      isComparable: (row) => this.#isComparable(row),
      isLate: () => this.#revisions.count > 0,
    });
  }

  get frontiers(): Iterable<PartitionFrontier> {
    return this.#frontiers.values();
  }

  get lanes(): Iterable<LaneProgress> {
    return this.#lanes.values();
  }

  get revisions(): Revisions {
    return this.#revisions;
  }

  knownFrontier(topic: string, partition: number): PartitionFrontier | undefined {
    return this.#frontiers.get(`${topic}|${partition}`);
  }

  /** Windows that have records and are not released yet. */
  get open(): { readonly windowCount: number; readonly recordCount: number } {
    let windowCount = 0;
    let recordCount = 0;
    for (const { pending } of this.#lanes.values()) {
      windowCount += pending.size;
      for (const rows of pending.values())
        for (const { kind, profile } of rows) if (kind === "records") recordCount += profile.presentCount;
    }
    return { windowCount, recordCount };
  }

  /** The frontier of a partition, made on first sight; its tiling begins at `startOffset`. */
  frontier(topic: string, partition: number, startOffset: number): PartitionFrontier {
    const key = `${topic}|${partition}`;
    let frontier = this.#frontiers.get(key);
    if (frontier === undefined) {
      frontier = new PartitionFrontier(topic, partition, startOffset);
      this.#frontiers.set(key, frontier);
    }
    return frontier;
  }

  /**
   * Starts where the store's merged windows end, and each partition where the checkpoint says. The segments from there
   * on come by {@link Rollup.add}, like all that follow. To be called before the first segment is added; may be repeated.
   * @returns the lanes that the store knows.
   */
  async restore(checkpoint: RollupCheckpoint | undefined): Promise<ReadonlySet<string>> {
    const { store, lanes } = this.#options;
    const rows = ownSizes(await store.readLanes(), (swimlane) => lanes.of(swimlane).windowSizeMs);
    for (const lane of checkpoint?.lanes ?? []) this.#restoreLane(lane);
    for (const row of rows)
      this.#restoreLane({
        ...row,
        nextStartMs: row.lastWindowMs + row.windowSizeMs,
        lastFilledMs: row.lastWindowMs,
      });
    for (const part of checkpoint?.partitions ?? []) {
      const { topic, partition, fromOffset, mergedOffset, eventTimeMaxMs, totals } = part;
      const frontier = this.frontier(topic, partition, fromOffset);
      frontier.resume(fromOffset, eventTimeMaxMs ?? Number.NEGATIVE_INFINITY, totals);
      this.#mergedOffsets.set(`${topic}|${partition}`, mergedOffset);
    }
    return new Set(this.#lanes.keys());
  }

  /** At the end of a finite input: these partitions will bring no more. */
  finish(topics: ReadonlySet<string>): void {
    for (const frontier of this.#frontiers.values()) if (topics.has(frontier.topic)) frontier.finished = true;
  }

  /**
   * Takes segments of one partition, all of whose rows are visible. Rows of those off the path wait until it reaches
   * them; rows that are no longer at hand then are read by {@link releaseComplete}.
   */
  add(topic: string, partition: number, segments: readonly Segment[]): void {
    if (segments.length === 0) return;
    const startOffset = Math.min(...segments.map((segment) => segment.manifest.startOffset));
    const frontier = this.frontier(topic, partition, startOffset);
    for (const { manifest, profiles } of segments)
      if (!frontier.has(manifest)) this.#rows.wait(manifest, profiles);
    const change = frontier.add(segments.map((segment) => segment.manifest));
    for (const manifest of change.removed) this.#withdraw(manifest);
    for (const manifest of change.added) this.#rows.reached(manifest);
    // However many come at once, their rows are at hand: only what no path reaches yet is held to the bound.
    this.#rows.forgetBeyond(this.#options.waitingSegmentsMax ?? WAITING_SEGMENTS_MAX);
    frontier.trim(PATH_SEGMENTS_MAX);
  }

  /** See {@link SourceWatermarks.moment}. */
  moment(): WatermarkMoment {
    return this.#watermarks.moment();
  }

  /** See {@link SourceWatermarks.confirm}. */
  confirm(groups: Iterable<string>, moment: WatermarkMoment): void {
    this.#watermarks.confirm(groups, moment);
  }

  /**
   * Windows that are complete now, oldest first over all lanes, each lane's in order. At most `windowsMax` of them,
   * and from the second on only until `isOver`: the rest the next time.
   * Rejects while the store does not give the rows of a segment on a path: nothing is released without them.
   */
  async releaseComplete(
    windowsMax = Number.POSITIVE_INFINITY,
    isOver: () => boolean = () => false,
  ): Promise<CompleteWindow[]> {
    // The watermark rises before all rows below it are held: a window released in between would lack records.
    await this.#rows.settle();
    const released: CompleteWindow[] = [];
    const watermarks = this.#watermarks.now();
    const mergedAtMs = this.#options.clock.nowMs();
    const isRetired: Releasing["isRetired"] = (lane, passedMs) => this.#silent.isRetired(lane, passedMs);
    const isFull = () => released.length >= windowsMax || (released.length > 0 && isOver());
    for (const lane of this.#lanes.values()) {
      if (isFull()) break;
      const { allowedLatenessMs } = this.#options.lanes.of(lane.name.swimlane);
      const watermark = watermarkOf(lane.groups, watermarks);
      releaseLane(lane, { watermark, allowedLatenessMs, mergedAtMs, isRetired, isFull }, released);
    }
    return released.sort(compareByEnd);
  }

  /** Merges again the windows that late data changed. Their revision goes up. */
  async revise(): Promise<CompleteWindow[]> {
    return (await this.#revisions.take()).sort(compareByEnd);
  }

  /** Lowest watermark over all partitions of a configured source: what its lanes wait for. */
  watermarkMs(group: string): number {
    return this.#watermarks.now().get(group)?.ms ?? Number.NEGATIVE_INFINITY;
  }

  /** Where it stands; `undefined` while rows are still to be held or windows to be merged again. */
  checkpoint(): RollupCheckpoint | undefined {
    if (this.#rows.unheldCount > 0 || this.#revisions.count > 0) return undefined;
    return checkpointOf(this.#frontiers.values(), this.#lanes.values());
  }

  #restoreLane(lane: LaneCheckpoint): void {
    const { swimlane, source, windowSizeMs, nextStartMs, lastFilledMs } = lane;
    const known = this.#lanes.get(laneKey(lane));
    if (known !== undefined && known.nextStartMs >= nextStartMs) return;
    const progress = new LaneProgress({ swimlane, source }, windowSizeMs, nextStartMs, lastFilledMs, true);
    this.#lanes.set(laneKey(lane), progress);
  }

  #hold(manifest: Manifest, profiles: readonly SegmentProfile[]): void {
    const place = `${manifest.topic}|${manifest.partition}`;
    const group = this.#options.groupOf(manifest.topic);
    const isNews = manifest.endOffset > (this.#mergedOffsets.get(place) ?? 0);
    for (const profile of profiles) {
      const lane = this.#laneOf(profile);
      lane.groups.add(group);
      if (lane.hold({ ...profile, manifest }) || !isNews) continue;
      const { windowStartMs, windowSizeMs } = profile;
      this.#revisions.add({ ...lane.name, windowStartMs, windowSizeMs });
    }
  }

  #withdraw(manifest: Manifest): void {
    const name = segmentName(manifest);
    this.#rows.withdrawn(manifest);
    for (const lane of this.#lanes.values()) lane.withdraw((row) => segmentName(row.manifest) === name);
  }

  #laneOf(row: SegmentProfile): LaneProgress {
    const key = laneKey(row);
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      const name = { swimlane: row.swimlane, source: row.source };
      lane = new LaneProgress(name, row.windowSizeMs, row.windowStartMs, row.windowStartMs);
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  /**
   * Whether the path is known where the row's segment lies: a segment beyond its end may be on it in a moment, and of one
   * in which another reader found records lost, its window may hold them.
   */
  #isComparable({ manifest }: Placed): boolean {
    const frontier = this.knownFrontier(manifest.topic, manifest.partition);
    if (frontier === undefined || frontier.hasLossWithin(manifest)) return false;
    return manifest.startOffset >= frontier.startOffset && manifest.endOffset <= frontier.endOffset;
  }

  /**
   * The rows whose segments are on a path, which is read back from the store where memory does not reach so far. Only
   * what an earlier process walked or was trimmed is: of all else the rows have yet to be held, by {@link add}.
   */
  async #onPath<Row extends Placed>(rows: readonly Row[]): Promise<readonly Row[]> {
    const asked = new Set<PartitionFrontier>();
    for (const row of rows) {
      const { topic, partition, startOffset } = row.manifest;
      const frontier = this.knownFrontier(topic, partition);
      if (frontier === undefined || startOffset >= frontier.floorOffset || asked.has(frontier)) continue;
      asked.add(frontier);
      frontier.extendBack(await readAllManifests(this.#options.store, topic, partition, 0));
    }
    return rows.filter(
      ({ manifest }) => this.knownFrontier(manifest.topic, manifest.partition)?.isOnPath(manifest) ?? false,
    );
  }
}
