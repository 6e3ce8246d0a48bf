import fc from "fast-check";
import { expect, test } from "vitest";
import { InvariantError } from "../base/errors.ts";
import { levelsOfWeighted } from "./kll-build.ts";

const weight = fc.oneof(
  fc.integer({ min: 1, max: 600 }),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  fc.integer({ min: 0, max: 52 }).map((bit) => 2 ** bit),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER),
);

// The same by whole numbers of any size, bit by bit.
test("an item goes to the level of each bit of its weight, whatever the weight, and stays in order", () => {
  fc.assert(
    fc.property(fc.array(weight, { maxLength: 40 }), (weights) => {
      const levels = levelsOfWeighted(Float64Array.from(weights.keys()), Float64Array.from(weights));
      const levelCount = Math.max(0, ...weights.map((one) => BigInt(one).toString(2).length));
      const expected = Array.from({ length: levelCount }, (_, level) =>
        weights.flatMap((one, item) => ((BigInt(one) >> BigInt(level)) & 1n ? [item] : [])),
      );
      expect(levels.map((level) => [...level])).toEqual(expected);
    }),
    { numRuns: 300, seed: 2 },
  );
});

test("a weight that is no whole positive number is refused", () => {
  for (const wrong of [0, -1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])
    expect(() => levelsOfWeighted(Float64Array.of(1), Float64Array.of(wrong))).toThrow(InvariantError);
});
