/** How far the truth of one partition reaches: its manifests, the path through them, and what the path's end implies. */
import type { Manifest } from "../segment/manifest.ts";
import { findPath, findPathTo, segmentName } from "./path.ts";
import { addSegments, emptyTotals, type PathTotals } from "./path-totals.ts";

/** What changed on a partition's path when manifests arrived. */
export interface PathChange {
  readonly added: readonly Manifest[];
  /** Segments that a better tiling replaced; their windows are to be merged again. */
  readonly removed: readonly Manifest[];
}

const NO_CHANGE: PathChange = { added: [], removed: [] };

export class PartitionFrontier {
  readonly topic: string;
  readonly partition: number;
  #startOffset: number;
  /** Nothing before it is walked here: it was counted and merged by an earlier process, or trimmed. */
  #floorOffset = 0;
  /** Lowest segment that is known to exist, though its rows may not be readable yet. */
  #sightedOffset = Number.POSITIVE_INFINITY;
  /** Furthest end of any segment that is known to exist. */
  #sightedEndOffset = 0;
  readonly #candidates = new Map<string, Manifest>();
  #path: Manifest[] = [];
  #onPath = new Set<string>();
  /** Those of the path in which records are counted as lost: few, or none. */
  #withLosses: Manifest[] = [];
  /** Sums over what lies before the path kept here. */
  #counted: PathTotals | undefined;
  #eventTimeMaxMs = Number.NEGATIVE_INFINITY;
  /** The same of what lies before `startOffset`. */
  #eventTimeMaxBeforeMs = Number.NEGATIVE_INFINITY;
  /** Set by the idle rule: a partition with nothing left to read follows the clock. */
  idleWatermarkMs = Number.NEGATIVE_INFINITY;
  /** Set at the end of a finite input, and for topics that are no longer read: it holds no window back. */
  finished = false;

  constructor(topic: string, partition: number, startOffset: number) {
    this.topic = topic;
    this.partition = partition;
    this.#startOffset = startOffset;
  }

  get path(): readonly Manifest[] {
    return this.#path;
  }

  /** First offset that the path here accounts for. */
  get startOffset(): number {
    return this.#startOffset;
  }

  /** Nothing before it is walked here, whatever the store has: an earlier process counted it, or it was trimmed. */
  get floorOffset(): number {
    return this.#floorOffset;
  }

  /** One past the last offset that the path accounts for. */
  get endOffset(): number {
    return this.#path.at(-1)?.endOffset ?? this.#startOffset;
  }

  /** True while segments are known further on that no path reaches: one that is missing may begin far back. */
  get isStuck(): boolean {
    return this.#sightedEndOffset > this.endOffset;
  }

