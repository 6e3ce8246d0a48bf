/**
 * Records from Kafka: a member of a consumer group that hands whole batches to its handler.
 *
 * kafkajs does the group and the fetching, and is not trusted with more (reading.ts). This file is the way in and the
 * way out: joining, committing, pausing, stopping in time, and noticing when it cannot go on.
 */
import type { Consumer, Kafka } from "kafkajs";
import type { Clock } from "../../base/clock.ts";
import { withDeadline } from "../../base/deadline.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import { retry } from "../../base/retry.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { SourceContext } from "../context.ts";
import type {
  DeadLetter,
  PartitionEnd,
  PartitionPosition,
  RecordSource,
  SourceHandler,
} from "../contract.ts";
import { Ask } from "./ask.ts";
import { BRISK, createClient, PATIENT } from "./client.ts";
import { Commits } from "./commits.ts";
import { DeadLetters } from "./dead-letters.ts";
import { kafkaFailure } from "./failure.ts";
import type { KafkaOptions } from "./options.ts";
import { patchKafkajs, withLazyBatches } from "./patches.ts";
import { Reading } from "./reading.ts";
import { findStalled, stillPlaces } from "./stall-watch.ts";

/** Times that a test shortens. */
export interface KafkaTuning {
  /** A partition with records to read that has not moved for this long, while nothing else is wrong, is stuck. */
  readonly stalledMs: number;
  readonly stallCheckMs: number;
  /** How often the ids of the topics are looked at while reading. */
  readonly logCheckMs: number;
  /** How soon new partitions of a topic are seen. */
  readonly metadataAgeMs: number;
}

const TUNING: KafkaTuning = {
  stalledMs: 120_000,
  stallCheckMs: 30_000,
  logCheckMs: 10_000,
  metadataAgeMs: 30_000,
};
/**
 * Partitions whose batches are in the handler at the same time. With 1, kafkajs can strand a batch when there are
 * several brokers (its fetchers share one worker); more than a few only hold more memory.
 */
