import fc from "fast-check";
import { expect, test } from "vitest";
import { OperationalError } from "../base/errors.ts";
import { decodeMemory, encodeMemory } from "./memory-codec.ts";

test("whatever a detector may remember comes back as it was", () => {
  const memory = {
    nothing: undefined,
    none: null,
    text: "é\n",
    numbers: [1, -0, Number.NaN, Number.POSITIVE_INFINITY, 0.1, 5, 6, 7, 8],
    singles: [0.5, 1, 2, 3, 4, 5, 6, 7],
    mixed: [1, "a", null],
    counts: Uint32Array.of(0, 0, 0, 7, 300, 70_000, 0, 4_294_967_295),
    sums: Float64Array.of(1, 2.5, Number.NaN),
    map: new Map<unknown, unknown>([
      [1, new Set(["a"])],
      ["b", { c: -1 }],
    ]),
  };
  expect(decodeMemory(encodeMemory(memory))).toEqual(memory);
});

// Feature names come from records: anyone can send one.
test("a member may have any name", () => {
  const memory = JSON.parse('{"__proto__": {"a": [1, null]}, "constructor": 2}') as object;
  const again = decodeMemory<object>(encodeMemory(memory));
  expect(Object.keys(again)).toEqual(["__proto__", "constructor"]);
  expect(JSON.stringify(again)).toBe(JSON.stringify(memory));
});

test("counts of any shape come back as they were", () => {
  fc.assert(
    fc.property(fc.uint32Array(), (counts) => {
      expect(decodeMemory(encodeMemory(counts))).toEqual(counts);
    }),
  );
});

test("a memory of another version or a damaged one is refused with what to do", () => {
  for (const text of ["", "{}", '{"version":0,"memory":{}}', encodeMemory({ a: 1 }).slice(0, -3)]) {
    expect(() => decodeMemory(text)).toThrow(OperationalError);
  }
});
