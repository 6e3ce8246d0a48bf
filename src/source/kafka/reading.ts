/**
 * One member's reading: assignments and batches from kafkajs to the handler, each from exactly the offset that is
 * expected next. A reset behind our back, a batch of an earlier assignment or one that is delivered twice changes
 * nothing.
 */
import type { Consumer, EachBatchPayload } from "kafkajs";
import type { Clock } from "../../base/clock.ts";
import { withDeadline } from "../../base/deadline.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import { retry } from "../../base/retry.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { BatchControl, RecordBatch, SourceHandler } from "../contract.ts";
import type { Ask } from "./ask.ts";
import { Assignment, type Place } from "./assignment.ts";
import type { Commits } from "./commits.ts";
import { keepAlive } from "./keep-alive.ts";
import { type Beginning, findBeginnings, refuseReplaced, refuseWentBack } from "./positions.ts";
import { emptyBatch, type FetchedBatch, toRecordBatch } from "./record-batch.ts";

const COMMIT_MS_MAX = 2_000;

export interface ReadingOptions {
  readonly groupId: string;
  readonly heartbeatMs: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly ask: Ask;
  readonly commits: Commits;
  /** Told once of what ends the source. */
  readonly onFailed: (error: unknown) => void;
  /** Told when kafkajs may have forgotten what is paused. */
  readonly onAssigned: () => void;
}

export class Reading {
  readonly #consumer: Consumer;
  readonly #handler: SourceHandler;
  readonly #options: ReadingOptions;
  #assignment = new Assignment({});
  /** Ends when the handler has cut what a rebalance takes away. */
  #revoking: Promise<void> = Promise.resolve();
  /** Batches that are with the handler, at most as many as partitions are consumed concurrently. */
  readonly #handling = new Set<Promise<unknown>>();
  /** Ids of the logs that are read, by topic, each with a partition that is; they outlast an assignment, as segments do. */
  readonly #logIds = new Map<string, { readonly logId: string; readonly partition: number }>();
  #closing = false;

  constructor(consumer: Consumer, handler: SourceHandler, options: ReadingOptions) {
    this.#consumer = consumer;
    this.#handler = handler;
    this.#options = options;
  }

