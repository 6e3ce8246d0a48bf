/**
 * From segments to complete windows: adds manifests to their partition's frontier, holds the rows of windows that are
 * still open, and releases a window once every partition that could still bring records to it has passed its end.
 */

import type { LaneRules, LaneWindows } from "../assign/lane.ts";
import type { Clock } from "../base/clock.ts";
import { OperationalError } from "../base/errors.ts";
import { groupBy } from "../base/group-by.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { Manifest, Placed, Segment, SegmentProfile } from "../segment/manifest.ts";
import type { Store } from "../store/contract.ts";
import type { LaneCheckpoint, PartitionCheckpoint, RollupCheckpoint } from "./checkpoint.ts";
import type { CompleteWindow } from "./complete-window.ts";
import { PartitionFrontier } from "./frontier.ts";
import { LaneProgress, laneKey } from "./lane-progress.ts";
import { readAllManifests } from "./manifests.ts";
import { mergeWindow } from "./merge.ts";
import { ownSizes } from "./own-sizes.ts";
import { segmentName } from "./path.ts";
import { Reconciler } from "./reconcile.ts";
import { Revisions } from "./revisions.ts";
import { SilentLanes } from "./silent-lanes.ts";
import { type GroupWatermark, groupWatermark, lower } from "./watermarks.ts";

/** Default of {@link RollupOptions.waitingSegmentsMax}. */
const WAITING_SEGMENTS_MAX = 1_000;
/** Segments of a path that are kept in memory; late data for older ones has them read from the store again. */
const PATH_SEGMENTS_MAX = 5_000;
/** Segments before the path's end that a start reads again: where a successor's other cut may begin. */
const LOOKBACK_SEGMENTS = 64;

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

/** How far each group was at one moment. */
export type WatermarkMoment = ReadonlyMap<string, number>;

export class Rollup {
  readonly reconciler: Reconciler;
  readonly #options: RollupOptions;
  readonly #silent: SilentLanes;
  readonly #frontiers = new Map<string, PartitionFrontier>();
  readonly #groupOfPartition = new Map<string, string>();
  readonly #lanes = new Map<string, LaneProgress>();
  readonly #revisions: Revisions;
  /** Rows of visible segments that no path has reached yet: a second cut of offsets already counted, or beyond a gap. */
  readonly #waiting = new Map<string, readonly SegmentProfile[]>();
  /** Segments on a path whose rows were not at hand. While there are any, no window is released: it might lack them. */
  readonly #unheld = new Map<string, Manifest>();
  readonly #confirmedMs = new Map<string, number>();
  /** Up to where each partition was merged by the process before this one. */
  readonly #mergedOffsets = new Map<string, number>();

