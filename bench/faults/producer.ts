/**
 * Sends the load to Kafka: history as fast as it goes, then in step with the clock. A batch that the brokers did not
 * take is sent again until they do, so records may stand in the log twice: they are real records then, and the oracle
 * reads the log.
 */
import { CompressionTypes, type Kafka, Partitioners, type Producer } from "kafkajs";
import { withDeadline } from "../../src/base/deadline.ts";
import type { LoadRecord } from "./load.ts";

/** What makes the records: see Load. */
export interface RecordMaker {
  readonly untilMs: number;
  next(untilMs: number): readonly LoadRecord[];
}

/** Event time of one request. */
const SLICE_MS_MAX = 5_000;
const TICK_MS = 250;
const SEND_DEADLINE_MS = 15_000;

export class LoadProducer {
  readonly #kafka: Kafka;
  readonly #topic: string;
  readonly #load: RecordMaker;
  #producer: Producer | undefined;
  #stopping = false;
  #running: Promise<void> | undefined;
  recordCount = 0;
  retryCount = 0;
  /** Event time up to which the brokers have every record. */
  sentUntilMs: number;

  constructor(kafka: Kafka, topic: string, load: RecordMaker) {
    this.#kafka = kafka;
    this.#topic = topic;
    this.#load = load;
    this.sentUntilMs = load.untilMs;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends after the batch at hand. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await this.#producer?.disconnect().catch(() => {});
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const untilMs = Math.min(Date.now(), this.#load.untilMs + SLICE_MS_MAX);
      await this.#insist(this.#load.next(untilMs));
      this.sentUntilMs = untilMs;
      const behindMs = Date.now() - untilMs;
      if (behindMs < TICK_MS) await new Promise((resolve) => setTimeout(resolve, TICK_MS - behindMs));
    }
  }

  async #insist(records: readonly LoadRecord[]): Promise<void> {
    const messages = records.map(({ ts, partition, value }) => ({ partition, value, timestamp: String(ts) }));
    while (messages.length > 0) {
      try {
        const producer = await this.#connected();
        const sending = producer.send({ topic: this.#topic, messages, compression: CompressionTypes.GZIP });
        await withDeadline(sending, SEND_DEADLINE_MS);
        this.recordCount += messages.length;
        return;
      } catch {
        this.retryCount++;
        void this.#producer?.disconnect().catch(() => {});
        this.#producer = undefined;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  }

  async #connected(): Promise<Producer> {
    if (this.#producer === undefined) {
      const retry = { retries: 2, initialRetryTime: 200, maxRetryTime: 1_000 };
      const createPartitioner = Partitioners.DefaultPartitioner;
      const producer = this.#kafka.producer({ retry, createPartitioner, allowAutoTopicCreation: false });
      await withDeadline(producer.connect(), SEND_DEADLINE_MS);
      this.#producer = producer;
    }
    return this.#producer;
  }
}
