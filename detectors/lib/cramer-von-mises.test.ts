import { expect, test } from "vitest";
import { logMisesTail } from "./cramer-von-mises.ts";

// Anderson and Darling 1952, table 1: W² and the probability below it.
test("the limit law has its published quantiles", () => {
  const quantiles = [
    [0.03656, 0.05],
    [0.11888, 0.5],
    [0.3473, 0.9],
    [0.46136, 0.95],
    [0.74346, 0.99],
    [1.16786, 0.999],
  ] as const;
  for (const [x, below] of quantiles) expect(1 - Math.exp(logMisesTail(x))).toBeCloseTo(below, 4);
});

test("the two expansions meet without a step, and the tail keeps its digits where 1 − p is 1", () => {
  expect(Math.abs(logMisesTail(0.2 - 1e-9) - logMisesTail(0.2 + 1e-9))).toBeLessThan(1e-7);
  // Each further unit of W² costs a factor e^(π²/2), a little more for the root of x before it.
  const slope = logMisesTail(400) - logMisesTail(401);
  expect(slope).toBeGreaterThan((Math.PI * Math.PI) / 2);
  expect(slope).toBeLessThan((Math.PI * Math.PI) / 2 + 0.01);
});
