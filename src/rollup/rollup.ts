/**
 * From segments to complete windows: adds manifests to their partition's frontier, holds the rows of windows that are
 * still open, and releases a window once every partition that could still bring records to it has passed its end.
 */
import type { LaneRules, LaneWindows } from "../assign/lane.ts";
import { windowStartMs } from "../assign/window.ts";
import type { Clock } from "../base/clock.ts";
import { invariant } from "../base/errors.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { Manifest, Segment, SegmentProfile } from "../segment/manifest.ts";
import type { LaneRow, Store, WindowRow } from "../store/contract.ts";
import type { CompleteWindow } from "./complete-window.ts";
import { PartitionFrontier } from "./frontier.ts";
import { LaneProgress, laneKey } from "./lane-progress.ts";
import { mergeWindow, type PlacedProfile } from "./merge.ts";
import { segmentName } from "./path.ts";

/** Most segments whose rows are kept while no path reaches them; past it they are read from the store again. */
const WAITING_SEGMENTS_MAX = 1_000;

/** Silent windows after which a lane is retired: at least, and at most, whatever `silentMsMax` makes of its window size. */
const SILENT_WINDOWS_MIN = 48;
const SILENT_WINDOWS_MAX = 3_000;

export interface RollupOptions {
  readonly store: Store;
  readonly lanes: LaneRules<LaneWindows>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The configured source that reads a topic. */
  readonly groupOf: (topic: string) => string;
  /** How long a lane may be silent before it counts as retired and is no longer filled with zeros. @default 14 days */
  readonly silentMsMax?: number;
}

/** A window that late data changed after it was released. */
interface Revision {
  readonly lane: LaneProgress;
  readonly startMs: number;
}

export class Rollup {
  readonly #options: RollupOptions;
  readonly #silentMsMax: number;
  readonly #frontiers = new Map<string, PartitionFrontier>();
  readonly #lanes = new Map<string, LaneProgress>();
  readonly #revisions = new Map<string, Revision>();
  /** Rows of visible segments that no path has reached yet: a second cut of offsets already counted, or beyond a gap. */
  readonly #waiting = new Map<string, readonly SegmentProfile[]>();
  #addsRunning = 0;
  readonly #groupOfPartition = new Map<string, string>();

  constructor(options: RollupOptions) {
    this.#options = options;
    this.#silentMsMax = options.silentMsMax ?? 14 * 86_400_000;
  }

