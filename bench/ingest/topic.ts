/** The bench's topic: its records, four partitions, and how far a group has committed. */
import kafkajs from "kafkajs";

const PARTITIONS = 4;
const PRODUCED_AT_ONCE = 8_000;
const ASK_EVERY_MS = 100;
const COMMITTED_WITHIN_MS = 300_000;

export class BenchTopic {
  readonly name: string;
  readonly #client: kafkajs.Kafka;
  readonly #admin: kafkajs.Admin;

  constructor(name: string, brokers: readonly string[]) {
    this.name = name;
    this.#client = new kafkajs.Kafka({
      clientId: "bench",
      brokers: [...brokers],
      logLevel: kafkajs.logLevel.NOTHING,
    });
    this.#admin = this.#client.admin();
  }

  async produce(records: Iterable<{ readonly ts: number; readonly text: string }>): Promise<void> {
    const { name: topic } = this;
    await this.#admin.connect();
    await this.#admin.createTopics({
      topics: [{ topic, numPartitions: PARTITIONS, configEntries: [{ name: "retention.ms", value: "-1" }] }],
      waitForLeaders: true,
    });
    const producer = this.#client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    let messages: { value: string; partition: number; timestamp: string }[] = [];
    let i = 0;
    for (const { ts, text } of records) {
      messages.push({ value: text, partition: i++ % PARTITIONS, timestamp: String(ts) });
      if (messages.length < PRODUCED_AT_ONCE) continue;
      await producer.send({ topic, messages });
      messages = [];
    }
    if (messages.length > 0) await producer.send({ topic, messages });
    await producer.disconnect();
  }

  /** Resolves when the group has committed `count` offsets; rejects when that takes too long. Ends with the signal. */
  async committed(groupId: string, count: number, signal: AbortSignal): Promise<void> {
    for (const endMs = Date.now() + COMMITTED_WITHIN_MS; !signal.aborted; ) {
      const [topic] = await this.#admin.fetchOffsets({ groupId, topics: [this.name] });
      const sum = topic!.partitions.reduce((total, { offset }) => total + Math.max(0, Number(offset)), 0);
      if (sum >= count) return;
      if (Date.now() > endMs) throw new Error(`${groupId} committed only ${sum} of ${count} offsets`);
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
  }
}
