import fc from "fast-check";
import { expect, test } from "vitest";
import { quantileAboveZero, quantileOf } from "./quantile.ts";

test("a quantile of an unsorted list is that of the sorted one, and the list stays as it was", () => {
  const finite = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
  fc.assert(
    fc.property(
      fc.array(finite, { maxLength: 60 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, q) => {
        const before = [...values];
        const expected = ofSorted(Float64Array.from(values).sort(), q);
        // Zeros of either sign are one number.
        expect(quantileOf(values, q) + 0).toBe(expected + 0);
        expect(quantileAboveZero(values, q)).toBe(Math.max(0, values.length === 0 ? 0 : expected + 0));
        expect(values).toEqual(before);
      },
    ),
  );
});

/** By definition: linear between the order statistics on either side of the position. */
function ofSorted(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}
