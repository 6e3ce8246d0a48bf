/** How far the truth of one partition reaches: its manifests, the path through them, and what the path's end implies. */
import { OUTCOMES, type OutcomeCounts, zeroOutcomes } from "../decode/outcome.ts";
import type { Manifest } from "../segment/manifest.ts";
import { findPath, segmentName } from "./path.ts";

/** What changed on a partition's path when manifests arrived. */
export interface PathChange {
  readonly added: readonly Manifest[];
  /** Segments that a better tiling replaced; their windows are to be merged again. */
  readonly removed: readonly Manifest[];
}

/** Sums over the segments on a path: they add up to its offsets, whichever process wrote them and however often. */
export interface PathTotals {
  readonly outcomes: OutcomeCounts;
  byteCount: number;
  segmentCount: number;
}

export class PartitionFrontier {
  readonly topic: string;
  readonly partition: number;
  #startOffset: number;
  /** Segments before it were forgotten: they are counted, and their windows are final. */
  #floorOffset = 0;
  readonly #candidates = new Map<string, Manifest>();
  #path: Manifest[] = [];
  #onPath = new Set<string>();
  #totals: PathTotals = zeroTotals();
  #eventTimeMaxMs = Number.NEGATIVE_INFINITY;
  /** Set by the idle rule: a partition with nothing left to read follows the clock. */
  idleWatermarkMs = Number.NEGATIVE_INFINITY;
  /** Set at the end of a finite input: this partition will bring no more, and holds no window back. */
  finished = false;

  constructor(topic: string, partition: number, startOffset: number) {
    this.topic = topic;
    this.partition = partition;
    this.#startOffset = startOffset;
  }

  get path(): readonly Manifest[] {
    return this.#path;
  }

  get totals(): Readonly<PathTotals> {
    return this.#totals;
  }

  /** First offset that the path accounts for. */
  get startOffset(): number {
    return this.#path[0]?.startOffset ?? this.#startOffset;
  }

  /** One past the last offset that the path accounts for. */
  get endOffset(): number {
    return this.#path.at(-1)?.endOffset ?? this.#startOffset;
  }

  /** No on-time record of this partition is older. Epoch milliseconds; −Infinity before the first record. */
  get watermarkMs(): number {
    return Math.max(this.#eventTimeMaxMs, this.idleWatermarkMs);
  }

  /** True for a segment that was added already, on the path or not. */
  has(manifest: Manifest): boolean {
    return this.#candidates.has(segmentName(manifest));
  }

  isOnPath(manifest: Parameters<typeof segmentName>[0]): boolean {
    return this.#onPath.has(segmentName(manifest));
  }

  /**
   * Forgets segments whose log time is before `beforeMs`. Safe once no record of a window in them can still be folded
   * (older than every lane's `lateMax`): a bound on memory, not on truth, which stays in the store.
   */
  forgetBefore(beforeMs: number): void {
    const kept = this.#path.findIndex((manifest) => manifest.startedAtMs >= beforeMs);
    if (kept <= 0) return;
    this.#floorOffset = this.#path[kept]!.startOffset;
    this.#startOffset = this.#floorOffset;
    for (const manifest of this.#path.slice(0, kept)) addTotals(this.#totals, manifest, -1);
    this.#path = this.#path.slice(kept);
    for (const [name, manifest] of this.#candidates) {
      if (manifest.startOffset >= this.#startOffset) continue;
      this.#candidates.delete(name);
      this.#onPath.delete(name);
    }
  }

  add(manifests: readonly Manifest[]): PathChange {
    const fresh = manifests.filter((manifest) => !this.#candidates.has(segmentName(manifest)));
    if (fresh.length === 0) return { added: [], removed: [] };
    for (const manifest of fresh) this.#candidates.set(segmentName(manifest), manifest);
    this.#adoptStart(fresh);
    return this.#extend(fresh) ?? this.#walkAgain();
  }

  /**
   * The tiling begins at the first segment there is: the store keeps segments for a while only, and a group may have
   * begun to read in the middle of the log. What was forgotten on purpose stays forgotten.
   */
  #adoptStart(fresh: readonly Manifest[]): void {
    let firstOffset = this.#path[0]?.startOffset ?? Number.POSITIVE_INFINITY;
    for (const { startOffset } of fresh) firstOffset = Math.min(firstOffset, startOffset);
    if (this.#path.length === 0)
      for (const { startOffset } of this.#candidates.values())
        firstOffset = Math.min(firstOffset, startOffset);
    this.#startOffset = Math.max(this.#floorOffset, firstOffset);
  }

  /** The usual case, without a walk: the new manifests continue the path one after another. */
  #extend(fresh: readonly Manifest[]): PathChange | undefined {
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
    this.#totals = zeroTotals();
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
      addTotals(this.#totals, manifest, 1);
      if (manifest.eventTimeMaxMs > this.#eventTimeMaxMs) this.#eventTimeMaxMs = manifest.eventTimeMaxMs;
    }
  }
}

function zeroTotals(): PathTotals {
  return { outcomes: zeroOutcomes(), byteCount: 0, segmentCount: 0 };
}

function addTotals(totals: PathTotals, { outcomes, byteCount }: Manifest, sign: 1 | -1): void {
  for (const outcome of OUTCOMES) totals.outcomes[outcome] += sign * outcomes[outcome];
  totals.byteCount += sign * byteCount;
  totals.segmentCount += sign;
}
