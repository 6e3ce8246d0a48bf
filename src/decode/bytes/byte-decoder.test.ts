/** The byte decoder beside the one that parses: whatever the records, in whatever order, both say the same. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonDecoder } from "../json.ts";
import { DEFAULT_MAPPING, type Mapping } from "../mapping.ts";
import { DecodedRecord } from "../record.ts";
import { ShapeRegistry } from "../shapes.ts";
import { ByteDecoder } from "./byte-decoder.ts";

/** All that a decoder says of a record. */
function said(outcome: string, detail: string, record: DecodedRecord) {
  if (outcome !== "ok") return { outcome, detail };
  const { kind, eventTimeMs, swimlane, source, flat, shape, valueCount, types, numbers, strings, fields } =
    record;
  const values = Array.from({ length: valueCount }, (_, i) => [
    flat ? i : fields[i],
    types[i],
    types[i] === 0 ? null : types[i] === 2 ? strings[i] : numbers[i],
  ]);
  return { outcome, kind, eventTimeMs, swimlane, source, flat, names: shape.names, values };
}

function pair(mapping: Partial<Mapping> = {}) {
  const whole = { ...DEFAULT_MAPPING, ...mapping };
  const parser = new JsonDecoder(whole, new ShapeRegistry());
  const decoder = new ByteDecoder(whole, new ShapeRegistry());
  // Makes a reader for every form at once, and has the room behind each record that readers need.
  const eager = new ByteDecoder(whole, new ShapeRegistry(), undefined, 1);
  const records = [new DecodedRecord(), new DecodedRecord(), new DecodedRecord()] as const;
  /** Decodes with all, out of the middle of a buffer; fails when they differ. */
  const check = (record: string | Buffer) => {
    const middle = Buffer.from(record as string);
    const bytes = Buffer.concat([Buffer.from('{"x":'), middle, Buffer.from("1}")]);
    const [start, end] = [5, 5 + middle.length];
    const expected = said(parser.decode(bytes, start, end, records[0]), parser.detail, records[0]);
    const actual = said(decoder.decode(bytes, start, end, records[1]), decoder.detail, records[1]);
    expect(actual, middle.toString()).toEqual(expected);
    // What follows is a record like it, as in a log: reading past the end would find what it looks for.
    const log = Buffer.concat([bytes.subarray(0, end), middle, Buffer.alloc(400)]);
    const ofReader = said(eager.decode(log, start, end, records[2]), eager.detail, records[2]);
    expect(ofReader, middle.toString()).toEqual(expected);
    return actual;
  };
  return { check, decoder };
}

const scalar = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e300, 1e301, 0.1, 1e21, 123456789012345680000),
  fc.constantFrom("FR", "DE", "", "é", "a b", "日本", 'quo"te', "tab\t", "back\\slash", "x".repeat(300)),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
);
const name = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom("a", "b", "c", "user", "a.b", "toString", "") },
  { weight: 1, arbitrary: fc.constantFrom("0", "12", "__proto__", "ü", 'q"') },
);
const features = fc.dictionary(
  name,
  fc.oneof(
    { weight: 20, arbitrary: scalar },
    { weight: 3, arbitrary: fc.dictionary(name, scalar, { maxKeys: 3 }) },
    { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  ),
  { minKeys: 1, maxKeys: 6 },
);
const goodTime = fc.oneof(
  fc.integer({ min: 0, max: 2e12 }),
  fc
    .date({ min: new Date("1990-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
    .map((d) => d.toISOString()),
  fc.constantFrom(
    "2026-11-23T12:00:59Z",
    "2026-11-23T12:00:07.250Z",
    "2026-11-23T12:00:60Z",
    1.5,
    "1700000000000",
  ),
);
const badTime = fc.constantFrom(
  1e300,
  null,
  "soon",
  true,
  {},
  "2026-11-23T12:00:61Z",
  "2026-11-23T12:00:0\u0661Z",
);
const oddTime = fc.constantFrom(
  "2026-11-23T12:00:07.250+01:00",
  "2026-11-23T12:00:07.25Z",
  "2026-11-23 12:00:07",
  -1,
);
const time = fc.oneof({ weight: 12, arbitrary: goodTime }, { weight: 1, arbitrary: badTime }, oddTime);
const lane = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("prod", "eval", "prod é", "dev\n", 1, true) },
  { weight: 1, arbitrary: fc.constantFrom("", null) },
);
const record = fc.record(
  {
    ts: time,
    swimlane: lane,
    source: lane,
    env: lane,
    features: fc.oneof({ weight: 20, arbitrary: features }, scalar, fc.constant([])),
    metrics: fc.option(fc.oneof({ weight: 5, arbitrary: features }, scalar), { freq: 1, nil: 1 }),
    profiles: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, fc.constantFrom(1, {}, [], { x: {} })),
    meta: fc.record({ at: time, pipe: lane, "a/b": scalar }, { requiredKeys: ["at", "pipe"] }),
  },
  { requiredKeys: ["ts", "swimlane", "features", "env", "meta"] },
);
/** What a producer may do to the text around the values. */
const style = fc.constantFrom(
  (value: unknown) => JSON.stringify(value),
  (value: unknown) => JSON.stringify(value),
  (value: unknown) => JSON.stringify(value).replace(/([,:])"/g, '$1 "'),
  (value: unknown) => ` ${JSON.stringify(value, null, 1)}\n`,
);

/** The same record with other values at the same places, so that its form is met again. */
function revalue(value: unknown, scalars: readonly unknown[], at = { i: 0 }): unknown {
  if (value === null || typeof value !== "object") return scalars[at.i++ % scalars.length];
  if (Array.isArray(value)) return value.map((element) => revalue(element, scalars, at));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      ["ts", "at", "swimlane", "pipe", "env"].includes(key) ? inner : revalue(inner, scalars, at),
    ]),
  );
}

