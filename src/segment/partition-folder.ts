/**
 * Folds one partition's records into segments: decode, assign, fold, cut. Synchronous and pure but for the arena:
 * the same batches under the same shape give the same segments, wherever and however often they are read.
 */

import type { LaneRules, LaneWindows } from "../assign/lane.ts";
import { judgeLateness } from "../assign/lateness.ts";
import { Watermark } from "../assign/watermark.ts";
import { windowStartMs } from "../assign/window.ts";
import type { Decoder } from "../decode/decoder.ts";
import type { RecordOutcome } from "../decode/outcome.ts";
import type { DecodedRecord } from "../decode/record.ts";
import type { ProfileArena } from "../sketch/arena.ts";
import { type CutBounds, isOverBounds, nextCutMs } from "./cut-policy.ts";
import type { LaneWindow } from "./lane-window.ts";
import type { Segment } from "./manifest.ts";
import { OpenSegment } from "./open-segment.ts";
import { foldProfileRecord } from "./profile-record.ts";

/** What all partitions of a source share. */
export interface FoldingContext {
  readonly decoder: Decoder;
  readonly record: DecodedRecord;
  readonly lanes: LaneRules<LaneWindows>;
  readonly arena: ProfileArena;
  readonly bounds: CutBounds;
  /** Hash of the configuration that decides folding: stands in every segment's key. */
  readonly shape: string;
  /** Stands in for the log's time where the log keeps none. Epoch milliseconds. */
  readonly asOfMs: number;
  /** Stands in as the time of a segment that has no record: when it was read. Epoch milliseconds. */
  readonly emptyStartMs: () => number;
  /** Called for each record that cannot be counted as data. The bytes are valid during the call only. */
  readonly onRejected: (rejected: Rejected) => void;
}

export interface Rejected {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly outcome: RecordOutcome;
  readonly detail: string;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** The part of a batch that folding needs (see source/contract.ts). */
interface Batch {
  readonly startOffset: number;
  readonly endOffset: number;
  forEach(
    visit: (offset: number, logTimeMs: number, bytes: Buffer, start: number, end: number) => void,
  ): void;
}

/** A lane's window in the open segment. */
interface Place {
  readonly swimlane: string;
  readonly source: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly lane: LaneWindows;
  readonly window: LaneWindow;
}

/** Instead of the shape, in segments of lost offsets: no configuration decides what they hold. */
export const LOST_SHAPE = "lost";

export class PartitionFolder {
  readonly topic: string;
  readonly partition: number;
  readonly #context: FoldingContext;
  readonly #watermark = new Watermark();
  #open: OpenSegment;
  #sealed: Segment[] = [];
  /** The record at hand; one object for all records, so that none is made per record. */
  readonly #at = { offset: -1, logTimeMs: Number.NaN, bytes: Buffer.alloc(0) as Buffer, start: -1, end: 0 };
  /** One for all batches: with a new one for each, the engine throws the compiled loop over a batch away. */
  readonly #visit: Parameters<Batch["forEach"]>[0] = (offset, logTimeMs, bytes, start, end) =>
    this.#foldOne(offset, logTimeMs, bytes, start, end);
  /** Where the last records of the open segment went, two places that may take turns. */
  #place: Place | undefined;
  #otherPlace: Place | undefined;
  /** The open segment ends with the record that takes the watermark to this, see {@link nextCutMs}. */
  #nextCutMs = Number.POSITIVE_INFINITY;

  constructor(topic: string, partition: number, startOffset: number, context: FoldingContext) {
    this.topic = topic;
    this.partition = partition;
    this.#context = context;
    this.#open = this.#begin(startOffset);
  }

  /** One past the last offset that is folded. */
  get endOffset(): number {
    return this.#open.endOffset;
  }

  /** Where the open segment begins. */
  get openStartOffset(): number {
    return this.#open.identity.startOffset;
  }

  get openOffsetCount(): number {
    return this.#open.offsetCount;
  }

  get openSeriesCount(): number {
    return this.#open.seriesCount;
  }

  get watermarkMs(): number {
    return this.#watermark.eventTimeMaxMs;
  }

