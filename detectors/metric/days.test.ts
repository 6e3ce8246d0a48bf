import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { HOURLY_CONTEXT } from "../../test/harness/hourly-context.ts";
import { wallTimeAt } from "../lib/series/wall-clock.ts";
import { compareWithDays } from "./days.ts";
import { metric } from "./metric.ts";

const FIVE_MINUTES_MS = 300_000;
const DAY = 288;
const DAYS = 7;

/** Seven days of noise, then `today` (slot → day to repeat, from 0), and what the last window of it was held to. */
function lastOf(windows: number, today: (slot: number) => number) {
  const random = seededRandom(1);
  const days = Array.from({ length: DAYS }, () => Array.from({ length: DAY }, () => random() * 100));
  const repeated = Array.from({ length: windows }, (_, slot) => days[today(slot)]![slot]!);
  const values = [...days.flat(), ...repeated];
  const context = { ...HOURLY_CONTEXT, feature: "rows_written", windowSizeMs: FIVE_MINUTES_MS };
  let memory = metric.start(context, metric.defaults);
  const last = values.pop()!;
  values.forEach((value, at) => {
    const startMs = at * FIVE_MINUTES_MS;
    const point = { startMs, endMs: startMs + FIVE_MINUTES_MS, value };
    memory = metric.step(point, memory, context, metric.defaults).memory;
  });
  return compareWithDays(memory, wallTimeAt(values.length * FIVE_MINUTES_MS, "UTC", memory.clock), last);
}

test("windows that are each like some day are together like none when the day is another each time", () => {
  const { distance, stretchDistance } = lastOf(200, (slot) => slot % DAYS);
  expect(distance).toBe(0);
  expect(stretchDistance).toBeGreaterThan(25);
});

test("a stretch that repeats one of the seven days is as on that day, however unlike the others", () => {
  for (const day of [0, 3, 6]) expect(lastOf(280, () => day).stretchDistance).toBeLessThan(5);
});
