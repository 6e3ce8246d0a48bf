import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { HOURLY_CONTEXT } from "../../test/harness/hourly-context.ts";
import { noiseAt } from "./noise.ts";
import { volume } from "./volume.ts";

const HOUR_MS = 3_600_000;
const USUAL = 400;

// Ten weeks of 400 records an hour ± 10 %, then twenty hours of half as many more: a fair, not a loss.
test("one odd day widens an hour's noise by less than half, so that the next loss is still seen", () => {
  const random = seededRandom(1);
  let memory = volume.start(HOURLY_CONTEXT, volume.defaults);
  const judge = (hour: number, factor: number) => {
    const value = Math.round(USUAL * factor * (0.9 + 0.2 * random()));
    const point = { startMs: hour * HOUR_MS, endMs: (hour + 1) * HOUR_MS, value };
    memory = volume.step(point, memory, HOURLY_CONTEXT, volume.defaults).memory;
  };
  for (let hour = 0; hour < 1680; hour++) judge(hour, 1);
  const before = noiseAt(memory, 12, USUAL, "week");
  for (let hour = 1680; hour < 1700; hour++) judge(hour, 1.5);
  const widened = noiseAt(memory, 12, USUAL, "week") / before;
  expect(widened).toBeGreaterThan(1.1);
  expect(widened).toBeLessThan(1.5);
});