  /**
   * Accounts for offsets that the broker no longer has: they are lost, and counted as such. Where they begin and end is
   * no property of the log (who came earlier may have read them), so they make a segment of their own, under a shape
   * of its own: under one name two readers would write different rows.
   */
  lose(toOffset: number): void {
    if (toOffset <= this.endOffset) return;
    this.cut();
    const place = { topic: this.topic, partition: this.partition, startOffset: this.endOffset };
    const lost = new OpenSegment({ ...place, shape: LOST_SHAPE }, this.#context.arena);
    lost.skipTo(toOffset, "lost");
    this.#sealed.push(this.#dated(lost.seal()));
    this.#open = this.#begin(toOffset);
  }

  /** Folds a batch. Offsets already folded are skipped; a gap between records is counted as jumped. */
  fold(batch: Batch): void {
    batch.forEach(this.#visit);
    if (batch.endOffset > this.#open.endOffset) this.#open.skipTo(batch.endOffset, "jumped");
  }

  /** Segments that ended since the last call. */
  takeSealed(): Segment[] {
    const sealed = this.#sealed;
    this.#sealed = [];
    return sealed;
  }

  /** Ends the open segment here, if anything is in it. */
  cut(): void {
    if (this.#open.offsetCount === 0) return;
    const endOffset = this.#open.endOffset;
    this.#sealed.push(this.#dated(this.#open.seal()));
    this.#open = this.#begin(endOffset);
  }

  drop(): void {
    this.#open.drop();
    this.#sealed = [];
  }

  /**
   * A segment without any record (a transaction's markers, lost offsets) has no time in the log. Kept under 1970 the
   * store would drop it at once, as too old, and the tiling would have a hole; any time near is right, as none of its rows
   * depends on it.
   */
  #dated(segment: Segment): Segment {
    const { manifest } = segment;
    if (manifest.startedAtMs !== 0) return segment;
    return { ...segment, manifest: { ...manifest, startedAtMs: this.#context.emptyStartMs() } };
  }

  #begin(startOffset: number): OpenSegment {
    this.#nextCutMs = Number.POSITIVE_INFINITY;
    this.#place = undefined;
    this.#otherPlace = undefined;
    const { shape, arena } = this.#context;
    return new OpenSegment({ topic: this.topic, partition: this.partition, startOffset, shape }, arena);
  }

  #foldOne(offset: number, logTimeMs: number, bytes: Buffer, start: number, end: number): void {
    if (offset < this.#open.endOffset) return;
    if (offset > this.#open.endOffset) this.#open.skipTo(offset, "jumped");
    const { bounds, decoder, record } = this.#context;
    if (isOverBounds(this.#open, bounds)) this.cut();
    const decoded = decoder.decode(bytes, start, end, record);
    if (decoded === "ok" && this.#foldRecent(record, logTimeMs, end - start)) return;
    const at = this.#at;
    at.offset = offset;
    at.logTimeMs = logTimeMs;
    at.bytes = bytes;
    at.start = start;
    at.end = end;
    this.#account(decoded);
  }

  /**
   * Folds a record that belongs where one of the last did, is on time and ends no segment, which is most of them: then
   * nothing has to be looked up.
   * @returns false, with nothing done, for any other.
   */
  #foldRecent(record: DecodedRecord, logTimeMs: number, byteCount: number): boolean {
    const place = this.#recentPlace(record);
    const { eventTimeMs } = record;
    if (place === undefined || !(eventTimeMs >= place.startMs && eventTimeMs < place.endMs)) return false;
    if (eventTimeMs >= this.#nextCutMs || record.kind === "profile") return false;
    if (judgeLateness(eventTimeMs, logTimeMs, this.#context.asOfMs, place.lane) !== "ok") return false;
    this.#watermark.observe(eventTimeMs);
    this.#open.foldInto(place.window, record, byteCount, logTimeMs);
    return true;
  }

  #recentPlace({ swimlane, source }: DecodedRecord): Place | undefined {
    const last = this.#place;
    if (last !== undefined && last.swimlane === swimlane && last.source === source) return last;
    const other = this.#otherPlace;
    if (other === undefined || other.swimlane !== swimlane || other.source !== source) return undefined;
    this.#otherPlace = last;
    this.#place = other;
    return other;
  }

  /** Accounts for the record at hand: folded, late, or rejected with a reason. */
  #account(decoded: RecordOutcome): void {
    const { decoder, record, lanes, asOfMs } = this.#context;
    const { start, end, logTimeMs } = this.#at;
    if (decoded !== "ok") {
      this.#reject(decoded, decoder.detail);
      return;
    }
    const lane = lanes.of(record.swimlane);
    switch (judgeLateness(record.eventTimeMs, logTimeMs, asOfMs, lane)) {
      case "late":
        this.#open.count("late", end - start, logTimeMs);
        break;
      case "future":
        this.#reject("future", `event time ${isoTime(record.eventTimeMs)} is ahead of the log's own time`);
        break;
      case "ok":
        this.#foldRecord(lane);
    }
  }

  #foldRecord(lane: LaneWindows): void {
    const { record } = this.#context;
    const closes = this.#watermark.observe(record.eventTimeMs) && record.eventTimeMs >= this.#nextCutMs;
    this.#foldOnTime(lane);
    // The record that ends a window ends the segment too, as its last: only then does the segment's own watermark say
    // that the window is over. With the record in the next segment the window would wait for that one's end.
    if (closes) this.cut();
  }

  #foldOnTime(lane: LaneWindows): void {
    const { record } = this.#context;
    const { start, end, logTimeMs } = this.#at;
    const windowMs = windowStartMs(record.eventTimeMs, lane.windowSizeMs);
    if (record.kind === "profile") {
      const refusal = foldProfileRecord(this.#open, record, windowMs, lane.windowSizeMs);
      if (refusal !== undefined) {
        this.#reject("undecodable", refusal);
        return;
      }
      this.#open.countFolded(record.eventTimeMs, end - start, logTimeMs);
    } else {
      const { swimlane, source } = record;
      const window = this.#open.laneWindow(swimlane, source, windowMs, lane.windowSizeMs);
      this.#open.foldInto(window, record, end - start, logTimeMs);
      this.#otherPlace = this.#place;
      this.#place = {
        swimlane,
        source,
        startMs: windowMs,
        endMs: windowMs + lane.windowSizeMs,
        lane,
        window,
      };
    }
    // Later than the watermark always: a late record waits for the next cut rather than forcing one each time.
    const cutMs = nextCutMs(this.#watermark.eventTimeMaxMs, lane);
    if (cutMs < this.#nextCutMs) this.#nextCutMs = cutMs;
  }

  #reject(outcome: RecordOutcome, detail: string): void {
    const { offset, logTimeMs, bytes, start, end } = this.#at;
    this.#open.count(outcome, start < 0 ? 0 : end - start, logTimeMs);
    if (outcome === "empty") return;
    this.#context.onRejected({
      topic: this.topic,
      partition: this.partition,
      offset,
      outcome,
      detail,
      bytes,
      start,
      end,
    });
  }
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
