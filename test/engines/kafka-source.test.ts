/** The Kafka source on a real broker: what it reads, where it begins, and what it does when the log is not as expected. */
import { CompressionTypes, Partitioners } from "kafkajs";
import { afterEach, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { RecordSource } from "../../src/source/contract.ts";
import { createKafkaSource, type KafkaTuning } from "../../src/source/kafka/kafka-source.ts";
import { kafkaOptionsSchema } from "../../src/source/kafka/options.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import { TestTopics, uniqueName } from "../harness/kafka-topics.ts";
import { RecordingHandler } from "../harness/recording-handler.ts";

let brokers: readonly string[] = [];
let topics: TestTopics;
const running: RecordSource[] = [];

function makeSource(options: Record<string, unknown>, tuning: Partial<KafkaTuning> = {}): RecordSource {
  const parsed = kafkaOptionsSchema.parse({
    brokers,
    fetchWait: "50ms",
    groupId: uniqueName("group"),
    ...options,
  });
  const telemetry = new Telemetry({ level: "silent" });
  const source = createKafkaSource("test", parsed, { clock: systemClock, telemetry }, tuning);
  running.push(source);
  return source;
}

async function startReading(
  options: Record<string, unknown>,
  handler = new RecordingHandler(),
  tuning: Partial<KafkaTuning> = {},
): Promise<{ source: RecordSource; handler: RecordingHandler }> {
  const source = makeSource(options, tuning);
  handler.source = source;
  await source.start(handler);
  return { source, handler };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const patiently = { timeout: 30_000, interval: 50 };

describeWithEngines(["kafka"], "the Kafka source", () => {
  beforeAll(async () => {
    ({ brokers } = await engine("kafka"));
    topics = new TestTopics(brokers);
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((source) => source.stop()));
  });

  test.each([
    ["no compression", CompressionTypes.None],
    ["gzip", CompressionTypes.GZIP],
    ["snappy", CompressionTypes.Snappy],
    ["lz4", CompressionTypes.LZ4],
    ["zstd", CompressionTypes.ZSTD],
  ])("every record is read once and in order with %s", async (_, compression) => {
    const topic = await topics.make("codec");
    await topics.fill(topic, 3_000, { compression });
    const { handler } = await startReading({ topics: [topic] });
    await expect.poll(() => handler.numbers().length, patiently).toBeGreaterThanOrEqual(3_000);
    expect(handler.numbers()).toEqual(range(0, 3_000));
    expect(handler.ends()).toEqual({ [`${topic}/0`]: 3_000 });
  });

  // The topic's own setting makes the broker compress what came plain, with the libraries of Java producers.
  test.each(["gzip", "snappy", "lz4", "zstd"])(
    "every record is read that Java compressed with %s",
    async (codec) => {
      const topic = await topics.make("java-codec", 1, { "compression.type": codec });
      await topics.fill(topic, 2_000);
      const { handler } = await startReading({ topics: [topic] });
      await expect.poll(() => handler.numbers().length, patiently).toBeGreaterThanOrEqual(2_000);
      expect(handler.numbers()).toEqual(range(0, 2_000));
    },
  );

  test("several topics and partitions are read, and their ends are what was read", async () => {
    const [one, two] = [await topics.make("several", 3), await topics.make("several", 2)];
    await topics.fill(one, 600, { partitions: 3 });
    await topics.fill(two, 400, { partitions: 2 });
    const { source, handler } = await startReading({ topics: [one, two] });
    await expect.poll(() => handler.values().length, patiently).toBe(1_000);
    const ends = await source.partitionEnds();
    expect(ends).toHaveLength(5);
    for (const { topic, partition, endOffset } of ends)
      expect(handler.ends()[`${topic}/${partition}`]).toBe(endOffset);
  });

  test("a restarted reader goes on at the commit; what was not committed is read again", async () => {
    const topic = await topics.make("restart");
    const groupId = uniqueName("group");
    await topics.fill(topic, 100);
    const first = await startReading({ topics: [topic], groupId });
    await expect.poll(() => topics.committed(groupId, topic), patiently).toBe(100);
    first.handler.commits = false;
    await topics.fill(topic, 50, { from: 100 });
    await expect.poll(() => first.handler.numbers().length, patiently).toBe(150);
    await first.source.stop();
    await expect(first.source.finished).resolves.toBeUndefined();
    expect(first.handler.revokedCount).toBe(1);

    const second = await startReading({ topics: [topic], groupId });
    await expect.poll(() => second.handler.numbers().length, patiently).toBe(50);
    expect(second.handler.numbers()).toEqual(range(100, 150));
    expect(second.handler.assignments[0]).toMatchObject([{ topic, partition: 0, offset: 100 }]);
  });

  test("without a usable commit, reading begins where the handler says that its path ends", async () => {
    const topic = await topics.make("resume");
    await topics.fill(topic, 100);
    const handler = new RecordingHandler();
    handler.resume = () => 70;
    await startReading({ topics: [topic] }, handler);
    await expect.poll(() => handler.numbers().length, patiently).toBe(30);
    expect(handler.numbers()).toEqual(range(70, 100));
  });

  test("records of aborted transactions are not read, and markers at the end of the log are covered", async () => {
    const topic = await topics.make("transactions");
    const producer = topics.kafka.producer({
      transactionalId: uniqueName("tx"),
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    for (const [n, ending] of [
      [0, "commit"],
      [1, "abort"],
      [2, "commit"],
      [3, "abort"],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: JSON.stringify({ n }) }] });
      await transaction[ending]();
    }
    await producer.disconnect();
    const { source, handler } = await startReading({ topics: [topic] });
    await expect.poll(async () => handler.ends()[`${topic}/0`], patiently).toBe(8);
    expect(handler.numbers()).toEqual([0, 2]);
    expect((await source.partitionEnds())[0]).toMatchObject({ startOffset: 0, endOffset: 8 });
    expect(handler.cuts.reduce((sum, { jumped }) => sum + jumped, 0)).toBe(6);
  });

  test("a tombstone and an empty value are records", async () => {
    const topic = await topics.make("tombstone");
    const producer = topics.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({
      topic,
      messages: [{ key: "k", value: null }, { value: "" }, { value: "x", headers: { h: "v" } }],
    });
    await producer.disconnect();
    const { handler } = await startReading({ topics: [topic] });
    await expect.poll(() => handler.values(), patiently).toEqual(["", "", "x"]);
  });

  test("records that the broker deleted while nobody read are told as lost", async () => {
    const topic = await topics.make("deleted");
    const groupId = uniqueName("group");
    await topics.fill(topic, 20);
    const first = await startReading({ topics: [topic], groupId });
    // A commit is tried once at a stop; here it is what tells where reading ended.
    await expect.poll(() => topics.committed(groupId, topic), patiently).toBe(20);
    await first.source.stop();
    await topics.fill(topic, 60, { from: 20 });
    await topics.deleteBefore(topic, 50);

    const handler = new RecordingHandler();
    // As ingest answers: the counted path ends there.
    handler.resume = () => 20;
    const second = await startReading({ topics: [topic], groupId }, handler);
    await expect.poll(() => second.handler.numbers().length, patiently).toBe(30);
    expect(second.handler.numbers()).toEqual(range(50, 80));
    expect(second.handler.cuts[0]).toMatchObject({ startOffset: 20, endOffset: 50, lost: 30, jumped: 0 });
  });

  // kafkajs resets its offset by itself here; the next batch comes from elsewhere than expected.
  test("records that the broker deletes under a reader are told as lost, though nothing else is left to read", async () => {
    const topic = await topics.make("deleted-live");
    await topics.fill(topic, 20);
    const { source, handler } = await startReading({ topics: [topic] });
    await expect.poll(() => handler.numbers().length, patiently).toBe(20);
    source.pause();
    await topics.fill(topic, 60, { from: 20 });
    await topics.deleteBefore(topic, 50);
    source.resume();
    await expect.poll(() => handler.numbers().length, patiently).toBe(50);
    expect(handler.numbers()).toEqual([...range(0, 20), ...range(50, 80)]);
    expect(handler.cuts.reduce((sum, { lost }) => sum + lost, 0)).toBe(30);
    expect(handler.cuts.reduce((sum, { jumped }) => sum + jumped, 0)).toBe(0);
  });

  test("a topic that was deleted and made again ends the source instead of being counted twice", async () => {
    const topic = await topics.make("recreated");
    await topics.fill(topic, 50);
    const handler = new RecordingHandler();
    handler.resume = () => 80; // the path in the store, from the topic's former life
    const { source } = await startReading({ topics: [topic] }, handler);
    await expect(source.finished).rejects.toMatchObject({ code: "SOURCE_LOG_WENT_BACK", retryable: false });
    expect(handler.cuts).toEqual([]);
  });

  test("a paused source reads nothing, keeps its place in the group, and goes on", async () => {
    const topic = await topics.make("paused");
    const { source, handler } = await startReading({ topics: [topic], sessionTimeout: "2s" });
    await expect.poll(() => handler.assignments.length, patiently).toBe(1);
    source.pause();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await topics.fill(topic, 10);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(handler.numbers()).toEqual([]);
    source.resume();
    await expect.poll(() => handler.numbers().length, patiently).toBe(10);
    expect(handler.assignments).toHaveLength(1);
  });

  test("a handler that takes longer than the session keeps its membership", async () => {
    const topic = await topics.make("slow");
    await topics.fill(topic, 10);
    const handler = new RecordingHandler();
    let stale = false;
    handler.during = async (_, control) => {
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      stale = control.isStale();
    };
    await startReading({ topics: [topic], sessionTimeout: "1500ms" }, handler);
    await expect.poll(() => handler.numbers().length, patiently).toBe(10);
    expect(stale).toBe(false);
    expect(handler.assignments).toHaveLength(1);
  });

  test("a handler that throws ends the source with its error, and nothing was committed", async () => {
    const topic = await topics.make("throws");
    const groupId = uniqueName("group");
    await topics.fill(topic, 10);
    const handler = new RecordingHandler();
    handler.during = async () => {
      throw new TypeError("a bug in the handler");
    };
    const { source } = await startReading({ topics: [topic], groupId }, handler);
    await expect(source.finished).rejects.toThrow("a bug in the handler");
    const [commit] = await topics.admin((admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
    expect(commit?.partitions[0]?.offset).toBe("-1");
  });

  test("partitions that are added while it runs are read from their first record", async () => {
    const topic = await topics.make("grown", 1);
    await topics.fill(topic, 10);
    const { handler } = await startReading({ topics: [topic] }, new RecordingHandler(), {
      metadataAgeMs: 500,
    });
    await expect.poll(() => handler.numbers().length, patiently).toBe(10);
    await topics.widen(topic, 3);
    await topics.fill(topic, 300, { from: 10, partitions: 3 });
    await expect.poll(() => handler.numbers().length, patiently).toBe(310);
    expect([...handler.numbers()].sort((a, b) => a - b)).toEqual(range(0, 310));
  });

  test("a topic that is not there is named, and never made", async () => {
    const topic = uniqueName("misspelt");
    const source = makeSource({ topics: [topic] });
    await expect(source.start(new RecordingHandler())).rejects.toMatchObject({
      code: "SOURCE_TOPIC_UNKNOWN",
      message: expect.stringContaining(topic),
    });
    expect(await topics.admin((admin) => admin.listTopics())).not.toContain(topic);
  });

  test("dead letters keep the bytes, the reason and the place, and make their topic", async () => {
    const topic = await topics.make("letters");
    const source = makeSource({ topics: [topic] });
    const letter = { topic, partition: 0, offset: 7, reason: "undecodable", detail: "Unexpected token" };
    await source.keepDeadLetters([
      { ...letter, value: Buffer.from("{oops"), valueBytes: 5 },
      {
        ...letter,
        offset: 8,
        reason: "too_large",
        value: Buffer.alloc(3_000_000, 65),
        valueBytes: 3_000_000,
      },
    ]);
    const seen: { offset: string; reason: string; bytes: number; valueBytes: string }[] = [];
    const consumer = topics.kafka.consumer({ groupId: uniqueName("letters") });
    await consumer.connect();
    await consumer.subscribe({ topics: [`${topic}.dead-letter`], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        const header = (name: string) => String(message.headers?.[name]);
        expect(header("topic")).toBe(topic);
        seen.push({
          offset: header("offset"),
          reason: header("reason"),
          bytes: message.value?.length ?? 0,
          valueBytes: header("valueBytes"),
        });
      },
    });
    await expect.poll(() => seen.length, patiently).toBe(2);
    await consumer.disconnect();
    expect(seen.sort((a, b) => a.offset.localeCompare(b.offset))).toEqual([
      { offset: "7", reason: "undecodable", bytes: 5, valueBytes: "5" },
      { offset: "8", reason: "too_large", bytes: 262_144, valueBytes: "3000000" },
    ]);
  });

  test("stopping takes little time, while a batch is with the handler as well", async () => {
    const topic = await topics.make("stop");
    await topics.fill(topic, 10);
    const handler = new RecordingHandler();
    let began = false;
    handler.during = async (_, control) => {
      began = true;
      while (!control.isStale()) await new Promise((resolve) => setTimeout(resolve, 50)); // a store that is away
    };
    const { source } = await startReading({ topics: [topic] }, handler);
    await expect.poll(() => began, patiently).toBe(true);
    const startMs = Date.now();
    await source.stop();
    expect(Date.now() - startMs).toBeLessThan(8_000);
    expect(handler.cuts).toEqual([]);
  });
});