  constructor(options: RollupOptions) {
    this.#options = options;
    this.#silent = new SilentLanes(options.silentMsMax);
    const onPath = <Row extends Placed>(rows: readonly Row[]) => this.#onPath(rows);
    this.#revisions = new Revisions({ ...options, onPath });
    this.reconciler = new Reconciler({
      ...options,
      onPath,
      lanes: () => this.#lanes.values(),
      isWalked: (row) => this.#isWalked(row),
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
      this.#groupOfPartition.set(key, this.#options.groupOf(topic));
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
      if (!frontier.has(manifest)) this.#waiting.set(segmentName(manifest), profiles);
    const change = frontier.add(segments.map((segment) => segment.manifest));
    for (const manifest of change.removed) this.#withdraw(manifest);
    for (const manifest of change.added) this.#holdOrMiss(manifest);
    // However many come at once, their rows are at hand: only what no path reaches yet is held to the bound.
    const waitingMax = this.#options.waitingSegmentsMax ?? WAITING_SEGMENTS_MAX;
    for (const name of this.#waiting.keys()) if (this.#waiting.size > waitingMax) this.#waiting.delete(name);
    frontier.trim(PATH_SEGMENTS_MAX);
  }

  /** How far each group is now; to be taken before the broker is asked for its partitions. */
  moment(): WatermarkMoment {
    const moment = new Map<string, number>();
    for (const [group, watermark] of this.#groupWatermarks()) moment.set(group, watermark.ms);
    return moment;
  }

  /** The broker named all partitions of these groups, each of which has a frontier now, at or after that moment. */
  confirm(groups: Iterable<string>, moment: WatermarkMoment): void {
    for (const group of groups) {
      const ms = moment.get(group) ?? Number.NEGATIVE_INFINITY;
      this.#confirmedMs.set(group, Math.max(ms, this.#confirmedMs.get(group) ?? Number.NEGATIVE_INFINITY));
    }
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
    while (this.#unheld.size > 0) await this.#settle();
    const released: CompleteWindow[] = [];
    const watermarks = this.#watermarks();
    const isFull = () => released.length >= windowsMax || (released.length > 0 && isOver());
    for (const lane of this.#lanes.values()) {
      if (isFull()) break;
      this.#releaseLane(lane, this.#watermarkOf(lane, watermarks), released, isFull);
    }
    return released.sort(compareByEnd);
  }

  /** Merges again the windows that late data changed. Their revision goes up. */
  async revise(): Promise<CompleteWindow[]> {
    return (await this.#revisions.take()).sort(compareByEnd);
  }

  /** Lowest watermark over all partitions of a configured source: what its lanes wait for. */
  watermarkMs(group: string): number {
    return this.#watermarks().get(group)?.ms ?? Number.NEGATIVE_INFINITY;
  }

  /** Where it stands; `undefined` while rows are still to be held or windows to be merged again. */
  checkpoint(): RollupCheckpoint | undefined {
    if (this.#unheld.size > 0 || this.#revisions.count > 0) return undefined;
    const lanes = [...this.#lanes.values()].map(laneCheckpoint);
    const openMs = Math.min(...lanes.map((lane) => lane.nextStartMs));
    const partitions = [...this.#frontiers.values()].flatMap((frontier) =>
      partitionCheckpoint(frontier, openMs),
    );
    return { partitions, lanes };
  }

  #restoreLane(lane: LaneCheckpoint): void {
    const { swimlane, source, windowSizeMs, nextStartMs, lastFilledMs } = lane;
    const known = this.#lanes.get(laneKey(lane));
    if (known !== undefined && known.nextStartMs >= nextStartMs) return;
    const progress = new LaneProgress({ swimlane, source }, windowSizeMs, nextStartMs, lastFilledMs, true);
    this.#lanes.set(laneKey(lane), progress);
  }

  #holdOrMiss(manifest: Manifest): void {
    const name = segmentName(manifest);
    const rows = this.#waiting.get(name);
    if (rows === undefined) this.#unheld.set(name, manifest);
    else {
      this.#waiting.delete(name);
      this.#hold(manifest, rows);
    }
  }

  /** Reads and holds the rows of the segments on a path that were not at hand. */
  async #settle(): Promise<void> {
    for (const [name, manifest] of this.#unheld) {
      const [rows] = await this.#options.store.readSegmentProfiles([manifest]);
      if (rows === undefined) throw notReadable(manifest);
      // Meanwhile a better tiling may have replaced it.
      if (this.#unheld.delete(name)) this.#hold(manifest, rows);
    }
  }

  #hold(manifest: Manifest, profiles: readonly SegmentProfile[]): void {
    const place = `${manifest.topic}|${manifest.partition}`;
    const isNews = manifest.endOffset > (this.#mergedOffsets.get(place) ?? 0);
    for (const profile of profiles) {
      const lane = this.#laneOf(profile);
      lane.groups.add(this.#groupOfPartition.get(place)!);
      if (lane.hold({ ...profile, manifest }) || !isNews) continue;
      const { windowStartMs, windowSizeMs } = profile;
      this.#revisions.add({ ...lane.name, windowStartMs, windowSizeMs });
    }
  }

  #withdraw(manifest: Manifest): void {
    const name = segmentName(manifest);
    this.#unheld.delete(name);
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

  #releaseLane(
    lane: LaneProgress,
    watermark: GroupWatermark,
    released: CompleteWindow[],
    isFull: () => boolean,
  ): void {
    const allowedLatenessMs = watermark.final
      ? 0
      : this.#options.lanes.of(lane.name.swimlane).allowedLatenessMs;
    const passedMs = watermark.ms - allowedLatenessMs;
    const mergedAtMs = this.#options.clock.nowMs();
    while (!isFull()) {
      if (this.#silent.isRetired(lane, passedMs)) return;
      const endMs = lane.nextStartMs + lane.windowSizeMs;
      if (endMs > passedMs && !(watermark.final && reachesEnd(lane, passedMs))) return;
      const target = {
        ...lane.name,
        windowStartMs: lane.nextStartMs,
        windowSizeMs: lane.windowSizeMs,
        revision: 1,
        mergedAtMs,
      };
      released.push(mergeWindow(target, lane.release()));
    }
  }

  #groupWatermarks(): Map<string, GroupWatermark> {
    const byGroup = groupBy(this.#frontiers, ([key]) => this.#groupOfPartition.get(key)!);
    return new Map(
      [...byGroup].map(([group, entries]) => [
        group,
        groupWatermark(entries.map(([, frontier]) => frontier)),
      ]),
    );
  }

  #watermarks(): Map<string, GroupWatermark> {
    const watermarks = this.#groupWatermarks();
    if (this.#options.confirmsPartitions !== true) return watermarks;
    for (const [group, { ms, final }] of watermarks) {
      const confirmedMs = this.#confirmedMs.get(group) ?? Number.NEGATIVE_INFINITY;
      if (!final && confirmedMs < ms) watermarks.set(group, { ms: confirmedMs, final });
    }
    return watermarks;
  }

  #watermarkOf(lane: LaneProgress, watermarks: ReadonlyMap<string, GroupWatermark>): GroupWatermark {
    const groups = lane.groups.size > 0 ? [...lane.groups] : [...watermarks.keys()];
    const own = groups.flatMap((group) => watermarks.get(group) ?? []);
    return own.length === 0 ? { ms: Number.NEGATIVE_INFINITY, final: false } : own.reduce(lower);
  }

  /** Whether the path is known where the row's segment lies: a segment beyond its end may be on it in a moment. */
  #isWalked({ manifest }: Placed): boolean {
    const frontier = this.knownFrontier(manifest.topic, manifest.partition);
    if (frontier === undefined) return false;
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

function laneCheckpoint(lane: LaneProgress): LaneCheckpoint {
  const { name, windowSizeMs, nextStartMs, lastFilledMs } = lane;
  return { ...name, windowSizeMs, nextStartMs, lastFilledMs };
}

/** From the first segment that has rows of open windows, and a stretch before the end at least. */
function partitionCheckpoint(frontier: PartitionFrontier, openMs: number): readonly PartitionCheckpoint[] {
  const { topic, partition, path } = frontier;
  if (path.length === 0) return [];
  const open = path.findIndex((manifest) => manifest.eventTimeMaxMs >= openMs);
  const from = Math.max(0, Math.min(open < 0 ? path.length : open, path.length - LOOKBACK_SEGMENTS));
  const before = frontier.eventTimeMaxBefore(from);
  const eventTimeMaxMs = Number.isFinite(before) ? before : null;
  const fromOffset = path[from]?.startOffset ?? frontier.endOffset;
  const totals = frontier.totalsBefore(from);
  return [{ topic, partition, fromOffset, mergedOffset: frontier.endOffset, eventTimeMaxMs, totals }];
}

/**
 * At the end of an input, whether the lane's next window can be taken as whole: the input reaches into its last
 * twentieth, or it holds one record only, as windows do that were counted elsewhere.
 */
function reachesEnd(lane: LaneProgress, lastEventMs: number): boolean {
  const rows = lane.pending.get(lane.nextStartMs);
  if (rows === undefined) return false;
  const recordCount = rows.reduce(
    (sum, row) => (row.kind === "records" ? sum + row.profile.presentCount : sum),
    0,
  );
  return recordCount <= 1 || lane.nextStartMs + lane.windowSizeMs - lastEventMs <= lane.windowSizeMs / 20;
}

function compareByEnd(a: CompleteWindow, b: CompleteWindow): number {
  const left = a.window;
  const right = b.window;
  const byEnd = left.windowStartMs + left.windowSizeMs - (right.windowStartMs + right.windowSizeMs);
  if (byEnd !== 0) return byEnd;
  if (left.swimlane !== right.swimlane) return left.swimlane < right.swimlane ? -1 : 1;
  return left.source < right.source ? -1 : left.source > right.source ? 1 : 0;
}

/** The rows were all readable when the segment was found. */
function notReadable(manifest: Manifest): OperationalError {
  return new OperationalError(
    `the store does not show the rows of segment ${segmentName(manifest)} any more; its windows wait until it does`,
    { code: "ROLLUP_ROWS_NOT_VISIBLE", retryable: true, context: { segment: segmentName(manifest) } },
  );
}
