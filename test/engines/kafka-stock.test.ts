/** The fallback: with a kafkajs that is not the one we know, its own decoder is used, and the counts are the same. */
import { Partitioners } from "kafkajs";
import { expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import { createKafkaSource } from "../../src/source/kafka/kafka-source.ts";
import { kafkaOptionsSchema } from "../../src/source/kafka/options.ts";
import { patchKafkajs } from "../../src/source/kafka/patches.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import { TestTopics, uniqueName } from "../harness/kafka-topics.ts";
import { RecordingHandler } from "../harness/recording-handler.ts";

// Before the first source of this process.
process.env["LANEWATCH_KAFKA_STOCK_DECODER"] = "1";

describeWithEngines(["kafka"], "the Kafka source with kafkajs' own decoder", () => {
  test("reads plain and transactional records, also on past markers that it is never shown", async () => {
    const telemetry = new Telemetry({ level: "silent" });
    expect(patchKafkajs(telemetry).lazyBatches).toBe(false);
    const { brokers } = await engine("kafka");
    const topics = new TestTopics(brokers);
    const topic = await topics.make("stock");
    await topics.fill(topic, 1_000);
    const producer = topics.kafka.producer({
      transactionalId: uniqueName("tx"),
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    const write = async (n: number, ending: "commit" | "abort") => {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: JSON.stringify({ n }) }] });
      await transaction[ending]();
    };
    await write(1_000, "commit");
    await write(-1, "abort");

    const handler = new RecordingHandler();
    const options = kafkaOptionsSchema.parse({
      brokers,
      topics: [topic],
      groupId: uniqueName("group"),
      fetchWait: "50ms",
    });
    const source = createKafkaSource("test", options, { clock: systemClock, telemetry });
    handler.source = source;
    await source.start(handler);
    await expect.poll(() => handler.numbers().length, { timeout: 30_000 }).toBe(1_001);
    await new Promise((resolve) => setTimeout(resolve, 500)); // it stands behind the last marker now
    await write(1_001, "commit");
    await expect.poll(() => handler.numbers().length, { timeout: 30_000 }).toBe(1_002);
    expect(handler.numbers()).toEqual(Array.from({ length: 1_002 }, (_, n) => n));
    await source.stop();
    await producer.disconnect();
  });
});
