import { expect, test } from "vitest";
import { JsonDecoder } from "./json.ts";
import { DEFAULT_MAPPING, type Mapping } from "./mapping.ts";
import { DecodedRecord, VALUE_BOOLEAN, VALUE_NULL, VALUE_NUMBER, VALUE_STRING } from "./record.ts";
import { ShapeRegistry } from "./shapes.ts";

const record = new DecodedRecord();

function decode(json: unknown, mapping: Partial<Mapping> = {}) {
  const decoder = new JsonDecoder({ ...DEFAULT_MAPPING, ...mapping }, new ShapeRegistry());
  const bytes = Buffer.from(typeof json === "string" ? json : JSON.stringify(json));
  const outcome = decoder.decode(bytes, 0, bytes.length, record);
  return { outcome, detail: decoder.detail };
}

/** The record's values as name → list of values, as the next stage would see them. */
function values(): Record<string, unknown[]> {
  const seen: Record<string, unknown[]> = {};
  for (let i = 0; i < record.valueCount; i++) {
    const name = record.shape.names[record.flat ? i : record.fields[i]!]!;
    const type = record.types[i];
    const value =
      type === VALUE_NULL
        ? null
        : type === VALUE_NUMBER
          ? record.numbers[i]
          : type === VALUE_STRING
            ? record.strings[i]
            : type === VALUE_BOOLEAN
              ? record.numbers[i] === 1
              : undefined;
    seen[name] = [...(seen[name] ?? []), value];
  }
  return seen;
}

const whole = { ts: 1_000, swimlane: "prod", source: "clicks" };

test("a feature record gives its time, lane, source and values", () => {
  expect(
    decode({ ...whole, features: { watch_time: 12.5, country: "FR", age: null, premium: true } }).outcome,
  ).toBe("ok");
  expect(record).toMatchObject({
    kind: "feature",
    eventTimeMs: 1_000,
    swimlane: "prod",
    source: "clicks",
    flat: true,
  });
  expect(values()).toEqual({ watch_time: [12.5], country: ["FR"], age: [null], premium: [true] });
});

test("a record without a source has source default", () => {
  decode({ ts: 1, swimlane: "prod", features: { a: 1 } });
  expect(record.source).toBe("default");
});

test("nested objects flatten with dots; an array gives its length and its elements", () => {
  decode({
    ...whole,
    features: {
      user: { age: 3, home: { city: "Paris" } },
      tags: ["a", "b"],
      empty: [],
      matrix: [[1, 2], [3]],
    },
  });
  expect(values()).toEqual({
    "user.age": [3],
    "user.home.city": ["Paris"],
    "tags.length": [2],
    "tags[]": ["a", "b"],
    "empty.length": [0],
    "matrix.length": [2],
    "matrix[]": [1, 2, 3],
  });
});

test("a record of metrics is told apart from one of features", () => {
  expect(decode({ ...whole, metrics: { rows_written: 123 } }).outcome).toBe("ok");
  expect(record.kind).toBe("metric");
});

test("equal field names give the same shape object, other names or another order a different one", () => {
  const shapes = new ShapeRegistry();
  const decoder = new JsonDecoder(DEFAULT_MAPPING, shapes);
  const shapeOf = (features: object) => {
    const bytes = Buffer.from(JSON.stringify({ ...whole, features }));
    decoder.decode(bytes, 0, bytes.length, record);
    return record.shape;
  };
  const first = shapeOf({ a: 1, b: 2 });
  expect(shapeOf({ a: "x", b: null })).toBe(first);
  expect(shapeOf({ b: 2, a: 1 })).not.toBe(first);
});

test("pointers, a template and the whole record as features map any shape", () => {
  const mapping = {
    time: "/meta/at",
    timeUnit: "s",
    swimlane: "{env}/{/meta/pipe}",
    source: "spark",
    features: "",
  } as const;
  expect(decode({ env: "prod", meta: { at: 5, pipe: "p1" }, clicks: 3 }, mapping).outcome).toBe("ok");
  expect(record).toMatchObject({ eventTimeMs: 5_000, swimlane: "prod/p1", source: "spark" });
  expect(values()).toEqual({ clicks: [3] });
});

test("features may be picked one by one", () => {
  decode({ ...whole, a: { b: 7 }, c: 8 }, { features: { first: "/a/b", missing: "/x" } });
  expect(values()).toEqual({ first: [7] });
});

const deep = (levels: number) =>
  `{"ts":1,"swimlane":"a","features":${'{"x":'.repeat(levels)}1${"}".repeat(levels)}}`;

test.each([
  ["undecodable", "not json", "{oops"],
  ["undecodable", "an array", "[1,2]"],
  ["undecodable", "bytes that are no text", "\u0000\u0001"],
  ["no_time", "no time", { swimlane: "a", features: { x: 1 } }],
  ["no_time", "a time that is none", { ts: "soon", swimlane: "a", features: { x: 1 } }],
  ["no_swimlane", "no lane", { ts: 1, features: { x: 1 } }],
  ["no_swimlane", "an empty lane", { ts: 1, swimlane: "", features: { x: 1 } }],
  ["no_features", "nothing to count", { ts: 1, swimlane: "a", features: {} }],
  ["too_large", "more than a megabyte", { ...whole, features: { x: "y".repeat(1_100_000) } }],
  ["too_complex", "nested 100 deep", deep(100)],
  ["too_complex", "nested 100,000 deep", deep(100_000)],
  [
    "too_complex",
    "5,000 fields",
    { ...whole, features: Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`f${i}`, i])) },
  ],
  [
    "too_complex",
    "20,000 array elements",
    { ...whole, features: { x: Array.from({ length: 20_000 }, () => 1) } },
  ],
  [
    "forbidden_key",
    "__proto__ among the features",
    '{"ts":1,"swimlane":"a","features":{"__proto__":{"x":1}}}',
  ],
  ["forbidden_key", "__proto__ deeper", '{"ts":1,"swimlane":"a","features":{"y":{"\\u005f_proto__":1}}}'],
  ["forbidden_key", "__proto__ at the top", '{"ts":1,"swimlane":"a","features":{"x":1},"__proto__":{}}'],
  ["number_range", "NaN as Python writes it", '{"ts":1,"swimlane":"a","features":{"x":NaN}}'],
  ["number_range", "-Infinity as Python writes it", '{"ts":1,"swimlane":"a","features":{"x":[1,-Infinity]}}'],
  ["number_range", "a number that overflows", '{"ts":1,"swimlane":"a","features":{"x":1e999}}'],
  ["number_range", "1e308, whose square overflows", { ...whole, features: { x: 1e308 } }],
])("%s: %s", (expected, _what, json) => {
  const { outcome, detail } = decode(json);
  expect(outcome).toBe(expected);
  expect(detail).not.toBe("");
});

test("a record without a value is empty", () => {
  const decoder = new JsonDecoder(DEFAULT_MAPPING, new ShapeRegistry());
  expect(decoder.decode(Buffer.alloc(0), -1, 0, record)).toBe("empty");
});

test("a refused record leaves no prototype behind", () => {
  decode('{"ts":1,"swimlane":"a","features":{"__proto__":{"poisoned":1}}}');
  expect(({} as Record<string, unknown>)["poisoned"]).toBeUndefined();
});
