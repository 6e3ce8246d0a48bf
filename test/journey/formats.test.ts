/** Records by a schema: the same windows as from JSON, from a registry over real HTTP and from a file. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../src/app/config/load.ts";
import { decodingOf } from "../../src/app/ingest/decoding.ts";
import { mappingOf } from "../../src/app/ingest/reading.ts";
import { laneWindows } from "../../src/app/lane-settings.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import { DecodedRecord } from "../../src/decode/record.ts";
import type { Segment } from "../../src/segment/manifest.ts";
import { PartitionFolder } from "../../src/segment/partition-folder.ts";
import { ProfileArena } from "../../src/sketch/arena.ts";
import type { BatchControl, RecordBatch } from "../../src/source/contract.ts";
import {
  AVRO_SCHEMA,
  avroWriter,
  framedWriters,
  makeEvents,
  PROTO_SCHEMA,
  protobufWriter,
} from "../harness/format-records.ts";
import { framed, TestSchemaRegistry } from "../harness/schema-registry.ts";

const START = Date.UTC(2026, 0, 1);
const folder = mkdtempSync(join(tmpdir(), "lanewatch-formats-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let registry: TestSchemaRegistry;
beforeEach(async () => {
  registry = new TestSchemaRegistry();
  await registry.start();
});
afterEach(() => registry.stop());

function batchOf(values: readonly Uint8Array[]): RecordBatch {
  return {
    topic: "t",
    partition: 0,
    startOffset: 0,
    endOffset: values.length,
    endLogOffset: values.length,
    forEach: (visit) => {
      values.forEach((value, i) => {
        visit(i, START, Buffer.from(value), 0, value.length);
      });
    },
  };
}

const never: BatchControl = { isStale: () => false, heartbeat: async () => {} };

interface Rejection {
  readonly outcome: string;
  readonly detail: string;
}

/** Folds the values as a source with the given fields would. */
async function fold(
  values: readonly Uint8Array[],
  fields: Record<string, unknown> = {},
  control: BatchControl = never,
): Promise<{ segment: Segment; rejected: readonly Rejection[]; shape: string; telemetry: Telemetry }> {
  const source = { type: "kafka", brokers: ["127.0.0.1:9"], topics: ["t"], ...fields };
  const config = parseConfig(
    JSON.stringify({
      lanes: { defaults: { window: "1m", lateMax: "9999d", futureMax: "9999d" } },
      sources: { s: source },
    }),
    {},
  );
  const telemetry = new Telemetry({ level: "silent" });
  const decoding = decodingOf(config, "s", mappingOf(config, "s"), { clock: systemClock, telemetry });
  const batch = batchOf(values);
  if (decoding.schemas !== undefined) expect(await decoding.schemas.prepare(batch, control)).toBe(true);
  const rejected: Rejection[] = [];
  const folder = new PartitionFolder("t", 0, 0, {
    decoder: decoding.decoder,
    record: new DecodedRecord(),
    lanes: laneWindows(config),
    arena: new ProfileArena(),
    bounds: { bytesMax: 1e12, offsetsMax: 1e12, seriesMax: 1e6 },
    shape: "same",
    asOfMs: START,
    emptyStartMs: () => START,
    onRejected: ({ outcome, detail }) => rejected.push({ outcome, detail }),
  });
  folder.fold(batch);
  folder.cut();
  return { segment: folder.takeSealed()[0]!, rejected, shape: decoding.shape, telemetry };
}

const withRegistry = (format: string, more: object = {}) => ({
  format,
  registry: { url: registry.url, unknownAfter: "200ms", ...more },
});

test("the same records give the same rows from JSON, Avro and Protobuf", async () => {
  const events = makeEvents(600, START);
  const write = framedWriters(
    registry.register("t-value", AVRO_SCHEMA),
    registry.register("p-value", PROTO_SCHEMA, "PROTOBUF"),
  );
  const json = await fold(events.map(write.json));
  expect(json.segment.manifest.outcomes.ok).toBe(600);
  for (const format of ["avro", "protobuf"] as const) {
    const other = await fold(events.map(write[format]), withRegistry(format));
    expect(other.rejected.slice(0, 2)).toEqual([]);
    // The order of fields differs between the formats, and no row may depend on it.
    expect(other.segment.profiles).toEqual(json.segment.profiles);
    expect(other.segment.manifest.outcomes).toEqual(json.segment.manifest.outcomes);
  }
  // Each schema once, however many records name it.
  expect(registry.asked).toEqual(["/schemas/ids/1", "/schemas/ids/2"]);
});

