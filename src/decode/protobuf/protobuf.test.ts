import { expect, test } from "vitest";
import { seededRandom } from "../../base/random.ts";
import { ProtobufFormat, type ProtobufSchema } from "./protobuf.ts";

const TEXT = `
syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
message First { int32 x = 1; }
message All {
  int64 id = 1;
  optional double score = 2;
  map<int64, string> names = 3;
  google.protobuf.Timestamp at = 4;
  oneof what { string text = 5; int32 number = 6; }
  Kind kind = 7;
  repeated Inner inners = 8;
  bytes raw = 9;
  uint64 big = 10;
  Inner inner = 11;
  google.protobuf.Duration took = 12;
  google.protobuf.Struct loose = 13;
  google.protobuf.DoubleValue wrapped = 14;
  All self = 15;
  enum Kind { NONE = 0; SOME = 1; }
  message Skipped { string s = 1; }
  message Inner { int32 q = 1; }
}
`;
const format = new ProtobufFormat("ms", "shop.All");
const schema: ProtobufSchema = format.compile({ text: TEXT, references: [] });
const All = schema.only;

function read(value: Record<string, unknown>): unknown {
  const bytes = Buffer.from(All.encode(All.fromObject(value)).finish());
  return format.read(schema, bytes, 0, bytes.length, false);
}

test("a message is what a producer of JSON would have written", () => {
  const plain = read({
    id: "9007199254740993",
    score: 1.5,
    names: { 5: "five" },
    at: { seconds: 1_767_225_600, nanos: 123_000_000 },
    text: "t",
    kind: "SOME",
    inners: [{ q: 1 }, {}],
    raw: Buffer.from("hi"),
    big: "18446744073709551615",
    inner: { q: 7 },
    took: { seconds: 1, nanos: 500_000_000 },
    loose: {
      fields: {
        a: { numberValue: 1 },
        b: { listValue: { values: [{ boolValue: true }, { nullValue: 0 }] } },
        c: { structValue: { fields: { d: { stringValue: "x" } } } },
      },
    },
    wrapped: { value: 2.5 },
  });
  expect(plain).toEqual({
    id: 2 ** 53,
    score: 1.5,
    names: { "5": "five" },
    at: 1_767_225_600_123,
    text: "t",
    kind: "SOME",
    inners: [{ q: 1 }, { q: 0 }],
    raw: "aGk=",
    big: 2 ** 64,
    inner: { q: 7 },
    took: 1.5,
    loose: { a: 1, b: [true, null], c: { d: "x" } },
    wrapped: 2.5,
    self: null,
  });
});

test("what was not set is its default, or null where the schema tells that apart, and a choice not taken is absent", () => {
  expect(read({})).toEqual({
    id: 0,
    score: null,
    names: {},
    at: null,
    kind: "NONE",
    inners: [],
    raw: "",
    big: 0,
    inner: null,
    took: null,
    loose: null,
    wrapped: null,
    self: null,
  });
});

test("in a file of proto2 what is optional and not set is null", () => {
  const two = new ProtobufFormat("ms");
  const compiled = two.compile({
    text: 'syntax = "proto2"; message M { optional int32 a = 1; required int32 b = 2; optional int32 c = 3 [default = 4]; }',
    references: [],
  });
  expect(two.read(compiled, Buffer.of(16, 5), 0, 2, false)).toEqual({ a: null, b: 5, c: null });
});

test.each([
  ["a single 0 is the first message", [0, 8, 7], { x: 7 }],
  ["one index", [2, 0, 8, 7], { x: 7 }],
  ["a message within the second", [4, 2, 2, 8, 7], { q: 7 }],
])("behind a registry's frame %s", (_, bytes, value) => {
  expect(format.read(schema, Buffer.from(bytes), 0, bytes.length, true)).toEqual(value);
});

test.each([
  ["no such message", [2, 18], /no message 9/],
  ["more indexes than any schema nests", [200, 1, 0], /message indexes/],
  ["fewer than none", [1, 0], /message indexes/],
])("indexes that name %s are refused", (_, bytes, words) => {
  expect(() => format.read(schema, Buffer.from(bytes), 0, bytes.length, true)).toThrow(words);
});

test("a text that is not Protobuf, and one without a message, are refused with their name", () => {
  expect(() => format.compile({ text: "message {", references: [] })).toThrow(/not Protobuf text/);
  expect(() => new ProtobufFormat("ms").compile({ text: 'syntax = "proto3";', references: [] })).toThrow(
    /no message/,
  );
});

test("no bytes, however broken, do anything but give a value or an error", () => {
  const random = seededRandom(4);
  let values = 0;
  for (let i = 0; i < 20_000; i++) {
    const bytes = Buffer.from(
      Array.from({ length: 1 + Math.floor(random() * 40) }, () =>
        random() < 0.5 ? Math.floor(random() * 130) : Math.floor(random() * 256),
      ),
    );
    try {
      format.read(schema, bytes, 0, bytes.length, random() < 0.5);
      values++;
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
    }
  }
  expect(values).toBeGreaterThan(0);
});