const PARTITIONS_CONCURRENT = 4;
/** The budget of a stop, which has 20 s in all. */
const STOP_MS = { batch: 3_000, revoke: 7_000, leave: 3_000, others: 1_000 } as const;
const REVOKE_MS_MAX = 15_000;
/** How long brokers that do not answer are waited for at the start. */
const START_PATIENCE_MS = 120_000;
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
  #consumer: Consumer | undefined;
  #reading: Reading | undefined;
  #watchdogs: readonly NodeJS.Timeout[] = [];
  #paused = false;
  #stopping: Promise<void> | undefined;
  readonly #stopped = new AbortController();
  /** Set by a failure or a stop: nothing new is begun. */
  #closing = false;

  constructor(name: string, options: KafkaOptions, context: KafkaContext, tuning: KafkaTuning) {
    this.name = name;
    this.#options = options;
    this.#tuning = tuning;
    this.#clock = context.clock;
    this.#telemetry = context.telemetry;
    const { lazyBatches, topicIds } = patchKafkajs(context.telemetry);
    this.#lazyBatches = lazyBatches;
    this.#kafka = createClient(options, PATIENT, context.telemetry);
    const brisk = createClient(options, BRISK, context.telemetry);
    this.#ask = new Ask(brisk, context.telemetry, topicIds);
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
    await retry(this.#clock, () => this.#ask.requireTopics(topics), {
      deadlineMs: START_PATIENCE_MS,
      signal: this.#stopped.signal,
      // Brokers may be starting as we are; a topic that they do not know is told at once.
      isRetryable: (error) => error instanceof OperationalError && error.code === "SOURCE_UNREACHABLE",
      onRetry: (error) =>
        this.#telemetry.log("warn", "the brokers do not answer yet", { error: errorText(error) }),
    });
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
    this.#reading = this.#createReading(this.#consumer, handler);
    this.#listen(this.#consumer, this.#reading);
    try {
      await this.#consumer.connect();
      // "fromBeginning" is also what kafkajs does when its offset is out of range: never jump to the latest.
      await this.#consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await withLazyBatches(() => this.#run(this.#consumer as Consumer, this.#reading as Reading));
    } catch (error) {
      await this.stop();
      throw kafkaFailure(`joining group "${groupId}"`, error);
    }
    this.#watchdogs = [
      setInterval(() => void this.#watch(), this.#tuning.stallCheckMs).unref(),
      setInterval(() => void this.#checkLogs(), this.#tuning.logCheckMs).unref(),
    ];
  }

  #run(consumer: Consumer, reading: Reading): Promise<void> {
    return consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_CONCURRENT,
      eachBatch: (payload) => reading.onBatch(payload),
    });
  }

  #createReading(consumer: Consumer, handler: SourceHandler): Reading {
    return new Reading(consumer, handler, {
      groupId: this.#options.groupId,
      heartbeatMs: this.#heartbeatMs,
      clock: this.#clock,
      telemetry: this.#telemetry,
      ask: this.#ask,
      commits: this.#commits,
      onFailed: (error) => this.#fail(error),
      onAssigned: () => this.#tellPaused(),
    });
  }

  async commit(topic: string, partition: number, endOffset: number): Promise<void> {
    // Of a partition that has gone to someone else, the new owner commits.
    if (this.#reading?.owns(topic, partition)) this.#commits.add(topic, partition, endOffset);
  }

  async partitionEnds(): Promise<readonly PartitionEnd[]> {
    return (await Promise.all(this.#options.topics.map((topic) => this.#ask.ends(topic)))).flat();
  }

  async committed(): Promise<readonly PartitionPosition[]> {
    const { groupId, topics } = this.#options;
    const commits = await Promise.all(topics.map((topic) => this.#ask.commits(groupId, topic)));
    return topics.flatMap((topic, i) =>
      [...commits[i]!].map(([partition, offset]) => ({ topic, partition, offset })),
    );
  }

  async confirmLogs(): Promise<void> {
    await this.#reading?.confirmLogs();
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
    this.#stopped.abort();
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  get #heartbeatMs(): number {
    return Math.min(3_000, Math.max(100, Math.floor(this.#options.sessionTimeout / 10)));
  }

  #listen(consumer: Consumer, reading: Reading): void {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => reading.joined(payload.memberAssignment));
    consumer.on(consumer.events.REBALANCING, () => {
      this.#telemetry.event("info", "source_rebalances", "the group rebalances; partitions may go to others");
      reading.rebalancing(REVOKE_MS_MAX);
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      const restart = String(payload.restart);
      this.#telemetry.event("warn", "source_consumer_crashes", "the Kafka consumer stopped", { restart });
      this.#telemetry.log("warn", "why it stopped", { error: errorText(payload.error) });
      if (!payload.restart) this.#fail(crash(payload.error));
    });
    if (this.#lazyBatches) return;
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      const { topic, partition, lastOffset, batchSize } = payload;
      if (batchSize === 0) reading.skipTo(topic, partition, Number(lastOffset) + 1);
    });
  }

  async #watch(): Promise<void> {
    const reading = this.#reading;
    const { stalledMs } = this.#tuning;
    if (!reading || this.#closing || this.#paused || reading.isHandling) return;
    const still = stillPlaces(reading.places, this.#clock.nowMs(), stalledMs);
    if (still.length === 0) return;
    const ends = await this.partitionEnds().catch(() => undefined);
    if (!ends || reading.isHandling) return; // the brokers are away: nobody can move
    const error = findStalled(still, ends, this.#clock.nowMs(), stalledMs);
    if (error) this.#fail(error);
  }

  /** For a reader that is paused or has nothing to write. Brokers that are away say nothing of a topic: the next look will. */
  async #checkLogs(): Promise<void> {
    if (this.#closing) return;
    await this.confirmLogs().catch((error: unknown) => {
      if (!(error instanceof OperationalError && error.retryable)) this.#fail(error);
    });
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

  #fail(error: unknown): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#telemetry.error("the source cannot go on", error, { source: this.name });
    this.#rejectFinished(error);
    void this.#close();
  }

  async #stop(): Promise<void> {
    const reading = this.#closing ? undefined : this.#reading;
    this.#closing = true;
    if (reading) {
      reading.close();
      this.#tellPaused(); // or kafkajs fetches the same records again and again while we cut
      await withDeadline(reading.handlerIdle(), STOP_MS.batch).catch(() => {});
      reading.end();
      await reading.revoke(STOP_MS.revoke);
    }
    await this.#close();
    this.#resolveFinished();
  }

  async #close(): Promise<void> {
    for (const watchdog of this.#watchdogs) clearInterval(watchdog);
    this.#tellPaused();
    this.#reading?.end();
    this.#commits.forget();
    if (this.#consumer) await withDeadline(this.#consumer.disconnect(), STOP_MS.leave).catch(() => {});
    const others = Promise.all([this.#ask.close(), this.#deadLetters.close()]);
    await withDeadline(others, STOP_MS.others).catch(() => {});
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
