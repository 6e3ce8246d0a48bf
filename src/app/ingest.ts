/**
 * A record's journey: source → decode → assign → sketch → segment → store. This file is the story; each verb below
 * lives in its stage. Offsets are committed only after the segment's rows and its manifest are acknowledged, so a
 * kill at any point costs re-reading, never counting twice or not at all.
 */
import type { LaneRules, LaneWindows } from "../assign/lane.ts";
import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { Decoder } from "../decode/decoder.ts";
import { DecodedRecord } from "../decode/record.ts";
import { DecoderWorkMetric } from "../decode/work-metric.ts";
import { tiledEnd } from "../rollup/tiled-end.ts";
import type { CutBounds } from "../segment/cut-policy.ts";
import type { Segment } from "../segment/manifest.ts";
import { type FoldingContext, PartitionFolder, type Rejected } from "../segment/partition-folder.ts";
import type { ProfileArena } from "../sketch/arena.ts";
import type {
  BatchControl,
  DeadLetter,
  PartitionPosition,
  RecordBatch,
  RecordSource,
  SourceHandler,
} from "../source/contract.ts";
import type { Store } from "../store/contract.ts";
import { countBusy } from "./busy.ts";
import { LogIds } from "./ingest/log-ids.ts";
import { SegmentWriter } from "./ingest/segment-writer.ts";

export interface IngestOptions {
  readonly source: RecordSource;
  readonly store: Store;
  readonly decoder: Decoder;
  readonly lanes: LaneRules<LaneWindows>;
  readonly arena: ProfileArena;
  readonly bounds: CutBounds;
  /** What records are decoded into, one after another: several of one process may share it. @default one of its own */
  readonly record?: DecodedRecord;
  /** Hash of the configuration that decides folding. */
  readonly shape: string;
  /** Stands in for the log's time where the log keeps none. Epoch ms. */
  readonly asOfMs: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Cut what is open when a partition has brought nothing for so long, ms. */
  readonly idleCutMs: number;
  /** Cut what has been open for so long, ms: bounds what a kill has to read again, and how old the store's counts are. */
  readonly ageCutMs: number;
  /** Bytes of cut segments that may wait for the store; past it reading waits. @default 64 MiB */
  readonly waitingBytesMax?: number;
  /** Wait for the store after each batch (replay: the same groups every run), or write behind the reading. */
  readonly writeBehind: boolean;
  /** Told after segments are durable. */
  readonly onSegments: (segments: readonly Segment[]) => Promise<void>;
  /** Fetches the schemas that a batch's records name, before it is folded. @returns false when the batch was given up. */
  readonly prepare?: (batch: RecordBatch, control: BatchControl) => Promise<boolean>;
  /** Told of every partition that will be read, before its first record. */
  readonly onAssigned?: (positions: readonly PartitionPosition[]) => void;
}

/** Longest record that a dead letter keeps whole; its true length is kept beside it. */
const DEAD_LETTER_BYTES_MAX = 524_288;
/** Dead letters that are held before they are written; past it reading waits. */
const DEAD_LETTERS_HELD_BYTES_MAX = 16 * 1_048_576;

export class Ingest implements SourceHandler {
  readonly #options: IngestOptions;
  readonly #folding: FoldingContext;
  readonly #writer: SegmentWriter;
  readonly #logIds: LogIds;
  readonly #decoderWork: DecoderWorkMetric;
  readonly #folders = new Map<string, PartitionFolder>();
  readonly #lastBatchMs = new Map<string, number>();
  /** Since when the open segment of each partition has been seen open. */
  readonly #openSince = new Map<string, { readonly startOffset: number; readonly sinceMs: number }>();
  #letters: DeadLetter[] = [];
  #letterBytes = 0;

