/** Topics and records for tests on a real broker. */
import { CompressionTypes, Kafka, logLevel, type Message, Partitioners } from "kafkajs";
import { registerCodecs } from "../../src/source/kafka/codecs.ts";

let names = 0;

/** A name that no other test of this process uses. */
export function uniqueName(stem: string): string {
  return `${stem}-${process.pid}-${names++}`;
}

export class TestTopics {
  readonly kafka: Kafka;

  constructor(brokers: readonly string[]) {
    registerCodecs();
    // Patient: leaders are killed in these tests, and are replaced only seconds later.
    const retry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 40 };
    this.kafka = new Kafka({ clientId: "test", brokers: [...brokers], logLevel: logLevel.NOTHING, retry });
  }

  async make(
    stem: string,
    partitionCount = 1,
    config: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const topic = uniqueName(stem);
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await this.admin(async (admin) => {
      await admin.createTopics({
        topics: [{ topic, numPartitions: partitionCount, configEntries }],
        waitForLeaders: false,
      });
      await untilKnown(() => admin.fetchTopicOffsets(topic));
    });
    return topic;
  }

  /** Deletes the topic, with its group's commits, and makes it again under its name, empty. */
  async remake(topic: string): Promise<void> {
    await this.admin(async (admin) => {
      await admin.deleteTopics({ topics: [topic] });
      await untilKnown(() => admin.createTopics({ topics: [{ topic }], waitForLeaders: false }));
      await untilKnown(() => admin.fetchTopicOffsets(topic));
    });
  }

  /** Until the broker answers for every partition: a producer that is refused by one sends to all of them again. */
  async widen(topic: string, count: number): Promise<void> {
    await this.admin(async (admin) => {
      await admin.createPartitions({ topicPartitions: [{ topic, count }] });
      await untilKnown(async () => {
        const offsets = await admin.fetchTopicOffsets(topic);
        if (offsets.length < count) throw new Error(`${topic} has ${offsets.length} of ${count} partitions`);
      });
    });
  }

  /** `count` records numbered from `from`, dealt to the partitions in turn: `{"n": number}`. */
  async fill(
    topic: string,
    count: number,
    options: { from?: number; partitions?: number; compression?: CompressionTypes; perRequest?: number } = {},
  ): Promise<void> {
    const { from = 0, partitions = 1, compression = CompressionTypes.None, perRequest = 500 } = options;
    const producer = this.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    for (let at = 0; at < count; at += perRequest) {
      const messages: Message[] = Array.from({ length: Math.min(perRequest, count - at) }, (_, i) => ({
        partition: (from + at + i) % partitions,
        value: JSON.stringify({ n: from + at + i }),
      }));
      await producer.send({ topic, messages, compression });
    }
    await producer.disconnect();
  }

  /** Deletes the records before `offset`, as retention would. */
  async deleteBefore(topic: string, offset: number): Promise<void> {
    await this.admin(async (admin) => {
      await admin.fetchTopicOffsets(topic); // kafkajs deletes only in topics whose metadata it happens to have
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(offset) }] });
    });
  }

  /** Every message that the topic holds now, of all partitions. */
  async read(topic: string): Promise<Message[]> {
    const ends = await this.admin((admin) => admin.fetchTopicOffsets(topic));
    const expected = ends.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
    const messages: Message[] = [];
    if (expected === 0) return messages;
    const consumer = this.kafka.consumer({ groupId: uniqueName("read") });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const eachMessage = async ({ message }: { message: Message }) => {
        messages.push(message);
        if (messages.length >= expected) resolve();
      };
      consumer.run({ autoCommit: false, eachMessage }).catch(reject);
    }).finally(() => consumer.disconnect());
    return messages;
  }

  /** Where the group stands in partition 0; undefined without a commit. */
  async committed(groupId: string, topic: string): Promise<number | undefined> {
    const [commits] = await this.admin((admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
    const offset = Number(commits?.partitions.find(({ partition }) => partition === 0)?.offset ?? -1);
    return offset < 0 ? undefined : offset;
  }

  async admin<T>(work: (admin: ReturnType<Kafka["admin"]>) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }
}

/** Of several brokers one may not have heard of a topic that another has just made. */
async function untilKnown(ask: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await ask();
      return;
    } catch (error) {
      if (attempt >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