  get frontiers(): Iterable<PartitionFrontier> {
    return this.#frontiers.values();
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
   * Starts where the store's merged windows end: their lanes, the paths of the last `sinceMs`, and the rows of windows
   * that were still open. To be called once, before the first segment is added.
   * @returns the lanes that the store knows.
   */
  async restore(sinceMs = Number.NEGATIVE_INFINITY): Promise<ReadonlySet<string>> {
    const { store } = this.#options;
    for (const row of this.#ownSizes(await store.readLanes())) {
      const lane = new LaneProgress(
        row,
        row.windowSizeMs,
        row.lastWindowMs + row.windowSizeMs,
        row.lastWindowMs,
        true,
      );
      this.#lanes.set(laneKey(row), lane);
    }
    const known = new Set(this.#lanes.keys());
    // Before the first window is merged all of them are open.
    const nextStarts = [...this.#lanes.values()].map((lane) => lane.nextStartMs);
    const openMs = nextStarts.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...nextStarts);
    for (const { topic, partition } of await store.readPartitions()) {
      const manifests = (await store.readManifests(topic, partition, 0)).filter(
        (m) => !(m.startedAtMs < sinceMs),
      );
      if (manifests.length === 0) continue;
      const frontier = this.frontier(topic, partition, manifests[0]!.startOffset);
      for (const manifest of frontier.add(manifests).added) {
        if (manifest.rowCount === 0 || !(manifest.eventTimeMaxMs >= openMs)) continue;
        const rows = (await this.#rowsOf(manifest)).filter(
          (row) => row.windowStartMs >= this.#laneOf(row).nextStartMs,
        );
        this.#hold(manifest, rows, this.#options.groupOf(topic));
      }
    }
    return known;
  }

  /** Rows of the size that a lane's records are cut to: the smallest there is, or the configured one where it is among them. */
  #ownSizes(rows: readonly LaneRow[]): Iterable<LaneRow> {
    const own = new Map<string, LaneRow>();
    for (const row of rows) {
      const known = own.get(laneKey(row));
      const { windowSizeMs } = this.#options.lanes.of(row.swimlane);
      const smaller = known === undefined || row.windowSizeMs < known.windowSizeMs;
      if (row.windowSizeMs === windowSizeMs || (smaller && known?.windowSizeMs !== windowSizeMs))
        own.set(laneKey(row), row);
    }
    return own.values();
  }

  /** At the end of a finite input: these partitions will bring no more. */
  finish(topics: ReadonlySet<string>): void {
    for (const frontier of this.#frontiers.values()) if (topics.has(frontier.topic)) frontier.finished = true;
  }

  /** Takes segments of one partition, all of whose rows are visible. Rows of those off the path wait until it reaches them. */
  async add(topic: string, partition: number, segments: readonly Segment[]): Promise<void> {
    if (segments.length === 0) return;
    this.#addsRunning++;
    try {
      const startOffset = Math.min(...segments.map((segment) => segment.manifest.startOffset));
      const frontier = this.frontier(topic, partition, startOffset);
      const change = frontier.add(segments.map((segment) => segment.manifest));
      for (const manifest of change.removed) this.#withdraw(manifest);
      const group = this.#options.groupOf(topic);
      // However many come at once, their rows are at hand: only what no path reaches yet is put by, within its bound.
      const atHand = new Map(segments.map(({ manifest, profiles }) => [segmentName(manifest), profiles]));
      for (const manifest of change.added) {
        const rows = atHand.get(segmentName(manifest)) ?? (await this.#rowsOf(manifest));
        this.#hold(manifest, rows, group);
      }
      for (const segment of segments) if (!frontier.isOnPath(segment.manifest)) this.#keepWaiting(segment);
    } finally {
      this.#addsRunning--;
    }
  }

  /** Windows that are complete now, oldest first over all lanes, each lane's in order. At most `windowsMax` of them. */
  releaseComplete(windowsMax = Number.POSITIVE_INFINITY): CompleteWindow[] {
    // The watermark rises before all rows below it are held: a window released in between would lack records.
    if (this.#addsRunning > 0) return [];
    const released: CompleteWindow[] = [];
    const watermarks = this.#watermarks();
    for (const lane of this.#lanes.values()) {
      this.#releaseLane(lane, this.#watermarkOf(lane, watermarks), released, windowsMax);
    }
    return released.sort(compareByEnd);
  }

  /** Merges again the windows that late data changed, and forgets them. Their revision goes up. */
  async revise(): Promise<CompleteWindow[]> {
    const revisions = [...this.#revisions.values()];
    this.#revisions.clear();
    const revised: CompleteWindow[] = [];
    for (const { lane, startMs } of revisions) {
      const rows = await this.#options.store.readSegmentProfilesOfWindow(
        lane.name.swimlane,
        lane.name.source,
        startMs,
      );
      const onPath = rows.filter((row) => this.#isOnPath(row));
      const [known] = await this.#options.store.readWindows({
        ...lane.name,
        windowSizeMs: lane.windowSizeMs,
        sinceMs: startMs,
        untilMs: startMs + 1,
      });
      const revision = (known?.revision ?? 0) + 1;
      const merged = mergeWindow(
        {
          ...lane.name,
          windowStartMs: startMs,
          windowSizeMs: lane.windowSizeMs,
          revision,
          mergedAtMs: this.#options.clock.nowMs(),
        },
        onPath,
      );
      if (merged.window.recordCount === known?.recordCount) continue;
      if (known !== undefined && merged.window.recordCount < known.recordCount)
        this.#refuseLoss(known, merged);
      else revised.push(merged);
    }
    return revised.sort(compareByEnd);
  }

  /** The segments that a window was merged from can be gone (retention, a replay's store): it stays as it was. */
  #refuseLoss(known: WindowRow, { window }: CompleteWindow): void {
    const message =
      "a window is not merged again: late records came after the rows of its earlier segments had expired. It stays as it was.";
    const { telemetry } = this.#options;
    telemetry
      .counter("rollup_revisions_refused_total", "Windows not merged again: rows of theirs had expired")
      .inc();
    const { swimlane, source, windowStartMs, recordCount } = known;
    telemetry.log("warn", message, {
      swimlane,
      source,
      windowStartMs,
      recordCount,
      found: window.recordCount,
    });
  }

  /** Lowest watermark over all partitions of a configured source: what its lanes wait for. */
  watermarkMs(group: string): number {
    return this.#watermarks().get(group)?.ms ?? Number.NEGATIVE_INFINITY;
  }

  #keepWaiting(segment: Segment): void {
    this.#waiting.set(segmentName(segment.manifest), segment.profiles);
    if (this.#waiting.size > WAITING_SEGMENTS_MAX) this.#waiting.delete(this.#waiting.keys().next().value!);
  }

  async #rowsOf(manifest: Manifest): Promise<readonly SegmentProfile[]> {
    const name = segmentName(manifest);
    const waiting = this.#waiting.get(name);
    this.#waiting.delete(name);
    if (waiting !== undefined) return waiting;
    const [rows] = await this.#options.store.readSegmentProfiles([manifest]);
    invariant(rows !== undefined, `segment ${name} was visible and now is not`);
    return rows;
  }

  #hold(manifest: Manifest, profiles: readonly SegmentProfile[], group: string): void {
    for (const profile of profiles) {
      const lane = this.#laneOf(profile);
      lane.groups.add(group);
      if (lane.hold({ ...profile, manifest })) continue;
      this.#revisions.set(`${laneKey(profile)}|${profile.windowStartMs}`, {
        lane,
        startMs: profile.windowStartMs,
      });
    }
  }

  #withdraw(manifest: Manifest): void {
    const name = segmentName(manifest);
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
    windowsMax: number,
  ): void {
    const allowedLatenessMs = watermark.final
      ? 0
      : this.#options.lanes.of(lane.name.swimlane).allowedLatenessMs;
    const passedMs = watermark.ms - allowedLatenessMs;
    const mergedAtMs = this.#options.clock.nowMs();
    while (released.length < windowsMax) {
      if (this.#isRetired(lane, passedMs)) return;
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

  /** A lane that was silent for long is no longer filled with zeros; it goes on at the next window with records. */
  #isRetired(lane: LaneProgress, passedMs: number): boolean {
    const silentMs = lane.nextStartMs - lane.lastFilledMs;
    if (silentMs <= this.#silentLimitMs(lane) || lane.pending.has(lane.nextStartMs)) return false;
    lane.skipSilence();
    if (lane.pending.has(lane.nextStartMs)) return false;
    lane.nextStartMs = Math.max(lane.nextStartMs, windowStartMs(passedMs, lane.windowSizeMs));
    return true;
  }

  /** Long enough in windows of any size to be told of, never so long that a dead lane of short windows costs much. */
  #silentLimitMs({ windowSizeMs }: LaneProgress): number {
    const windows = Math.min(
      SILENT_WINDOWS_MAX,
      Math.max(SILENT_WINDOWS_MIN, this.#silentMsMax / windowSizeMs),
    );
    return windows * windowSizeMs;
  }

  #watermarks(): Map<string, GroupWatermark> {
    const watermarks = new Map<string, GroupWatermark>();
    const groups = new Set(this.#groupOfPartition.values());
    for (const group of groups) {
      const frontiers = [...this.#frontiers]
        .filter(([key]) => this.#groupOfPartition.get(key) === group)
        .map(([, f]) => f);
      watermarks.set(group, groupWatermark(frontiers));
    }
    return watermarks;
  }

  #watermarkOf(lane: LaneProgress, watermarks: ReadonlyMap<string, GroupWatermark>): GroupWatermark {
    const groups = lane.groups.size > 0 ? [...lane.groups] : [...watermarks.keys()];
    const own = groups.map(
      (group) => watermarks.get(group) ?? { ms: Number.NEGATIVE_INFINITY, final: false },
    );
    return own.reduce((low, next) => (next.ms < low.ms ? next : low), {
      ms: Number.POSITIVE_INFINITY,
      final: false,
    });
  }

  #isOnPath(row: PlacedProfile): boolean {
    return (
      this.#frontiers.get(`${row.manifest.topic}|${row.manifest.partition}`)?.isOnPath(row.manifest) ?? false
    );
  }
}

/** How far a configured source has come. `final`: its input has ended, nothing more is to be waited for. */
interface GroupWatermark {
  readonly ms: number;
  readonly final: boolean;
}

function groupWatermark(frontiers: readonly PartitionFrontier[]): GroupWatermark {
  const running = frontiers.filter((frontier) => !frontier.finished).map((frontier) => frontier.watermarkMs);
  if (running.length > 0) return { ms: Math.min(...running), final: false };
  return {
    ms: Math.max(Number.NEGATIVE_INFINITY, ...frontiers.map((frontier) => frontier.watermarkMs)),
    final: true,
  };
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