test("without a registry the one schema of a file reads records that carry no id", async () => {
  const events = makeEvents(200, START);
  const json = await fold(events.map((event) => Buffer.from(JSON.stringify(event))));
  const avsc = join(folder, "event.avsc");
  writeFileSync(avsc, AVRO_SCHEMA);
  const proto = join(folder, "event.proto");
  writeFileSync(proto, PROTO_SCHEMA);
  const avro = await fold(events.map(avroWriter(AVRO_SCHEMA)), { format: "avro", schemaFile: avsc });
  const write = protobufWriter(PROTO_SCHEMA, "shop.Event");
  const protobuf = await fold(events.map(write), {
    format: "protobuf",
    schemaFile: proto,
    message: "shop.Event",
  });
  expect(avro.segment.profiles).toEqual(json.segment.profiles);
  expect(protobuf.segment.profiles).toEqual(json.segment.profiles);
  // What decides folding is in the segment's name.
  expect(new Set([json.shape, avro.shape, protobuf.shape]).size).toBe(3);
  await expect(fold([], { format: "avro", schemaFile: proto })).rejects.toThrow(
    /event\.proto.*cannot be used/,
  );
  await expect(fold([], { format: "avro", schemaFile: join(folder, "no.avsc") })).rejects.toThrow(/no\.avsc/);
});

test("a schema that evolves is read by the version that each record was written with", async () => {
  const base = { type: "record", name: "E" };
  const lead = [
    { name: "ts", type: "long" },
    { name: "swimlane", type: "string" },
  ];
  const features = (...fields: object[]) => ({ type: "record", name: "F", fields });
  const schemas = [
    features({ name: "a", type: "int" }),
    features({ name: "b", type: "double", default: 1 }, { name: "a", type: ["null", "int", "float"] }),
  ].map((type) => JSON.stringify({ ...base, fields: [...lead, { name: "features", type }] }));
  const ids = schemas.map((schema) => registry.register("t-value", schema));
  const at = { ts: START, swimlane: "prod" };
  const { segment, rejected } = await fold(
    [
      framed(ids[0]!, avroWriter(schemas[0]!)({ ...at, features: { a: 1 } })),
      // Unions of numbers are ambiguous in JavaScript, so this writer names the branch.
      framed(ids[1]!, avroWriter(schemas[1]!)({ ...at, features: { a: { float: 3 }, b: 0.5 } })),
      framed(ids[1]!, avroWriter(schemas[1]!)({ ...at, features: { a: null, b: 0.5 } })),
    ],
    withRegistry("avro"),
  );
  expect(rejected.slice(0, 2)).toEqual([]);
  const rows = segment.profiles.map(({ feature, profile }) => [
    feature,
    profile.presentCount,
    profile.nullCount,
    profile.max,
  ]);
  expect(rows).toEqual([
    ["*", 3, 0, Number.NaN],
    ["a", 3, 1, 3],
    ["b", 2, 0, 0.5],
  ]);
});

test("schemas may refer to others, in Avro and in Protobuf", async () => {
  registry.register(
    "place",
    JSON.stringify({ type: "record", name: "Place", fields: [{ name: "x", type: "int" }] }),
  );
  const event = {
    type: "record",
    name: "E",
    fields: [
      { name: "ts", type: "long" },
      { name: "swimlane", type: "string" },
      { name: "features", type: "Place" },
    ],
  };
  const avroId = registry.register("t-value", JSON.stringify(event), undefined, [
    { name: "Place", subject: "place", version: 1 },
  ]);
  const value = Buffer.from([...varint(START), 8, ...Buffer.from("prod"), 14]);
  expect((await fold([framed(avroId, value)], withRegistry("avro"))).segment.profiles[1]).toMatchObject({
    feature: "x",
    profile: { min: 7 },
  });
  registry.register(
    "place-proto",
    'syntax = "proto3"; package geo; message Place { int32 x = 1; }',
    "PROTOBUF",
  );
  const text =
    'syntax = "proto3"; import "geo/place.proto"; message E { int64 ts = 1; string swimlane = 2; geo.Place features = 3; }';
  const protobufId = registry.register("p-value", text, "PROTOBUF", [
    { name: "geo/place.proto", subject: "place-proto", version: 1 },
  ]);
  const message = [8, ...plainVarint(START), 18, 4, ...Buffer.from("prod"), 26, 2, 8, 7];
  const folded = await fold([framed(protobufId, Buffer.from(message), [0])], withRegistry("protobuf"));
  expect(folded.segment.profiles[1]).toMatchObject({ feature: "x", profile: { min: 7 } });
});

