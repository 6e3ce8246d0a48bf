import { expect, test } from "vitest";
import { DECIMALS_MANY, decimalsOf, digitsOf } from "./written-digits.ts";

test.each([
  [0, 0, 1],
  [1200, 0, 2],
  [-7.5, 1, 2],
  [0.1 + 0.2, 1, 1],
  [19.99, 2, 4],
  [0.000001, 6, 1],
  [1234567.123456, 6, 9],
])("%d has %d decimals and %d significant digits", (value, decimals, digits) => {
  expect(decimalsOf(value)).toBe(decimals);
  expect(digitsOf(value, decimals)).toBe(digits);
});

test("random doubles hardly ever look as if they had been written with six decimals", () => {
  // The golden ratio's multiples, modulo 1, are spread evenly and repeat never.
  let few = 0;
  for (let i = 1; i <= 100_000; i++) if (decimalsOf((i * 0.618033988749895) % 1) < DECIMALS_MANY) few++;
  expect(few).toBeLessThan(5);
});
