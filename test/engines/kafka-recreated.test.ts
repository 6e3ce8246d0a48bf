/** Topics that are deleted and made again, on a real broker: what tells their logs apart, and that nothing else does. */
import { afterEach, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { RecordSource } from "../../src/source/contract.ts";
import { createKafkaSource, type KafkaTuning } from "../../src/source/kafka/kafka-source.ts";
import { kafkaOptionsSchema } from "../../src/source/kafka/options.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import { TestTopics, uniqueName } from "../harness/kafka-topics.ts";
import { RecordingHandler } from "../harness/recording-handler.ts";

const patiently = { timeout: 30_000, interval: 50 };

describeWithEngines(["kafka"], "a topic that was deleted and made again", () => {
  let brokers: readonly string[] = [];
  let topics: TestTopics;
  const running: RecordSource[] = [];

  beforeAll(async () => {
    ({ brokers } = await engine("kafka"));
    topics = new TestTopics(brokers);
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((source) => source.stop()));
  });

  test("that has grown past what was read ends the source before anything of it is counted", async () => {
    const { topic, groupId, first } = await readAll(50);
    await first.source.stop();
    await topics.remake(topic);
    await topics.fill(topic, 80);

    const second = await start(topic, groupId, after(first.handler, 50));
    await expect(second.source.finished).rejects.toMatchObject({
      code: "SOURCE_LOG_REPLACED",
      retryable: false,
      context: { topic, partition: 0, readTo: 50, startOffset: 0, endOffset: 80 },
    });
    expect(second.handler.cuts).toEqual([]);
  });

  // Two fetches may lie on either side of it: paused, nothing is fetched.
  test("under a reader that is paused is noticed, though its offsets go on", async () => {
    const { topic, first } = await readAll(20, { logCheckMs: 300 });
    first.source.pause();
    await topics.remake(topic);
    await topics.fill(topic, 40);
    await expect(first.source.finished).rejects.toMatchObject({ code: "SOURCE_LOG_REPLACED" });
    expect(first.handler.numbers()).toHaveLength(20);
  });

  test("is refused when the old one has no path yet, and its id is known", async () => {
    const { topic, groupId, first } = await readAll(50);
    await first.source.stop();
    await topics.remake(topic);
    await topics.fill(topic, 80);

    const handler = new RecordingHandler();
    handler.logIds = first.handler.logIds;
    const second = await start(topic, groupId, handler);
    await expect(second.source.finished).rejects.toMatchObject({ code: "SOURCE_LOG_REPLACED" });
    expect(second.handler.cuts).toEqual([]);
  });

  test("is read from its start when the path of the old one and its id are gone", async () => {
    const { topic, groupId, first } = await readAll(50);
    await first.source.stop();
    await topics.remake(topic);
    await topics.fill(topic, 80);

    const second = await start(topic, groupId, new RecordingHandler());
    await expect.poll(() => second.handler.numbers().length, patiently).toBe(80);
  });

  test("is the only thing that is told so: restarts, growth and paths without an id go on", async () => {
    const { topic, groupId, first } = await readAll(50);
    await first.source.stop();
    await topics.widen(topic, 3);
    await topics.fill(topic, 30, { from: 50, partitions: 3 });

    const again = await start(topic, groupId, after(first.handler, 50));
    await expect.poll(() => again.handler.numbers().length, patiently).toBe(30);
    expect(new Set(again.handler.logIds.values()).size).toBe(1);
    await again.source.stop();

    // Counted by an older version, which kept no ids.
    const older = after(new RecordingHandler(), 10);
    await start(topic, uniqueName("group"), older);
    await expect.poll(() => older.numbers().length, patiently).toBe(70);
    expect(older.logIds.get(`${topic}/0`)).toBe(first.handler.logIds.get(`${topic}/0`));
  });

  /** A reader that has read all `count` records of a new topic, and committed them. */
  async function readAll(count: number, tuning: Partial<KafkaTuning> = {}) {
    const topic = await topics.make("recreated");
    const groupId = uniqueName("group");
    await topics.fill(topic, count);
    const first = await start(topic, groupId, new RecordingHandler(), tuning);
    await expect.poll(() => topics.committed(groupId, topic), patiently).toBe(count);
    expect(first.handler.logIds.get(`${topic}/0`)).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    return { topic, groupId, first };
  }

  /** The next reader of the same store, in which the path of partition 0 ends at `pathEnd`. */
  function after(earlier: RecordingHandler, pathEnd: number): RecordingHandler {
    const handler = new RecordingHandler();
    handler.logIds = earlier.logIds;
    handler.resume = (_, partition) => (partition === 0 ? pathEnd : undefined);
    return handler;
  }

  async function start(
    topic: string,
    groupId: string,
    handler: RecordingHandler,
    tuning: Partial<KafkaTuning> = {},
  ) {
    const options = kafkaOptionsSchema.parse({ brokers, topics: [topic], groupId, fetchWait: "50ms" });
    const telemetry = new Telemetry({ level: "silent" });
    const source = createKafkaSource("test", options, { clock: systemClock, telemetry }, tuning);
    running.push(source);
    handler.source = source;
    await source.start(handler);
    return { source, handler };
  }
});
