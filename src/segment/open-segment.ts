/**
 * The segment that is being folded: sketches of exactly the records of `[startOffset, endOffset)`. Everything in it
 * follows from those records and the shape, so that whoever folds the same range gets the same rows.
 */
import { invariant } from "../base/errors.ts";
import { hashText } from "../base/random.ts";
import { type Outcome, zeroOutcomes } from "../decode/outcome.ts";
import type { DecodedRecord } from "../decode/record.ts";
import type { ProfileArena } from "../sketch/arena.ts";
import { mergeProfiles } from "../sketch/merge.ts";
import { emptyProfile } from "../sketch/profile.ts";
import { LaneWindow, type OpenSeries } from "./lane-window.ts";
import type { Segment, SegmentProfile } from "./manifest.ts";

export interface SegmentIdentity {
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: number;
  readonly shape: string;
}

export class OpenSegment {
  readonly identity: SegmentIdentity;
  /** One past the last offset accounted for. */
  endOffset: number;
  byteCount = 0;
  seriesCount = 0;
  startedAtMs = Number.NaN;
  readonly #arena: ProfileArena;
  readonly #outcomes = zeroOutcomes();
  readonly #windows = new Map<string, Map<string, LaneWindow[]>>();
  #eventTimeMinMs = Number.POSITIVE_INFINITY;
  #eventTimeMaxMs = Number.NEGATIVE_INFINITY;
  #last: LaneWindow | undefined;

  constructor(identity: SegmentIdentity, arena: ProfileArena) {
    this.identity = identity;
    this.endOffset = identity.startOffset;
    this.#arena = arena;
  }

  get offsetCount(): number {
    return this.endOffset - this.identity.startOffset;
  }

  /** Accounts for offsets up to `offset` that hold no record. */
  skipTo(offset: number, outcome: "jumped" | "lost"): void {
    invariant(
      offset >= this.endOffset,
      `offset ${offset} is before ${this.endOffset}, which is accounted for`,
    );
    this.#outcomes[outcome] += offset - this.endOffset;
    this.endOffset = offset;
  }

  /** Accounts for one record that is not folded. */
  count(outcome: Outcome, byteCount: number, logTimeMs: number): void {
    this.#outcomes[outcome]++;
    this.#advance(byteCount, logTimeMs);
  }

  /** Folds one record into `window`, one of this segment's, and accounts for it as `ok`. */
  foldInto(window: LaneWindow, record: DecodedRecord, byteCount: number, logTimeMs: number): void {
    const before = window.series.size;
    window.fold(record);
    this.seriesCount += window.series.size - before;
    this.countFolded(record.eventTimeMs, byteCount, logTimeMs);
  }