const MAPPINGS: readonly Partial<Mapping>[] = [
  {},
  { features: "", swimlane: "{env}/{swimlane}", source: "{source}" },
  { time: "/meta/at", timeUnit: "s", swimlane: "{/meta/pipe}-{source}-{/meta/pipe}", source: "constant" },
  { features: "/meta", metrics: "/none", source: "/features/a", swimlane: "/swimlane" },
  { time: "/meta/at", swimlane: "/meta/pipe", features: "/meta", profiles: "/features/user" },
  { features: { one: "/features/a", all: "/meta" } },
];

describe.each(MAPPINGS)("with the mapping %j", (mapping) => {
  test("any records give the same, form known or not", () => {
    let known = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(record, style), { minLength: 1, maxLength: 4 }),
        fc.array(scalar, { minLength: 1, maxLength: 12 }),
        (records, scalars) => {
          const { check, decoder } = pair(mapping);
          for (let round = 0; round < 3; round++) {
            for (const [value, write] of records)
              check(write(round === 0 ? value : revalue(value, scalars.slice(round))));
            for (const [value, write] of records) check(write(value));
          }
          known += decoder.work.recordsRead;
        },
      ),
      { numRuns: 150 },
    );
    if (typeof mapping.features !== "object") expect(known).toBeGreaterThan(100);
  });
});

const plain = {
  ts: 1_767_225_600_000,
  swimlane: "prod",
  source: "clicks",
  features: { x: 1.5, n: null, b: true, c: "FR" },
};

test("a record with any bytes changed, taken out or put in gives the same", () => {
  const edit = fc.tuple(
    fc.nat(120),
    fc.constantFrom(0, 1, 2),
    fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('0123456789-+.eE"\\,:{}[]tfn \n'))),
  );
  const { check, decoder } = pair();
  const text = Buffer.from(JSON.stringify(plain));
  check(text);
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let bytes = text;
      for (const [place, removed, byte] of edits) {
        const at = place % bytes.length;
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at + removed)]);
      }
      check(bytes);
      check(text);
    }),
    { numRuns: 5_000 },
  );
  expect(decoder.work.recordsRead).toBeGreaterThan(5_000);
});

test("a form is known from its second record on, whatever its values", () => {
  const { check, decoder } = pair();
  check(JSON.stringify(plain));
  for (const x of [2, -0, 1e21, null, "text", "é", false])
    check(JSON.stringify({ ...plain, features: { ...plain.features, x } }));
  expect(decoder.work).toMatchObject({ recordsRead: 7, recordsParsed: 1 });
});

test("an optional field and Python's spaces are forms of their own", () => {
  const { check, decoder } = pair();
  const forms = [plain, { ...plain, features: { x: 1, c: "DE" } }, { ...plain, source: undefined }].map(
    (value) => JSON.stringify(value),
  );
  const all = [...forms, ...forms.map((text) => text.replace(/([,:])(?=["\d{tn])/g, "$1 "))];
  for (let round = 0; round < 200; round++) for (const text of all) check(text);
  expect(decoder.work.recordsParsed).toBeLessThan(60);
});

test.each([
  ["an escape", '{"ts":1,"swimlane":"a\\u0062","features":{"x":"a\\nb"}}'],
  ["a number beyond 1e300", '{"ts":1,"swimlane":"a","features":{"x":1e999}}'],
  ["a raw control character", '{"ts":1,"swimlane":"a","features":{"x":"a\nb"}}'],
  ["bytes that are no UTF-8", Buffer.from('{"ts":1,"swimlane":"a","features":{"x":"\xe9\xff"}}', "latin1")],
  ["a leading zero", '{"ts":1,"swimlane":"a","features":{"x":01}}'],
  ["a rest", '{"ts":1,"swimlane":"a","features":{"x":1}}}'],
  ["nothing", ""],
  ["a cut record", '{"ts":1,"swimlane":"a","features":{"x":tru'],
  ["no lane", '{"ts":1,"swimlane":"","features":{"x":1}}'],
  ["a time that is none", '{"ts":null,"swimlane":"a","features":{"x":1}}'],
  ["a name twice", '{"ts":1,"swimlane":"a","features":{"x":1,"x":2}}'],
])("%s among records of a known form gives the same", (_what, text) => {
  const { check } = pair();
  check('{"ts":1,"swimlane":"a","features":{"x":1}}');
  for (let i = 0; i < 3; i++) check(text);
});

test("records of ever new forms cost ever fewer attempts to learn, and memory stays bounded", () => {
  const { check, decoder } = pair();
  for (let i = 0; i < 3_000; i++) check(JSON.stringify({ ...plain, features: { [`f${i}`]: 1, x: i } }));
  check(JSON.stringify(plain));
  expect(decoder.work.recordsParsed).toBeGreaterThan(2_900);
});

test("a tombstone and a record that is too large are left to the other decoder", () => {
  const decoder = new ByteDecoder(DEFAULT_MAPPING, new ShapeRegistry(), {
    recordBytesMax: 60,
    depthMax: 32,
    fieldsMax: 4_096,
  });
  const decode = (text: string) => decoder.decode(Buffer.from(text), 0, text.length, new DecodedRecord());
  expect(decode('{"ts":1,"swimlane":"a","features":{"x":1}}')).toBe("ok");
  expect(decode(`{"ts":1,"swimlane":"a","features":{"x":${"1".repeat(40)}}}`)).toBe("too_large");
  expect(decoder.decode(Buffer.alloc(0), -1, 0, new DecodedRecord())).toBe("empty");
});
