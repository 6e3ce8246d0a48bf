import fc from "fast-check";
import { expect, test } from "vitest";
import { quantileOf, sortedQuantile } from "./quantile.ts";

test("a quantile of an unsorted list is that of the sorted one, and the list stays as it was", () => {
  const finite = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
  fc.assert(
    fc.property(
      fc.array(finite, { maxLength: 60 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, q) => {
        const before = [...values];
        const expected = sortedQuantile(Float64Array.from(values).sort(), q);
        // Zeros of either sign are one number.
        expect(quantileOf(values, q) + 0).toBe(expected + 0);
        expect(values).toEqual(before);
      },
    ),
  );
});