  /** Accounts for a record as `ok` whose values the caller has added. */
  countFolded(eventTimeMs: number, byteCount: number, logTimeMs: number): void {
    if (eventTimeMs < this.#eventTimeMinMs) this.#eventTimeMinMs = eventTimeMs;
    if (eventTimeMs > this.#eventTimeMaxMs) this.#eventTimeMaxMs = eventTimeMs;
    this.#outcomes.ok++;
    this.#advance(byteCount, logTimeMs);
  }

  laneWindow(swimlane: string, source: string, windowStartMs: number, windowSizeMs: number): LaneWindow {
    const last = this.#last;
    if (last?.windowStartMs === windowStartMs && last.swimlane === swimlane && last.source === source)
      return last;
    const windows = this.#windowsOf(swimlane, source);
    let window = windows.find((candidate) => candidate.windowStartMs === windowStartMs);
    if (window === undefined) {
      window = this.#openWindow(swimlane, source, windowStartMs, windowSizeMs);
      windows.push(window);
    }
    this.#last = window;
    return window;
  }

  /** Ends the segment at `endOffset` and hands its rows out, in a fixed order. The arena gets its series back. */
  seal(): Segment {
    const profiles = [...this.#allWindows()]
      .sort(compareWindows)
      .flatMap((window) => this.#sealWindow(window));
    const manifest = {
      ...this.identity,
      endOffset: this.endOffset,
      startedAtMs: this.#startMs(),
      rowCount: profiles.length,
      eventTimeMinMs: this.#outcomes.ok > 0 ? this.#eventTimeMinMs : Number.NaN,
      eventTimeMaxMs: this.#outcomes.ok > 0 ? this.#eventTimeMaxMs : Number.NaN,
      byteCount: this.byteCount,
      outcomes: this.#outcomes,
    };
    const accounted = Object.values(this.#outcomes).reduce((sum, count) => sum + count, 0);
    invariant(
      accounted === this.offsetCount,
      `segment accounts for ${accounted} of ${this.offsetCount} offsets`,
    );
    return { manifest, profiles };
  }

  /** Gives everything up, unwritten: the records will be read again. */
  drop(): void {
    for (const window of this.#allWindows()) {
      for (const series of window.series.values()) this.#arena.release(series.handle);
    }
    this.#windows.clear();
    this.#last = undefined;
  }

  #advance(byteCount: number, logTimeMs: number): void {
    this.byteCount += byteCount;
    this.endOffset++;
    if (Number.isNaN(this.startedAtMs)) this.startedAtMs = logTimeMs;
  }

  /** The log's time of the first record; where the log keeps none (a file), the lowest event time. */
  #startMs(): number {
    if (!Number.isNaN(this.startedAtMs)) return this.startedAtMs;
    return this.#outcomes.ok > 0 ? this.#eventTimeMinMs : 0;
  }

  #windowsOf(swimlane: string, source: string): LaneWindow[] {
    const sources = this.#windows.get(swimlane) ?? new Map<string, LaneWindow[]>();
    const windows = sources.get(source) ?? [];
    if (windows.length === 0) this.#windows.set(swimlane, sources.set(source, windows));
    return windows;
  }

  #openWindow(swimlane: string, source: string, windowStartMs: number, windowSizeMs: number): LaneWindow {
    const { topic, partition, startOffset } = this.identity;
    const place = `${topic}|${partition}|${startOffset}|${windowStartMs}|${swimlane}|${source}`;
    const key = { windowStartMs, windowSizeMs, swimlane, source };
    return new LaneWindow(key, this.#arena, (feature) => hashText(`${place}|${feature}`));
  }

  *#allWindows(): Iterable<LaneWindow> {
    for (const sources of this.#windows.values()) for (const windows of sources.values()) yield* windows;
  }

  #sealWindow(window: LaneWindow): SegmentProfile[] {
    const { windowStartMs, windowSizeMs, swimlane, source } = window;
    const key = { windowStartMs, windowSizeMs, swimlane, source };
    window.settle();
    const rows: SegmentProfile[] = [
      {
        ...key,
        feature: "*",
        kind: "records",
        profile: { ...emptyProfile(), presentCount: window.recordCount },
      },
    ];
    for (const feature of [...window.series.keys()].sort()) {
      const series = window.series.get(feature)!;
      rows.push({ ...key, feature, kind: series.kind, profile: this.#sealSeries(series, feature) });
    }
    return rows;
  }

  #sealSeries(series: OpenSeries, feature: string): SegmentProfile["profile"] {
    const folded = this.#arena.seal(series.handle);
    this.#arena.release(series.handle);
    if (series.made.length === 0) return folded;
    return mergeProfiles(
      [folded, ...series.made],
      hashText(`${this.identity.topic}|${this.identity.startOffset}|${feature}`),
    );
  }
}

/** The fixed order of a segment's rows: window, swimlane, source (by code unit), whatever order records came in. */
function compareWindows(a: LaneWindow, b: LaneWindow): number {
  return (
    a.windowStartMs - b.windowStartMs ||
    compareText(a.swimlane, b.swimlane) ||
    compareText(a.source, b.source)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
