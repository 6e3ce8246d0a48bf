/** Writes segments behind the reading: one write in flight, whatever came meanwhile in the next, and a bound on how much waits. */
import type { Clock } from "../base/clock.ts";
import { errorText } from "../base/errors.ts";
import { retry } from "../base/retry.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { OUTCOMES } from "../decode/outcome.ts";
import type { Segment } from "../segment/manifest.ts";
import type { DeadLetter, RecordSource } from "../source/contract.ts";
import type { Store } from "../store/contract.ts";

export interface SegmentWriterOptions {
  readonly source: RecordSource;
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly onSegments: (segments: readonly Segment[]) => Promise<void>;
}

/** Rows that may wait for the store; past it reading waits, and Kafka is the buffer. */
const ROWS_WAITING_MAX = 200_000;

export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  #segments: Segment[] = [];
  #letters: DeadLetter[] = [];
  #rowsWaiting = 0;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
  }

  add(segments: readonly Segment[], letters: readonly DeadLetter[]): void {
    this.#segments.push(...segments);
    this.#letters.push(...letters);
    this.#rowsWaiting += segments.reduce((sum, segment) => sum + segment.profiles.length + 1, 0);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    this.#running.catch(() => {});
  }

  /** Resolves when more may be added. Rejects when what was added cannot be written. */
  async room(): Promise<void> {
    while (this.#rowsWaiting > ROWS_WAITING_MAX && this.#running !== undefined) await this.#running;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Resolves when all that was added is durable. Rejects when it cannot be written. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #run(): Promise<void> {
    try {
      while (this.#segments.length > 0 || this.#letters.length > 0) await this.#writeOnce();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /** Dead letters first, then rows and manifests, then the commit: each only after the one before is acknowledged. */
  async #writeOnce(): Promise<void> {
    const segments = this.#segments;
    const letters = this.#letters;
    this.#segments = [];
    this.#letters = [];
    const { source, store, onSegments } = this.#options;
    if (letters.length > 0) await this.#insist("dead letters", () => source.keepDeadLetters(letters));
    if (segments.length > 0) {
      await this.#insist("segments", () => store.writeSegments(segments));
      for (const { topic, partition, endOffset } of lastOfEachPartition(segments))
        await source.commit(topic, partition, endOffset);
      this.#count(segments);
      await onSegments(segments);
    }
    this.#rowsWaiting = this.#segments.reduce((sum, segment) => sum + segment.profiles.length + 1, 0);
  }

  async #insist(what: string, write: () => Promise<void>): Promise<void> {
    const { clock, telemetry } = this.#options;
    await retry(clock, write, {
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

function lastOfEachPartition(segments: readonly Segment[]) {
  const last = new Map<string, Segment["manifest"]>();
  for (const { manifest } of segments) {
    const key = `${manifest.topic}|${manifest.partition}`;
    if (manifest.endOffset > (last.get(key)?.endOffset ?? -1)) last.set(key, manifest);
  }
  return last.values();
}
