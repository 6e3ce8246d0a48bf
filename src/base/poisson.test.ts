import { expect, test } from "vitest";
import { poissonInterval } from "./poisson.ts";

// Garwood's own table (95 %), and chi-square quantiles for the large one: χ²(.025, 2000)/2, χ²(.975, 2002)/2.
test.each([
  [0, 0, 3.689],
  [1, 0.0253, 5.572],
  [4, 1.09, 10.242],
  [10, 4.795, 18.39],
  [50, 37.11, 65.92],
  [1_000, 938.97, 1_063.95],
])("%i events are no surprise for means from %d to %d", (count, low, high) => {
  const interval = poissonInterval(count);
  expect(interval.low / Math.max(low, 1e-9)).toBeCloseTo(low === 0 ? 0 : 1, 2);
  expect(interval.high / high).toBeCloseTo(1, 3);
});

test("where the exact sum gives way to the approximation, nothing jumps", () => {
  const [before, after] = [poissonInterval(200), poissonInterval(201)];
  expect(after.low - before.low).toBeCloseTo(0.93, 1);
  expect(after.high - before.high).toBeCloseTo(1.07, 1);
});
