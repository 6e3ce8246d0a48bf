/**
 * JSON, Avro and Protobuf through real Kafka: the same records give the same windows, a registry that is away makes
 * reading wait while the membership is kept, and only what it does not know becomes a dead letter.
 */
import { Partitioners } from "kafkajs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { Service } from "../../src/app/service.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import {
  AVRO_SCHEMA,
  avroWriter,
  framedWriters,
  makeEvents,
  PROTO_SCHEMA,
} from "../harness/format-records.ts";
import { TestTopics, uniqueName } from "../harness/kafka-topics.ts";
import { framed, TestSchemaRegistry } from "../harness/schema-registry.ts";

const START = Date.UTC(2026, 0, 1);
const FORMATS = ["json", "avro", "protobuf"] as const;
const COUNT = 3_000;
const patiently = { timeout: 60_000, interval: 100 };

describeWithEngines(["kafka"], "formats through Kafka", () => {
  const registry = new TestSchemaRegistry();
  const telemetry = new Telemetry({ level: "silent" });
  let topics: TestTopics;
  const topicOf = {} as Record<(typeof FORMATS)[number], string>;
  let service: Service;

  beforeAll(async () => {
    await registry.start();
    const { brokers } = await engine("kafka");
    topics = new TestTopics(brokers);
    for (const format of FORMATS) topicOf[format] = await topics.make(format, 1, { "retention.ms": "-1" });
    const source = (format: (typeof FORMATS)[number]) => ({
      type: "kafka",
      brokers,
      topics: [topicOf[format]],
      groupId: uniqueName("formats"),
      sessionTimeout: "6s",
      fetchWait: "50ms",
      mapping: { swimlane: format },
      ...(format === "json" ? {} : { format, registry: { url: registry.url, unknownAfter: "300ms" } }),
    });
    const config = parseConfig(
      JSON.stringify({
        lanes: { defaults: { window: "1m", allowedLateness: "1s", lateMax: "9999d", futureMax: "9999d" } },
        sources: Object.fromEntries(FORMATS.map((format) => [format, source(format)])),
        // Exact sketches: those that have to choose are seeded by topic.
        profile: { k: 4096 },
        store: { type: "duckdb", path: ":memory:" },
        control: { port: 0 },
        logLevel: "silent",
      }),
      {},
    );
    service = new Service({
      config,
      roles: new Set(["ingest", "control", "audit", "notify"]),
      detectors: BUILT_IN_DETECTORS,
      clock: systemClock,
      telemetry,
      environment: {},
    });
    await service.start();
  }, 120_000);

  afterAll(async () => {
    await service?.stop();
    await registry.stop();
  });

  async function send(topic: string, values: readonly Buffer[]): Promise<void> {
    const producer = topics.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    for (let at = 0; at < values.length; at += 500)
      await producer.send({ topic, messages: values.slice(at, at + 500).map((value) => ({ value })) });
    await producer.disconnect();
  }

  async function outcomeOf(topic: string, outcome: string): Promise<number> {
    const rows = await service.store.query(
      `SELECT coalesce(sum(records_${outcome}), 0) AS n FROM segments WHERE topic = $1`,
      [topic],
    );
    return Number(rows[0]!["n"]);
  }

  test("the same records give the same windows and profiles", async () => {
    const events = makeEvents(COUNT, START);
    const write = framedWriters(
      registry.register("avro-value", AVRO_SCHEMA),
      registry.register("protobuf-value", PROTO_SCHEMA, "PROTOBUF"),
    );
    await Promise.all(FORMATS.map((format) => send(topicOf[format], events.map(write[format]))));
    for (const format of FORMATS)
      await expect.poll(() => outcomeOf(topicOf[format], "ok"), patiently).toBe(COUNT);
    const profiles = (format: string) =>
      service.store.readProfiles({ swimlane: format, untilMs: START + 2 * 60_000 });
    for (const format of FORMATS)
      await expect.poll(async () => (await profiles(format)).length, patiently).toBeGreaterThan(20);
    const json = (await profiles("json")).map((row) => ({ ...row, swimlane: "" }));
    for (const format of ["avro", "protobuf"])
      expect((await profiles(format)).map((row) => ({ ...row, swimlane: "" }))).toEqual(json);
  }, 120_000);

  test("a registry that is away longer than a session makes reading wait; nothing is lost or dead-lettered", async () => {
    const evolved = AVRO_SCHEMA.replace('"name":"price"', '"name":"cost"');
    const toEvolved = avroWriter(evolved);
    const events = makeEvents(500, START + 3_600_000).map(
      ({ features: { price, ...features }, ...event }) => ({
        ...event,
        features: { cost: price, ...features },
      }),
    );
    const id = registry.register("avro-value", evolved);
    await registry.stop();
    await send(
      topicOf.avro,
      events.map((event) => framed(id, toEvolved(event))),
    );
    const away = async () =>
      (await telemetry.registry.getSingleMetric("lanewatch_decode_registry_away")?.get())?.values[0]?.value;
    await expect.poll(away, patiently).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    expect(await outcomeOf(topicOf.avro, "ok")).toBe(COUNT);
    expect(await outcomeOf(topicOf.avro, "undecodable")).toBe(0);
    await registry.start();
    await expect.poll(() => outcomeOf(topicOf.avro, "ok"), patiently).toBe(COUNT + 500);
    expect(await away()).toBe(0);
  }, 120_000);

  test("an id that the registry does not have is a dead letter, with its reason", async () => {
    await send(topicOf.avro, [framed(4_711, Buffer.from("?"))]);
    await expect.poll(() => outcomeOf(topicOf.avro, "unknown_schema"), patiently).toBe(1);
    const letters = `${topicOf.avro}.dead-letter`;
    const [end] = await topics.admin((admin) => admin.fetchTopicOffsets(letters));
    expect(Number(end!.high)).toBe(1);
  }, 60_000);
});