  constructor(options: IngestOptions) {
    this.#options = options;
    const { store, clock } = options;
    this.#logIds = new LogIds({ store, clock, claims: options.source.confirmLogs !== undefined });
    this.#writer = new SegmentWriter({ ...options, logIds: this.#logIds });
    this.#decoderWork = new DecoderWorkMetric(options.decoder, options.telemetry);
    const { decoder, lanes, arena, bounds, shape, asOfMs } = options;
    this.#folding = {
      decoder,
      lanes,
      arena,
      bounds,
      shape,
      asOfMs,
      record: options.record ?? new DecodedRecord(),
      emptyStartMs: () => options.clock.nowMs(),
      onRejected: (r) => this.#reject(r),
    };
  }

  /** A new assignment: what was open is dropped, since reading begins again at the positions. */
  async assigned(positions: readonly PartitionPosition[]): Promise<void> {
    for (const folder of this.#folders.values()) folder.drop();
    this.#folders.clear();
    this.#dropLetters();
    this.#logIds.note(positions);
    this.#options.onAssigned?.(positions);
    for (const { topic, partition, offset } of positions) {
      this.#folders.set(
        `${topic}|${partition}`,
        new PartitionFolder(topic, partition, offset, this.#folding),
      );
    }
  }

  async batch(batch: RecordBatch, control: BatchControl): Promise<void> {
    const { prepare } = this.#options;
    if (prepare !== undefined && !(await prepare(batch, control))) return;
    const folder = this.#folderOf(batch);
    if (batch.startOffset > folder.endOffset) this.#explainGap(folder, batch);
    const startMs = performance.now();
    folder.fold(batch);
    countBusy(this.#options.telemetry, "fold", startMs);
    this.#lastBatchMs.set(`${batch.topic}|${batch.partition}`, this.#options.clock.elapsedMs());
    this.#observeLag(batch);
    this.#decoderWork.observe();
    if (control.isStale()) return;
    await this.#handOver(folder);
    await control.heartbeat();
  }

  async revoked(): Promise<void> {
    for (const folder of this.#folders.values()) {
      folder.cut();
      await this.#handOver(folder);
    }
    await this.#writer.idle();
  }

  /**
   * Where the truth in the store ends, as far as it can be seen: segments from there on continue the tiling, whatever was
   * committed. Rows that are not visible yet are read once more.
   */
  resumeOffset(topic: string, partition: number): Promise<number | undefined> {
    return tiledEnd(this.#options.store, topic, partition);
  }

  otherLogId(topic: string, partition: number, logId: string): Promise<string | undefined> {
    return this.#logIds.otherThan(logId, { topic, partition });
  }

  /** Cuts partitions that have gone quiet or whose segment has grown old. Any cut is right. To be called every second or so. */
  async cutDue(): Promise<void> {
    // A partition that brings nothing more would never hear that its last segment was refused.
    await this.#writer.room();
    // Not the wall clock: set back by an hour it would leave segments open for that hour.
    const nowMs = this.#options.clock.elapsedMs();
    for (const [key, folder] of this.#folders) {
      if (folder.openOffsetCount === 0) continue;
      const quiet = nowMs - (this.#lastBatchMs.get(key) ?? nowMs) >= this.#options.idleCutMs;
      if (!quiet && nowMs - this.#seenOpenMs(key, folder, nowMs) < this.#options.ageCutMs) continue;
      folder.cut();
      await this.#handOver(folder);
    }
  }

  #seenOpenMs(key: string, folder: PartitionFolder, nowMs: number): number {
    const known = this.#openSince.get(key);
    if (known?.startOffset === folder.openStartOffset) return known.sinceMs;
    this.#openSince.set(key, { startOffset: folder.openStartOffset, sinceMs: nowMs });
    return nowMs;
  }

  /** Epoch ms up to which a topic's records have been read, −Infinity before the first. */
  watermarkMs(topic: string): number {
    return this.#folders.get(`${topic}|0`)?.watermarkMs ?? Number.NEGATIVE_INFINITY;
  }

  /** For a stop that can wait no longer: see SegmentWriter. */
  giveUp(): void {
    this.#writer.giveUp();
  }

  /** Resolves when all segments handed over are durable; rejects when they cannot be. */
  async idle(): Promise<void> {
    await this.#writer.idle();
  }

  #folderOf(batch: RecordBatch): PartitionFolder {
    const key = `${batch.topic}|${batch.partition}`;
    let folder = this.#folders.get(key);
    if (folder === undefined) {
      folder = new PartitionFolder(batch.topic, batch.partition, batch.startOffset, this.#folding);
      this.#folders.set(key, folder);
    }
    return folder;
  }

  /** A gap before a batch is legal inside the log (compaction, transactions); before the log's start it is loss. */
  #explainGap(folder: PartitionFolder, batch: RecordBatch): void {
    const lostTo = Math.min(batch.logStartOffset ?? folder.endOffset, batch.startOffset);
    if (lostTo <= folder.endOffset) return;
    const labels = { topic: batch.topic, partition: String(batch.partition) };
    const message = "Records that the broker no longer has: they were never counted";
    this.#options.telemetry.event("error", "ingest_lost_records", message, labels, lostTo - folder.endOffset);
    folder.lose(lostTo);
  }

  async #handOver(folder: PartitionFolder): Promise<void> {
    const segments = folder.takeSealed();
    if (segments.length > 0 || this.#letterBytes > DEAD_LETTERS_HELD_BYTES_MAX) {
      const letters = this.#letters;
      this.#dropLetters();
      this.#writer.add(segments, letters);
    }
    await (this.#options.writeBehind ? this.#writer.room() : this.#writer.idle());
  }

  #reject(rejected: Rejected): void {
    const { topic, partition, offset, outcome, detail, bytes, start, end } = rejected;
    const valueBytes = end - start;
    const value = Buffer.from(bytes.subarray(start, start + Math.min(valueBytes, DEAD_LETTER_BYTES_MAX)));
    this.#letters.push({ topic, partition, offset, reason: outcome, detail, value, valueBytes });
    this.#letterBytes += value.length + 256;
  }

  #dropLetters(): void {
    this.#letters = [];
    this.#letterBytes = 0;
  }

  #observeLag(batch: RecordBatch): void {
    const labels = { topic: batch.topic, partition: String(batch.partition) };
    const lag = Math.max(0, batch.endLogOffset - batch.endOffset);
    this.#options.telemetry
      .gauge("source_lag_records", "Records in the log that are not folded yet", ["topic", "partition"])
      .set(labels, lag);
  }
}