  get places(): readonly Place[] {
    return [...this.#assignment.places()];
  }

  get isHandling(): boolean {
    return this.#handling.size > 0;
  }

  /** False for a partition that has gone to someone else: its new owner commits. */
  owns(topic: string, partition: number): boolean {
    return this.#assignment.place(topic, partition) !== undefined;
  }

  /** Nothing new is begun from now on. */
  close(): void {
    this.#closing = true;
  }

  /** Handlers that still wait, say for their store, are told to come back. */
  end(): void {
    this.#closing = true;
    this.#assignment.end();
  }

  async handlerIdle(): Promise<void> {
    while (this.#handling.size > 0) await Promise.all(this.#handling);
  }

  /** Emitted before the rejoin, though not before every one. The handler may use the time; nothing rests on it. */
  rebalancing(deadlineMs: number): void {
    if (!this.#closing) this.#revoking = this.revoke(deadlineMs);
  }

  async revoke(deadlineMs: number): Promise<void> {
    try {
      await withDeadline(
        this.handlerIdle().then(() => this.#handler.revoked()),
        deadlineMs,
      );
      await withDeadline(this.#options.commits.flush(), COMMIT_MS_MAX);
    } catch (error) {
      this.#options.telemetry.event(
        "warn",
        "source_revokes_failed",
        "open segments were not cut in time; their records are read again",
      );
      this.#options.telemetry.log("warn", "why", { error: errorText(error) });
    }
  }

  joined(memberAssignment: Readonly<Record<string, readonly number[]>>): void {
    const previous = this.#assignment;
    previous.end();
    if (this.#closing) return;
    const assignment = new Assignment(memberAssignment);
    this.#assignment = assignment;
    assignment.ready = this.#begin(assignment, previous).catch((error: unknown) => {
      if (!assignment.isOver) this.#options.onFailed(error);
    });
  }

  async #begin(assignment: Assignment, previous: Assignment): Promise<void> {
    await previous.ready;
    await this.#revoking;
    await this.handlerIdle();
    await this.#options.commits.flush();
    this.#options.commits.forget();
    const beginnings = await this.#findBeginnings(assignment);
    if (assignment.isOver) return;
    for (const beginning of beginnings) this.#seek(assignment, beginning);
    this.#options.onAssigned();
    this.#options.telemetry.log("info", "assigned", { partitions: beginnings.length });
    await this.#handler.assigned(
      beginnings.map(({ topic, partition, offset, logId }) => ({ topic, partition, offset, logId })),
    );
    for (const { topic, partition, offset, logStartOffset, logEndOffset } of beginnings) {
      const place = assignment.place(topic, partition);
      if (place && logStartOffset > offset)
        await this.#tellLost(assignment, place, logStartOffset, logEndOffset);
    }
  }

  /** Waits as long as it takes for the brokers to answer: until then there is nothing to read either. */
  async #findBeginnings(assignment: Assignment): Promise<Beginning[]> {
    const beginnings = await retry(
      this.#options.clock,
      () => findBeginnings(this.#options.ask, this.#options.groupId, assignment.partitions, this.#handler),
      {
        signal: assignment.signal,
        onRetry: (error) =>
          this.#options.telemetry.log("warn", "where to begin is not known yet", { error: errorText(error) }),
      },
    );
    const checked: Beginning[] = [];
    for (const beginning of beginnings) {
      const { offset, logEndOffset, replacedLogId } = beginning;
      if (replacedLogId !== undefined)
        await refuseReplaced(this.#options, assignment.signal, beginning, replacedLogId);
      if (offset > logEndOffset) await refuseWentBack(this.#options, assignment.signal, beginning);
      // The brokers did not insist, so the other id was a former one, told by a broker that lagged.
      checked.push({ ...beginning, logId: replacedLogId ?? beginning.logId });
    }
    return checked;
  }

  #seek(assignment: Assignment, { topic, partition, offset, logStartOffset, logId }: Beginning): void {
    const from = Math.max(offset, logStartOffset);
    if (logId !== undefined) this.#logIds.set(topic, { logId, partition });
    assignment.begin({ topic, partition, offset }, this.#options.clock.nowMs());
    this.#seekTo(topic, partition, from);
  }

  /** Always said explicitly: a seek of an earlier assignment would otherwise still wait in kafkajs. */
  #seekTo(topic: string, partition: number, offset: number): void {
    if (!this.#closing) this.#consumer.seek({ topic, partition, offset: String(offset) });
  }

  /** The place is behind control records that kafkajs' own decoder keeps from us: a legal jump. */
  skipTo(topic: string, partition: number, nextOffset: number): void {
    const place = this.#assignment.place(topic, partition);
    if (place) place.nextOffset = Math.max(place.nextOffset, nextOffset);
  }

  async onBatch(payload: EachBatchPayload): Promise<void> {
    try {
      const assignment = await this.#settled(payload);
      if (!assignment || this.#closing) return;
      const fetched = payload.batch as unknown as FetchedBatch;
      const place = assignment.place(fetched.topic, fetched.partition);
      if (!place || place.busy || payload.isStale() || !payload.isRunning()) return;
      this.#options.commits.use((offsets) => payload.commitOffsetsIfNecessary(offsets));
      if (this.#isExpected(place, fetched)) await this.#handle(assignment, place, fetched, payload);
      else await this.#reposition(assignment, place, fetched);
    } catch (error) {
      // kafkajs takes what is thrown here for a reason to end the consumer, or to try for ever: neither is its to decide.
      this.#options.onFailed(error);
    }
  }

  /** The assignment that a batch belongs to, once its beginning is known; undefined when the batch came too late. */
  async #settled(payload: EachBatchPayload): Promise<Assignment | undefined> {
    for (;;) {
      const assignment = this.#assignment;
      let lost = false;
      await keepAlive(payload, this.#options.heartbeatMs, assignment.ready, () => {
        lost = true;
      });
      if (lost) return undefined;
      if (assignment === this.#assignment) return assignment;
    }
  }

  #isExpected(place: Place, { fetchedOffset }: FetchedBatch): boolean {
    return Number(fetchedOffset) === place.nextOffset;
  }

  async #handle(
    assignment: Assignment,
    place: Place,
    fetched: FetchedBatch,
    payload: EachBatchPayload,
  ): Promise<void> {
    let isLost = false;
    const onLost = () => {
      isLost = true;
    };
    let wasToldStale = false;
    const isStale = () => {
      wasToldStale ||= isLost || assignment.isOver || !payload.isRunning() || payload.isStale();
      return wasToldStale;
    };
    const batch = toRecordBatch(fetched);
    const control: BatchControl = { isStale, heartbeat: () => payload.heartbeat().catch(onLost) };
    await keepAlive(payload, this.#options.heartbeatMs, this.#deliver(place, batch, control), onLost);
    if (assignment.isOver) return;
    if (wasToldStale) return this.#rewind(assignment);
    // It was folded whole: on from its end, even if the membership is in doubt. The handler stands there too.
    Assignment.move(place, batch.endOffset, this.#options.clock.nowMs());
    payload.resolveOffset(String(batch.endOffset - 1));
  }

  /**
   * A handler that was told to stop has folded we know not how much. A rejoin would put that right, but a heartbeat
   * that was lost with a connection is not always followed by one: so begin again at the commits ourselves.
   */
  #rewind(assignment: Assignment): void {
    this.#options.telemetry.event(
      "info",
      "source_rewinds",
      "a batch was given up half-way; reading begins again at the commits",
    );
    this.joined(Object.fromEntries(assignment.partitions));
  }

  async #deliver(place: Place, batch: RecordBatch, control: BatchControl): Promise<void> {
    place.busy = true;
    const work = this.#handler.batch(batch, control);
    const settled = work.catch(() => {});
    this.#handling.add(settled);
    try {
      await work;
    } finally {
      place.busy = false;
      this.#handling.delete(settled);
    }
  }

  /** kafkajs fetched from elsewhere than we expect: it does so when its offset is out of range. Look why, set it right. */
  async #reposition(assignment: Assignment, place: Place, { fetchedOffset }: FetchedBatch): Promise<void> {
    const { topic, partition, nextOffset } = place;
    place.busy = true;
    try {
      const end = (await this.#options.ask.ends(topic)).find((one) => one.partition === partition);
      if (assignment.isOver || !end) return;
      this.#options.telemetry.log("warn", "repositioned", { ...end, fetchedOffset, nextOffset });
      await this.confirmLogs();
      if (nextOffset > end.endOffset)
        await refuseWentBack(this.#options, assignment.signal, { topic, partition, offset: nextOffset });
      if (nextOffset < end.startOffset)
        await this.#tellLost(assignment, place, end.startOffset, end.endOffset);
      this.#seekTo(topic, partition, place.nextOffset);
    } catch (error) {
      if (!(error instanceof OperationalError && error.retryable)) throw error;
      await this.#options.clock.sleep(1_000, assignment.signal); // then the same batch comes again
    } finally {
      place.busy = false;
    }
  }

  /**
   * Offsets do not tell a topic from one that was made again under its name: between two fetches it may have grown past
   * what was read. Whatever was fetched before this is asked, and is found well, was of the log that its path began in.
   * @throws {OperationalError} SOURCE_LOG_REPLACED
   */
  async confirmLogs(): Promise<void> {
    if (this.#logIds.size === 0) return;
    const { signal } = this.#assignment;
    const ids = await this.#options.ask.topicIds([...this.#logIds.keys()]);
    for (const [topic, { logId, partition }] of this.#logIds) {
      const now = ids.get(topic);
      if (now === undefined || now === logId) continue;
      const offset = this.#assignment.place(topic, partition)?.nextOffset ?? 0;
      await refuseReplaced(this.#options, signal, { topic, partition, offset }, logId);
    }
  }

  /** Retention was faster than we: the handler accounts for the offsets that are gone. */
  async #tellLost(
    assignment: Assignment,
    place: Place,
    logStartOffset: number,
    logEndOffset: number,
  ): Promise<void> {
    const { topic, partition, nextOffset } = place;
    const count = logStartOffset - nextOffset;
    this.#options.telemetry.event(
      "error",
      "source_offsets_lost",
      "the broker deleted records before they were read",
      { topic },
      count,
    );
    this.#options.telemetry.log("error", "lost offsets", {
      topic,
      partition,
      from: nextOffset,
      to: logStartOffset,
    });
    const batch = emptyBatch(topic, partition, logStartOffset, logEndOffset, logStartOffset);
    const control: BatchControl = { isStale: () => assignment.isOver, heartbeat: async () => {} };
    await this.#deliver(place, batch, control);
    Assignment.move(place, logStartOffset, this.#options.clock.nowMs());
  }
}
