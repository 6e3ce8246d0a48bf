import avro from "avsc";
import { expect, test } from "vitest";
import { seededRandom } from "../../base/random.ts";
import { VALUES_MAX } from "../record.ts";
import { AvroFormat } from "./avro.ts";

const format = new AvroFormat("ms");

function compile(schema: unknown) {
  return format.compile({ text: JSON.stringify(schema), references: [] });
}

function read(schema: unknown, bytes: Buffer): unknown {
  return format.read(compile(schema), bytes, 0, bytes.length);
}

/** Written by avsc's own types, as a producer would. */
function written(schema: unknown, value: unknown): Buffer {
  return avro.Type.forSchema(schema as avro.Schema).toBuffer(value);
}

const record = (type: unknown) => ({ type: "record", name: "R", fields: [{ name: "v", type }] });
const long = (value: bigint) => {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)); ; rest >>= 7n) {
    if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
};

test.each([
  0n,
  -1n,
  64n,
  2n ** 51n,
  -(2n ** 52n),
  2n ** 53n + 1n,
  -(2n ** 62n) - 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
])("the long %s is the nearest double, as JSON would have it", (value) => {
  expect(read(record("long"), long(value))).toEqual({ v: Number(value) });
});

test.each([
  ["a date", { type: "int", logicalType: "date" }, 20_454, Date.UTC(2026, 0, 1)],
  ["milliseconds", { type: "long", logicalType: "timestamp-millis" }, 1_767_225_600_123, 1_767_225_600_123],
  [
    "microseconds",
    { type: "long", logicalType: "timestamp-micros" },
    1_767_225_600_123_000,
    1_767_225_600_123,
  ],
  ["a time of day", { type: "long", logicalType: "time-micros" }, 1_500_000, 1_500],
  ["a logical type that nobody knows", { type: "int", logicalType: "colour" }, 7, 7],
  ["a logical type on the wrong type", { type: "string", logicalType: "date" }, "x", "x"],
  ["text", "string", "é", "é"],
  ["a flag", "boolean", true, true],
  ["bytes", "bytes", Buffer.from("hi"), "aGk="],
  ["fixed bytes", { type: "fixed", name: "F", size: 2 }, Buffer.from("hi"), "aGk="],
  ["an enum", { type: "enum", name: "E", symbols: ["A", "B"] }, "B", "B"],
  ["an array", { type: "array", items: "int" }, [1, 2], [1, 2]],
  ["a map", { type: "map", values: "int" }, { a: 1 }, { a: 1 }],
  ["null", ["null", "string"], null, null],
  ["a branch", ["null", "string"], "x", "x"],
  ["an ambiguous branch", ["int", "float"], { float: 1.5 }, 1.5],
])("%s is a plain value", (_, schema, value, plain) => {
  expect(read(record(schema), written(record(schema), { v: value }))).toEqual({ v: plain });
});

test.each([
  [[0x00], 2, 0],
  [[0x7b], 2, 1.23],
  [[0x85], 1, -12.3],
  [[0x01, 0x63, 0x45, 0x78, 0x5d, 0x8a, 0x00, 0x01], 5, 1e12],
])("a decimal of the bytes %j at scale %i is %d", (bytes, scale, value) => {
  const schema = record({ type: "bytes", logicalType: "decimal", precision: 20, scale });
  expect(read(schema, Buffer.from([bytes.length * 2, ...bytes]))).toEqual({ v: value });
});

test("nanoseconds reach beyond what a double holds exactly, and still name their millisecond", () => {
  const schema = record({ type: "long", logicalType: "timestamp-nanos" });
  const { v } = read(schema, long(1_767_225_600_123_456_789n)) as { v: number };
  expect(Math.floor(v)).toBe(1_767_225_600_123);
});

test("times come in the mapping's own unit", () => {
  const seconds = new AvroFormat("s");
  const type = seconds.compile({
    text: JSON.stringify(record({ type: "long", logicalType: "timestamp-millis" })),
    references: [],
  });
  const bytes = long(1_767_225_600_000n);
  expect(seconds.read(type, bytes, 0, bytes.length)).toEqual({ v: 1_767_225_600 });
});

test("a count of elements that the record cannot hold is refused, whatever it says", () => {
  const arrays = record({ type: "array", items: "null" });
  expect(() => read(arrays, long(2n ** 40n))).toThrow(`more than ${VALUES_MAX}`);
  const nested = record({ type: "map", values: "string" });
  expect(() => read(nested, long(1_000n))).toThrow("truncated");
});

test("no bytes, however broken, do anything but give a value or an error", () => {
  const type = compile({
    type: "record",
    name: "Node",
    fields: [
      { name: "a", type: ["null", "long", "double", { type: "array", items: "string" }] },
      { name: "m", type: { type: "map", values: ["null", "bytes", { type: "array", items: "null" }] } },
      { name: "next", type: ["null", "Node"] },
    ],
  });
  const random = seededRandom(9);
  // a = 42, an empty map, no next one.
  const whole = [2, 84, 0, 0];
  let values = 0;
  for (let i = 0; i < 20_000; i++) {
    // Half of them noise, half a record with a byte of noise in it.
    const noise = () => (random() < 0.5 ? Math.floor(random() * 8) : Math.floor(random() * 256));
    const bytes =
      i % 2 === 0
        ? Buffer.from(Array.from({ length: 1 + Math.floor(random() * 40) }, noise))
        : Buffer.from(whole);
    if (i % 2 === 1) bytes[Math.floor(random() * bytes.length)] = noise();
    try {
      format.read(type, bytes, 0, bytes.length);
      values++;
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
  }
  expect(values).toBeGreaterThan(0);
});
