/** Writes segments behind the reading: one write in flight, whatever came meanwhile in the next, and a bound on how much waits. */
import type { Clock } from "../../base/clock.ts";
import { errorText } from "../../base/errors.ts";
import { retry } from "../../base/retry.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { OUTCOMES } from "../../decode/outcome.ts";
import type { Segment } from "../../segment/manifest.ts";
import type { DeadLetter, RecordSource } from "../../source/contract.ts";
import type { Store } from "../../store/contract.ts";
import { observeSegments } from "../rollup/window-age.ts";
import type { LogIds } from "./log-ids.ts";

export interface SegmentWriterOptions {
  readonly source: RecordSource;
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly logIds?: LogIds;
  readonly onSegments: (segments: readonly Segment[]) => Promise<void>;
  /** Segments that may wait for the store, bytes; past it reading waits, and Kafka is the buffer. @default 64 MiB */
  readonly waitingBytesMax?: number;
  /** Reading goes on meanwhile: what it brings within moments goes along. */
  readonly writeBehind: boolean;
}

const WAITING_BYTES_MAX = 67_108_864;
/** What one write takes: bounds the copies that are made of it on its way. */
const WRITE_BYTES_MAX = 16_777_216;
/** Partitions pass a window's end within moments of one another; a second write would have to wait for the first. */
const GATHER_MS = 25;
const GATHER_MS_MAX = 250;
/** A profile without its lists, and the row that it becomes. */
const PROFILE_BYTES = 1_000;

export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  #segments: Segment[] = [];
  #letters: DeadLetter[] = [];
  #bytesWaiting = 0;
  readonly #givenUp = new AbortController();
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
  }

  add(segments: readonly Segment[], letters: readonly DeadLetter[]): void {
    this.#segments.push(...segments);
    this.#letters.push(...letters);
    this.#wait(segments.reduce((sum, segment) => sum + bytesOf(segment), 0));
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    this.#running.catch(() => {});
  }

  /** Resolves when more may be added. Rejects when what was added cannot be written. */
  async room(): Promise<void> {
    const bytesMax = this.#options.waitingBytesMax ?? WAITING_BYTES_MAX;
    while (this.#bytesWaiting > bytesMax && this.#running !== undefined) await this.#running;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Resolves when all that was added is durable. Rejects when it cannot be written. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Ends the wait for a store that is away: what is not durable is read again by whoever comes next. */
  giveUp(): void {
    this.#givenUp.abort();
  }

  #wait(byteCount: number): void {
    this.#bytesWaiting += byteCount;
    this.#options.telemetry
      .gauge("segment_waiting_bytes", "Bytes of cut segments that wait for the store, in memory")
      .set(this.#bytesWaiting);
  }

  async #run(): Promise<void> {
    try {
      if (this.#options.writeBehind) await this.#gather();
      while (this.#segments.length > 0 || this.#letters.length > 0) await this.#writeOnce();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /** Until nothing more has come for a moment. */
  async #gather(): Promise<void> {
    const { clock } = this.#options;
    const startMs = clock.elapsedMs();
    for (let before = -1; before < this.#bytesWaiting && this.#bytesWaiting < WRITE_BYTES_MAX; ) {
      if (clock.elapsedMs() - startMs >= GATHER_MS_MAX) return;
      before = this.#bytesWaiting;
      await clock.sleep(GATHER_MS, this.#givenUp.signal);
    }
  }

  /** Dead letters first, then, once it is certain which logs were read, their ids, rows and manifests, then the commit: each only after the one before is acknowledged. */
  async #writeOnce(): Promise<void> {
    const [segments, byteCount] = this.#takeSegments();
    const letters = this.#letters;
    this.#letters = [];
    const { source, store, logIds, onSegments } = this.#options;
    if (letters.length > 0) await this.#insist("dead letters", () => source.keepDeadLetters(letters));
    if (segments.length > 0) {
      if (source.confirmLogs !== undefined) await this.#insist("the logs' ids", () => source.confirmLogs!());
      if (logIds !== undefined)
        await this.#insist("the logs' ids", () => logIds.write(topicsOf(segments), this.#givenUp.signal));
      await this.#insist("segments", () => store.writeSegments(segments));
      for (const manifest of lastOfEachPartition(segments)) {
        observeSegments(this.#options, "stored", [manifest]);
        await source.commit(manifest.topic, manifest.partition, manifest.endOffset);
      }
      this.#count(segments);
      await onSegments(segments);
    }
    this.#wait(-byteCount);
  }

  /** The oldest that wait, as many as one write may take and one at least. */
  #takeSegments(): readonly [readonly Segment[], number] {
    let count = 0;
    let byteCount = 0;
    while (count < this.#segments.length && byteCount < WRITE_BYTES_MAX)
      byteCount += bytesOf(this.#segments[count++]!);
    return [this.#segments.splice(0, count), byteCount];
  }

  async #insist(what: string, write: () => Promise<void>): Promise<void> {
    const { clock, telemetry } = this.#options;
    await retry(clock, write, {
      signal: this.#givenUp.signal,
      onRetry: (error, attempt, delayMs) => {
        telemetry
          .counter("segment_write_retries_total", "Writes of segments or dead letters that were tried again")
          .inc();
        telemetry.log("warn", `writing ${what} failed; trying again. Reading waits, nothing is lost.`, {
          attempt,
          delayMs,
          error: errorText(error),
        });
      },
    });
  }

  #count(segments: readonly Segment[]): void {
    const records = this.#options.telemetry.counter(
      "segment_records_total",
      "Offsets accounted for, by outcome",
      ["topic", "outcome"],
    );
    const bytes = this.#options.telemetry.counter(
      "segment_bytes_total",
      "Bytes of records in written segments",
      ["topic"],
    );
    for (const { manifest } of segments) {
      bytes.inc({ topic: manifest.topic }, manifest.byteCount);
      for (const outcome of OUTCOMES) {
        if (manifest.outcomes[outcome] > 0)
          records.inc({ topic: manifest.topic, outcome }, manifest.outcomes[outcome]);
      }
    }
  }
}

function topicsOf(segments: readonly Segment[]): ReadonlySet<string> {
  return new Set(segments.map(({ manifest }) => manifest.topic));
}

function lastOfEachPartition(segments: readonly Segment[]) {
  const last = new Map<string, Segment["manifest"]>();
  for (const { manifest } of segments) {
    const key = `${manifest.topic}|${manifest.partition}`;
    if (manifest.endOffset > (last.get(key)?.endOffset ?? -1)) last.set(key, manifest);
  }
  return last.values();
}

/** Roughly what a segment holds in memory. */
function bytesOf({ profiles }: Segment): number {
  let byteCount = PROFILE_BYTES;
  for (const { profile } of profiles) {
    const { quantiles, categories } = profile;
    byteCount += PROFILE_BYTES + 16 * quantiles.items.length + 72 * categories.names.length;
    byteCount += categories.distinct?.registers.length ?? 0;
  }
  return byteCount;
}