test("an id that the registry does not have is a dead letter after a while, and others beside it are counted", async () => {
  const [event] = makeEvents(1, START);
  const id = registry.register("t-value", AVRO_SCHEMA);
  const value = avroWriter(AVRO_SCHEMA)(event!);
  const { segment, rejected } = await fold(
    [framed(id, value), framed(4711, value), Buffer.from("{}"), framed(id, value.subarray(0, 20))],
    withRegistry("avro"),
  );
  expect(segment.manifest.outcomes).toMatchObject({ ok: 1, unknown_schema: 1, undecodable: 2 });
  expect(rejected.map(({ outcome }) => outcome)).toEqual(["unknown_schema", "undecodable", "undecodable"]);
  expect(rejected[0]!.detail).toContain("4711");
  // Asked more than once: the registry's followers may not have heard of it yet.
  expect(registry.asked.filter((path) => path.endsWith("/4711")).length).toBeGreaterThan(1);
});

test("a schema that is of another format or broken is said in the dead letter", async () => {
  const id = registry.register("p-value", PROTO_SCHEMA, "PROTOBUF");
  const broken = registry.register("b-value", '{"type":"recrod"}');
  const { rejected } = await fold(
    [framed(id, Buffer.of(0)), framed(broken, Buffer.of(0))],
    withRegistry("avro"),
  );
  expect(rejected.map(({ outcome }) => outcome)).toEqual(["undecodable", "undecodable"]);
  expect(rejected[0]!.detail).toContain("PROTOBUF");
  expect(rejected[1]!.detail).toContain("cannot be used");
});

test("while the registry is away records wait for it, and are counted once it is back", async () => {
  const [event] = makeEvents(1, START);
  const id = registry.register("t-value", AVRO_SCHEMA);
  const fields = withRegistry("avro");
  await registry.stop();
  let heartbeats = 0;
  const control = {
    isStale: () => false,
    heartbeat: async () => {
      if (++heartbeats === 2) await registry.start();
    },
  };
  const folded = await fold([framed(id, avroWriter(AVRO_SCHEMA)(event!))], fields, control);
  expect(folded.segment.manifest.outcomes.ok).toBe(1);
  const metrics = await folded.telemetry.registry.metrics();
  expect(metrics).toMatch(/^lanewatch_decode_registry_failures_total [2-9]/m);
  expect(metrics).toMatch(/^lanewatch_decode_registry_away 0/m);
});

test("a partition that is taken away while it waits gives its batch up", async () => {
  const config = parseConfig(
    JSON.stringify({
      sources: { s: { type: "kafka", brokers: ["127.0.0.1:9"], topics: ["t"], ...withRegistry("avro") } },
    }),
    {},
  );
  await registry.stop();
  const telemetry = new Telemetry({ level: "silent" });
  const { schemas } = decodingOf(config, "s", mappingOf(config, "s"), { clock: systemClock, telemetry });
  let looks = 0;
  const control = { isStale: () => ++looks > 3, heartbeat: async () => {} };
  expect(await schemas!.prepare(batchOf([framed(1, Buffer.of(0))]), control)).toBe(false);
  expect(await telemetry.registry.metrics()).toMatch(/^lanewatch_decode_registry_away 1/m);
});

test.each([
  ["a name and password", { username: "u", password: "p" }, `Basic ${Buffer.from("u:p").toString("base64")}`],
  ["a token", { token: "secret" }, "Bearer secret"],
])("%s are shown to the registry", async (_, credentials, authorization) => {
  const [event] = makeEvents(1, START);
  registry.authorization = authorization;
  const id = registry.register("t-value", AVRO_SCHEMA);
  const { segment } = await fold(
    [framed(id, avroWriter(AVRO_SCHEMA)(event!))],
    withRegistry("avro", credentials),
  );
  expect(segment.manifest.outcomes.ok).toBe(1);
});

function varint(value: number): number[] {
  return plainVarint(value * 2);
}

function plainVarint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}
