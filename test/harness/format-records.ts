/** The same records as JSON, Avro and Protobuf: for tests that want the same windows of all three. */
import avro from "avsc";
import protobuf from "protobufjs";
import { seededRandom } from "../../src/base/random.ts";
import { framed } from "./schema-registry.ts";

export const AVRO_SCHEMA = JSON.stringify({
  type: "record",
  name: "Event",
  namespace: "shop",
  fields: [
    { name: "ts", type: { type: "long", logicalType: "timestamp-millis" } },
    { name: "swimlane", type: "string" },
    {
      name: "features",
      type: {
        type: "record",
        name: "Features",
        fields: [
          { name: "price", type: "double" },
          { name: "age", type: ["null", "int"], default: null },
          { name: "user", type: "long" },
          { name: "premium", type: "boolean" },
          { name: "device", type: { type: "enum", name: "Device", symbols: ["PHONE", "TV"] } },
          { name: "tags", type: { type: "array", items: "string" } },
          { name: "scores", type: { type: "map", values: "double" } },
          {
            name: "place",
            type: { type: "record", name: "Place", fields: [{ name: "country", type: "string" }] },
          },
        ],
      },
    },
  ],
});

export const PROTO_SCHEMA = `
syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
message Other { string unused = 1; }
message Event {
  google.protobuf.Timestamp ts = 1;
  string swimlane = 2;
  Features features = 3;
  message Features {
    double price = 1;
    optional int32 age = 2;
    int64 user = 3;
    bool premium = 4;
    Device device = 5;
    repeated string tags = 6;
    map<string, double> scores = 7;
    Place place = 8;
  }
  enum Device { PHONE = 0; TV = 1; }
  message Place { string country = 1; }
}
`;

interface Event {
  readonly ts: number;
  readonly swimlane: string;
  readonly features: {
    readonly price: number;
    readonly age: number | null;
    readonly user: number;
    readonly premium: boolean;
    readonly device: "PHONE" | "TV";
    readonly tags: readonly string[];
    readonly scores: Readonly<Record<string, number>>;
    readonly place: { readonly country: string };
  };
}

/** @param swimlane of all records. */
export function makeEvents(count: number, startMs: number, swimlane = "prod"): Event[] {
  const random = seededRandom(5);
  return Array.from({ length: count }, (_, i) => ({
    ts: startMs + i * 50,
    swimlane,
    features: {
      price: random() < 0.1 ? 0 : random() * 100,
      age: random() < 0.2 ? null : Math.floor(random() * 80),
      user: random() < 0.1 ? 2 ** 53 + 2 * Math.floor(random() * 1e6) : Math.floor(random() * 2 ** 40),
      premium: random() < 0.3,
      device: random() < 0.5 ? ("PHONE" as const) : ("TV" as const),
      tags: ["a", "b", "c"].slice(0, Math.floor(random() * 4)),
      scores: { model: random(), rule: random() },
      place: { country: random() < 0.5 ? "FR" : "" },
    },
  }));
}

export function jsonOf(event: Event): Buffer {
  return Buffer.from(JSON.stringify(event));
}

const longs = avro.types.LongType.__with({
  toBuffer: (n: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(n));
    return bytes;
  },
  fromBuffer: (bytes: Buffer) => Number(bytes.readBigInt64LE()),
  fromJSON: Number,
  toJSON: Number,
  isValid: (n: unknown) => typeof n === "number",
  compare: (a: number, b: number) => a - b,
});

/** Writes as a producer in JavaScript would, by a type of avsc's own. */
export function avroWriter(schema: string) {
  const type = avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { registry: { long: longs } });
  return (value: object): Buffer => type.toBuffer(value);
}

export function protobufWriter(schema: string, message: string) {
  const root = new protobuf.Root();
  protobuf.parse(schema, root, { keepCase: true });
  root.addJSON(protobuf.common.get("google/protobuf/timestamp.proto")!.nested!);
  const type = root.lookupType(message);
  return (event: Event): Uint8Array => {
    const ts = { seconds: Math.floor(event.ts / 1_000), nanos: (event.ts % 1_000) * 1e6 };
    const { age, ...features } = event.features;
    return type
      .encode(type.fromObject({ ...event, ts, features: { ...features, ...(age === null ? {} : { age }) } }))
      .finish();
  };
}

/** Message `Event` is the second of the schema: one index, zigzag 1. */
export const EVENT_INDEXES = [2, 2];

export function framedWriters(avroId: number, protobufId: number) {
  const toAvro = avroWriter(AVRO_SCHEMA);
  const toProtobuf = protobufWriter(PROTO_SCHEMA, "shop.Event");
  return {
    json: jsonOf,
    avro: (event: Event) => framed(avroId, toAvro(event)),
    protobuf: (event: Event) => framed(protobufId, toProtobuf(event), EVENT_INDEXES),
  };
}
