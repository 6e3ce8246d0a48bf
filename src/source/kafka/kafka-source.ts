/**
 * Records from Kafka: a member of a consumer group that hands whole batches to its handler.
 *
 * kafkajs does the group and the fetching, and is not trusted with more: where reading begins is looked up and set by
 * us after every join, and a batch counts only when it was fetched from exactly the offset that we expect next. So a
 * reset behind our back, a batch of an earlier assignment or one that is delivered twice changes nothing.
 */
import type { Consumer, EachBatchPayload, Kafka } from "kafkajs";
import type { Clock } from "../../base/clock.ts";
import { withDeadline } from "../../base/deadline.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import { retry } from "../../base/retry.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { SourceContext } from "../context.ts";
import type {
  BatchControl,
  DeadLetter,
  PartitionEnd,
  RecordBatch,
  RecordSource,
  SourceHandler,
} from "../contract.ts";
import { Ask } from "./ask.ts";
import { Assignment, type Place } from "./assignment.ts";
import { BRISK, createClient, PATIENT } from "./client.ts";
import { Commits } from "./commits.ts";
import { DeadLetters } from "./dead-letters.ts";
import { kafkaFailure } from "./failure.ts";
import type { KafkaOptions } from "./options.ts";
import { patchKafkajs, withLazyBatches } from "./patches.ts";
import { type Beginning, findBeginnings, logWentBack } from "./positions.ts";
import { emptyBatch, type FetchedBatch, toRecordBatch } from "./record-batch.ts";

/** Times that a test shortens. */
export interface KafkaTuning {
  /** A partition with records to read that has not moved for this long, while nothing else is wrong, is stuck. */
  readonly stalledMs: number;
  readonly stallCheckMs: number;
  /** How soon new partitions of a topic are seen. */
  readonly metadataAgeMs: number;
}

const TUNING: KafkaTuning = { stalledMs: 120_000, stallCheckMs: 30_000, metadataAgeMs: 30_000 };
/**
 * Partitions whose batches are in the handler at the same time. With 1, kafkajs can strand a batch when there are
 * several brokers (its fetchers share one worker); more than a few only hold more memory.
 */
const PARTITIONS_CONCURRENT = 4;
/** The budget of a stop, which has 20 s in all. */
const STOP_MS = { batch: 3_000, revoke: 8_000, commit: 2_000, leave: 4_000 } as const;
const REVOKE_MS_MAX = 15_000;
/** An end before our position is believed when it is answered this often, a second apart: elections look like it. */
const WENT_BACK_LOOKS = 3;

/** What it needs of a source's context. */
export type KafkaContext = Pick<SourceContext, "clock" | "telemetry">;

export function createKafkaSource(
  name: string,
  options: KafkaOptions,
  context: KafkaContext,
  tuning: Partial<KafkaTuning> = {},
): RecordSource {
  return new KafkaSource(name, options, context, { ...TUNING, ...tuning });
}

class KafkaSource implements RecordSource {
  readonly name: string;
  readonly finished: Promise<void>;
  readonly #options: KafkaOptions;
  readonly #tuning: KafkaTuning;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #kafka: Kafka;
  readonly #ask: Ask;
  readonly #deadLetters: DeadLetters;
  readonly #commits: Commits;
  readonly #lazyBatches: boolean;
  #resolveFinished: () => void = () => {};
  #rejectFinished: (error: unknown) => void = () => {};
  #handler: SourceHandler | undefined;
  #consumer: Consumer | undefined;
  #assignment = new Assignment({});
  /** Ends when the handler has cut what a rebalance takes away. */
  #revoking: Promise<void> = Promise.resolve();
  /** Batches that are with the handler. At most {@link PARTITIONS_CONCURRENT}. */
  readonly #handling = new Set<Promise<unknown>>();
  #watchdog: NodeJS.Timeout | undefined;
  #paused = false;
  #stopping: Promise<void> | undefined;
  #failed = false;