  /** No on-time record of this partition is older. Epoch milliseconds; −Infinity before the first record. */
  get watermarkMs(): number {
    return Math.max(this.#eventTimeMaxMs, this.idleWatermarkMs);
  }

  /** Highest event time among the records before the path's segment `index`. */
  eventTimeMaxBefore(index: number): number {
    const path = this.#path.slice(0, index).map(({ eventTimeMaxMs }) => eventTimeMaxMs);
    return path.reduce((max, ms) => Math.max(ms, max), this.#eventTimeMaxBeforeMs);
  }

  /** Sums over the whole path, with what was trimmed or counted by an earlier process. */
  get totals(): PathTotals {
    return this.totalsBefore(this.#path.length);
  }

  /** The same of what lies before the path's segment `index`. */
  totalsBefore(index: number): PathTotals {
    return addSegments(this.#counted ?? emptyTotals(this.#startOffset), this.#path.slice(0, index));
  }

  /** True for a segment that was added already, on the path or not. */
  has(manifest: Manifest): boolean {
    return this.#candidates.has(segmentName(manifest));
  }

  isOnPath(manifest: Parameters<typeof segmentName>[0]): boolean {
    return this.#onPath.has(segmentName(manifest));
  }

  /** True where the path counts records as lost that lie within the segment: whoever wrote it may have read them in time. */
  hasLossWithin({ startOffset, endOffset }: Pick<Manifest, "startOffset" | "endOffset">): boolean {
    return this.#withLosses.some((lost) => lost.startOffset < endOffset && lost.endOffset > startOffset);
  }

  /** Goes on where an earlier process was: its path ended at or after `fromOffset`. */
  resume(fromOffset: number, eventTimeMaxMs: number, totals = emptyTotals(fromOffset)): void {
    this.#counted = totals;
    this.#startOffset = fromOffset;
    this.#floorOffset = fromOffset;
    this.#eventTimeMaxMs = eventTimeMaxMs;
    this.#eventTimeMaxBeforeMs = eventTimeMaxMs;
  }

  /**
   * Manifests that exist. The tiling begins at the first of them, readable or not: the store keeps segments for a while
   * only, and a group may have begun to read in the middle of the log.
   */
  sight(manifests: readonly Manifest[]): void {
    for (const { startOffset, endOffset } of manifests) {
      if (startOffset < this.#floorOffset) continue;
      this.#sightedOffset = Math.min(this.#sightedOffset, startOffset);
      this.#sightedEndOffset = Math.max(this.#sightedEndOffset, endOffset);
    }
    if (!Number.isFinite(this.#sightedOffset) || this.#floorOffset > 0) return;
    if (this.#path.length === 0 || this.#sightedOffset < this.#startOffset)
      this.#startOffset = this.#sightedOffset;
  }

  /** Takes manifests whose rows can all be read. */
  add(manifests: readonly Manifest[]): PathChange {
    const fresh = manifests.filter(
      (manifest) => manifest.startOffset >= this.#floorOffset && !this.#candidates.has(segmentName(manifest)),
    );
    if (fresh.length === 0) return NO_CHANGE;
    this.sight(fresh);
    for (const manifest of fresh) this.#candidates.set(segmentName(manifest), manifest);
    return this.#extend(fresh) ?? this.#walkAgain();
  }

  /** Puts the path that an earlier process walked before this one's start, from the store's manifests. */
  extendBack(manifests: readonly Manifest[]): void {
    const first = manifests[0];
    if (first === undefined || first.startOffset >= this.#startOffset) return;
    const before = manifests.filter(({ endOffset }) => endOffset <= this.#startOffset);
    const path = findPathTo(before, first.startOffset, this.#startOffset);
    if (path === undefined) return;
    for (const manifest of path) {
      this.#candidates.set(segmentName(manifest), manifest);
      this.#onPath.add(segmentName(manifest));
      if (manifest.outcomes.lost > 0) this.#withLosses.push(manifest);
    }
    this.#path = [...path, ...this.#path];
    this.#startOffset = first.startOffset;
    this.#floorOffset = first.startOffset;
  }

  /** Keeps the newest `segmentsMax` of the path in memory; the rest stays in the store, see {@link extendBack}. */
  trim(segmentsMax: number): void {
    if (this.#path.length <= segmentsMax) return;
    this.#counted = this.totalsBefore(this.#path.length - segmentsMax);
    this.#eventTimeMaxBeforeMs = this.eventTimeMaxBefore(this.#path.length - segmentsMax);
    this.#path = this.#path.slice(-segmentsMax);
    this.#startOffset = this.#path[0]!.startOffset;
    this.#floorOffset = this.#startOffset;
    this.#withLosses = this.#withLosses.filter((lost) => lost.startOffset >= this.#floorOffset);
    for (const [name, manifest] of this.#candidates) {
      if (manifest.startOffset >= this.#floorOffset) continue;
      this.#candidates.delete(name);
      this.#onPath.delete(name);
    }
  }

  /** The usual case, without a walk: the new manifests continue the path one after another. */
  #extend(fresh: readonly Manifest[]): PathChange | undefined {
    if (this.#path.length > 0 && this.#path[0]!.startOffset !== this.#startOffset) return undefined;
    const ordered = [...fresh].sort((a, b) => a.startOffset - b.startOffset);
    let end = this.endOffset;
    for (const manifest of ordered) {
      if (manifest.startOffset !== end) return undefined;
      end = manifest.endOffset;
    }
    if (this.#candidates.size !== this.#path.length + ordered.length) return undefined;
    this.#path.push(...ordered);
    this.#take(ordered);
    return { added: ordered, removed: [] };
  }

  #walkAgain(): PathChange {
    const path = findPath([...this.#candidates.values()], this.#startOffset);
    const before = this.#path;
    const wasOnPath = this.#onPath;
    this.#onPath = new Set();
    this.#withLosses = [];
    this.#path = [...path];
    this.#take(path);
    return {
      added: path.filter((manifest) => !wasOnPath.has(segmentName(manifest))),
      removed: before.filter((manifest) => !this.#onPath.has(segmentName(manifest))),
    };
  }

  #take(news: readonly Manifest[]): void {
    for (const manifest of news) {
      this.#onPath.add(segmentName(manifest));
      if (manifest.outcomes.lost > 0) this.#withLosses.push(manifest);
      if (manifest.eventTimeMaxMs > this.#eventTimeMaxMs) this.#eventTimeMaxMs = manifest.eventTimeMaxMs;
    }
  }
}