  constructor(name: string, options: KafkaOptions, context: KafkaContext, tuning: KafkaTuning) {
    this.name = name;
    this.#options = options;
    this.#tuning = tuning;
    this.#clock = context.clock;
    this.#telemetry = context.telemetry;
    this.#lazyBatches = patchKafkajs(context.telemetry).lazyBatches;
    this.#kafka = createClient(options, PATIENT, context.telemetry);
    const brisk = createClient(options, BRISK, context.telemetry);
    this.#ask = new Ask(brisk);
    this.#deadLetters = new DeadLetters(
      brisk,
      this.#ask,
      (topic) => options.deadLetterTopic ?? `${topic}.dead-letter`,
    );
    this.#commits = new Commits(context.telemetry);
    this.finished = new Promise((resolve, reject) => {
      this.#resolveFinished = resolve;
      this.#rejectFinished = reject;
    });
    this.finished.catch(() => {});
  }

  async start(handler: SourceHandler): Promise<void> {
    const { topics, groupId, maxBytes, sessionTimeout, fetchWait } = this.#options;
    this.#handler = handler;
    await this.#ask.requireTopics(topics);
    this.#consumer = this.#kafka.consumer({
      groupId,
      sessionTimeout,
      heartbeatInterval: this.#heartbeatMs,
      rebalanceTimeout: Math.max(60_000, sessionTimeout),
      metadataMaxAge: this.#tuning.metadataAgeMs,
      maxBytes,
      maxBytesPerPartition: Math.max(65_536, Math.floor(maxBytes / 2)),
      maxWaitTimeInMs: fetchWait,
      allowAutoTopicCreation: false,
      readUncommitted: false,
      retry: PATIENT,
    });
    this.#listen(this.#consumer);
    try {
      await this.#consumer.connect();
      // "fromBeginning" is also what kafkajs does when its offset is out of range: never jump to the latest.
      await this.#consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await withLazyBatches(() => this.#run(this.#consumer as Consumer));
    } catch (error) {
      await this.stop();
      throw kafkaFailure(`joining group "${groupId}"`, error);
    }
    this.#watchdog = setInterval(() => void this.#watch(), this.#tuning.stallCheckMs).unref();
  }

  #run(consumer: Consumer): Promise<void> {
    return consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_CONCURRENT,
      eachBatch: (payload) => this.#onBatch(payload),
    });
  }

  async commit(topic: string, partition: number, endOffset: number): Promise<void> {
    // Of a partition that has gone to someone else, the new owner commits.
    if (this.#assignment.place(topic, partition)) await this.#commits.add(topic, partition, endOffset);
  }

  async partitionEnds(): Promise<readonly PartitionEnd[]> {
    return (await Promise.all(this.#options.topics.map((topic) => this.#ask.ends(topic)))).flat();
  }

  async keepDeadLetters(letters: readonly DeadLetter[]): Promise<void> {
    await this.#deadLetters.keep(letters);
  }

  pause(): void {
    this.#paused = true;
    this.#tellPaused();
  }

  resume(): void {
    this.#paused = false;
    this.#tellPaused();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  get #heartbeatMs(): number {
    return Math.min(3_000, Math.max(100, Math.floor(this.#options.sessionTimeout / 10)));
  }

  get #closing(): boolean {
    return this.#failed || this.#stopping !== undefined;
  }

  // ---- the group

  #listen(consumer: Consumer): void {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => this.#joined(payload.memberAssignment));
    consumer.on(consumer.events.REBALANCING, () => this.#rebalancing());
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.#telemetry.event("warn", "source_consumer_crashes", "the Kafka consumer stopped", {
        restart: String(payload.restart),
      });
      this.#telemetry.log("warn", "why it stopped", { error: errorText(payload.error) });
      if (!payload.restart) this.#fail(crash(payload.error));
    });
    if (this.#lazyBatches) return;
    // kafkajs' own decoder keeps control records from us; their offsets are a legal jump.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      const place = this.#assignment.place(payload.topic, payload.partition);
      if (place && payload.batchSize === 0)
        place.nextOffset = Math.max(place.nextOffset, Number(payload.lastOffset) + 1);
    });
  }

  /** Emitted before the rejoin, not before every one. The handler may use the time; nothing rests on it. */
  #rebalancing(): void {
    if (this.#closing) return;
    this.#telemetry.event("info", "source_rebalances", "the group rebalances; partitions may go to others");
    this.#revoking = this.#revoke(REVOKE_MS_MAX);
  }

  async #revoke(deadlineMs: number): Promise<void> {
    try {
      await withDeadline(
        this.#handlerIdle().then(() => this.#handler?.revoked()),
        deadlineMs,
      );
      await withDeadline(this.#commits.flush(), STOP_MS.commit);
    } catch (error) {
      this.#telemetry.event(
        "warn",
        "source_revokes_failed",
        "open segments were not cut in time; their records are read again",
      );
      this.#telemetry.log("warn", "why", { error: errorText(error) });
    }
  }

  #joined(memberAssignment: Readonly<Record<string, readonly number[]>>): void {
    const previous = this.#assignment;
    previous.end();
    if (this.#closing) return;
    const assignment = new Assignment(memberAssignment);
    this.#assignment = assignment;
    assignment.ready = this.#begin(assignment, previous).catch((error: unknown) => {
      if (!assignment.isOver) this.#fail(error);
    });
  }

  async #begin(assignment: Assignment, previous: Assignment): Promise<void> {
    await previous.ready;
    await this.#revoking;
    await this.#handlerIdle();
    this.#commits.forget();
    const beginnings = await this.#findBeginnings(assignment);
    if (assignment.isOver) return;
    for (const beginning of beginnings) this.#seek(assignment, beginning);
    this.#tellPaused();
    this.#telemetry.log("info", "assigned", { source: this.name, partitions: beginnings.length });
    await this.#handler?.assigned(
      beginnings.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
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
      this.#clock,
      () =>
        findBeginnings(this.#ask, this.#options.groupId, assignment.partitions, async (topic, partition) =>
          this.#handler?.resumeOffset(topic, partition),
        ),
      {
        signal: assignment.signal,
        onRetry: (error) =>
          this.#telemetry.log("warn", "where to begin is not known yet", { error: errorText(error) }),
      },
    );
    for (const { topic, partition, offset, logEndOffset } of beginnings) {
      if (offset > logEndOffset) await this.#refuseWentBack(topic, partition, offset);
    }
    return beginnings;
  }

  #seek(assignment: Assignment, { topic, partition, offset, logStartOffset }: Beginning): void {
    const from = Math.max(offset, logStartOffset);
    assignment.begin(topic, partition, offset, this.#clock.nowMs());
    this.#seekTo(topic, partition, from);
  }

  /** Always said explicitly: a seek of an earlier assignment would otherwise still wait in kafkajs. */
  #seekTo(topic: string, partition: number, offset: number): void {
    if (!this.#closing) this.#consumer?.seek({ topic, partition, offset: String(offset) });
  }

  // ---- batches

  async #onBatch(payload: EachBatchPayload): Promise<void> {
    try {
      const assignment = await this.#settled(payload);
      if (!assignment || this.#closing) return;
      const fetched = payload.batch as unknown as FetchedBatch;
      const place = assignment.place(fetched.topic, fetched.partition);
      if (!place || place.busy || payload.isStale() || !payload.isRunning()) return;
      this.#commits.use((offsets) => payload.commitOffsetsIfNecessary(offsets));
      if (this.#isExpected(place, fetched)) await this.#handle(assignment, place, fetched, payload);
      else await this.#reposition(assignment, place, fetched);
    } catch (error) {
      // kafkajs takes what is thrown here for a reason to end the consumer, or to try for ever: neither is its to decide.
      this.#fail(error);
    }
  }

  /** The assignment that a batch belongs to, once its beginning is known; undefined when the batch came too late. */
  async #settled(payload: EachBatchPayload): Promise<Assignment | undefined> {
    for (;;) {
      const assignment = this.#assignment;
      let lost = false;
      await this.#keepAlive(payload, assignment.ready, () => {
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
    await this.#keepAlive(payload, this.#deliver(place, batch, control), onLost);
    if (assignment.isOver) return;
    if (wasToldStale) return this.#rewind(assignment);
    // It was folded whole: on from its end, even if the membership is in doubt. The handler stands there too.
    Assignment.move(place, batch.endOffset, this.#clock.nowMs());
    payload.resolveOffset(String(batch.endOffset - 1));
  }

  /**
   * A handler that was told to stop has folded we know not how much. A rejoin would put that right, but a heartbeat
   * that was lost with a connection is not always followed by one: so begin again at the commits ourselves.
   */
  #rewind(assignment: Assignment): void {
    this.#telemetry.event(
      "info",
      "source_rewinds",
      "a batch was given up half-way; reading begins again at the commits",
    );
    this.#joined(Object.fromEntries(assignment.partitions));
  }

  async #deliver(place: Place, batch: RecordBatch, control: BatchControl): Promise<void> {
    place.busy = true;
    const work = (this.#handler as SourceHandler).batch(batch, control);
    const settled = work.catch(() => {});
    this.#handling.add(settled);
    try {
      await work;
    } finally {
      place.busy = false;
      this.#handling.delete(settled);
    }
  }

  /** The membership must not depend on how long the handler waits, say for its store. */
  async #keepAlive<T>(payload: EachBatchPayload, work: Promise<T>, onLost: () => void): Promise<T> {
    const timer = setInterval(() => void payload.heartbeat().catch(onLost), this.#heartbeatMs);
    try {
      return await work;
    } finally {
      clearInterval(timer);
    }
  }

  async #handlerIdle(): Promise<void> {
    while (this.#handling.size > 0) await Promise.all(this.#handling);
  }

  // ---- the unexpected

  /** kafkajs fetched from elsewhere than we expect: it does so when its offset is out of range. Look why, set it right. */
  async #reposition(assignment: Assignment, place: Place, { fetchedOffset }: FetchedBatch): Promise<void> {
    const { topic, partition, nextOffset } = place;
    place.busy = true;
    try {
      const end = (await this.#ask.ends(topic)).find((one) => one.partition === partition);
      if (assignment.isOver || !end) return;
      this.#telemetry.log("warn", "repositioned", { ...end, fetchedOffset, nextOffset });
      if (nextOffset > end.endOffset) await this.#refuseWentBack(topic, partition, nextOffset);
      if (nextOffset < end.startOffset)
        await this.#tellLost(assignment, place, end.startOffset, end.endOffset);
      this.#seekTo(topic, partition, place.nextOffset);
    } catch (error) {
      if (!(error instanceof OperationalError && error.retryable)) throw error;
      await this.#clock.sleep(1_000, assignment.signal); // then the same batch comes again
    } finally {
      place.busy = false;
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
    this.#telemetry.event(
      "error",
      "source_offsets_lost",
      "the broker deleted records before they were read",
      { topic },
      count,
    );
    this.#telemetry.log("error", "lost offsets", { topic, partition, from: nextOffset, to: logStartOffset });
    const batch = emptyBatch(topic, partition, logStartOffset, logEndOffset, logStartOffset);
    const control: BatchControl = { isStale: () => assignment.isOver, heartbeat: async () => {} };
    await this.#deliver(place, batch, control);
    Assignment.move(place, logStartOffset, this.#clock.nowMs());
  }

  async #refuseWentBack(topic: string, partition: number, expected: number): Promise<void> {
    let end: PartitionEnd | undefined;
    for (let look = 0; look < WENT_BACK_LOOKS; look++) {
      await this.#clock.sleep(1_000, this.#assignment.signal);
      end = (await this.#ask.ends(topic)).find((one) => one.partition === partition);
      if (!end || end.endOffset >= expected) return;
    }
    if (end) throw logWentBack(end, expected);
  }

  /** Finds partitions that kafkajs has forgotten: behind, not paused, not with the handler, and not moving. */
  async #watch(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const isIdle = !this.#closing && !this.#paused && this.#handling.size === 0;
    const still = [...this.#assignment.places()].filter(
      (place) => nowMs - place.movedAtMs > this.#tuning.stalledMs,
    );
    if (!isIdle || still.length === 0) return;
    const ends = await this.partitionEnds().catch(() => undefined);
    if (!ends) return; // the brokers are away: nobody can move
    for (const place of still) {
      const end = ends.find(({ topic, partition }) => topic === place.topic && partition === place.partition);
      if (end === undefined || end.endOffset <= place.nextOffset) {
        Assignment.move(place, place.nextOffset, nowMs);
        continue;
      }
      // Seen behind for the first time, its records may have come this very moment.
      place.behindSinceMs ??= nowMs;
      if (nowMs - place.behindSinceMs > this.#tuning.stalledMs && this.#handling.size === 0)
        this.#fail(stalled(place, end));
    }
  }

  #tellPaused(): void {
    const topics = this.#options.topics.map((topic) => ({ topic }));
    try {
      if (this.#paused || this.#closing) this.#consumer?.pause(topics);
      else this.#consumer?.resume(topics);
    } catch {
      // Not joined yet, or between a crash and its restart: every join says it again.
    }
  }

  // ---- the end

  #fail(error: unknown): void {
    if (this.#closing) return;
    this.#failed = true;
    this.#telemetry.error("the source cannot go on", error, { source: this.name });
    this.#rejectFinished(error);
    void this.#close();
  }

  async #stop(): Promise<void> {
    this.#tellPaused();
    if (!this.#failed) {
      await withDeadline(this.#handlerIdle(), STOP_MS.batch).catch(() => {});
      this.#assignment.end(); // a handler that still waits, say for its store, is told to come back
      if (this.#handler) await this.#revoke(STOP_MS.revoke);
    }
    await this.#close();
    this.#resolveFinished();
  }

  async #close(): Promise<void> {
    clearInterval(this.#watchdog);
    this.#tellPaused();
    this.#assignment.end();
    this.#commits.forget();
    const consumer = this.#consumer;
    if (consumer) await withDeadline(consumer.disconnect(), STOP_MS.leave).catch(() => {});
    await withDeadline(Promise.all([this.#ask.close(), this.#deadLetters.close()]), STOP_MS.commit).catch(
      () => {},
    );
  }
}

function crash(error: unknown): OperationalError {
  const failure = kafkaFailure("consuming", error);
  if (!failure.retryable) return failure;
  return new OperationalError(
    `The Kafka consumer gave up: ${errorText(error)}. Start the process again; it goes on at the last commit.`,
    {
      code: "SOURCE_CRASHED",
      retryable: true,
      cause: error,
    },
  );
}

function stalled({ topic, partition, nextOffset }: Place, { endOffset }: PartitionEnd): OperationalError {
  return new OperationalError(
    `Partition ${partition} of topic "${topic}" has records from ${nextOffset} to ${endOffset} that are not being fetched. ` +
      "Start the process again; it goes on at the last commit.",
    { code: "SOURCE_STALLED", retryable: true, context: { topic, partition, nextOffset, endOffset } },
  );
}
