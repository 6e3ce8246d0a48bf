import { expect, test } from "vitest";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { HOURLY_CONTEXT } from "../../test/harness/hourly-context.ts";
import type { VolumeMemory } from "./memory.ts";
import { channelShares } from "./shares.ts";
import { volume } from "./volume.ts";

const HOUR_MS = 3_600_000;

/** Ten weeks of some 400 records an hour, each hour up to `spread` times more or less. */
function afterTenWeeks(spread: number, random: Random): VolumeMemory {
  let memory = volume.start(HOURLY_CONTEXT, volume.defaults);
  for (let hour = 0; hour < 10 * 168; hour++) {
    const value = Math.round(400 * Math.exp(Math.log(spread) * (2 * random() - 1)));
    const point = { startMs: hour * HOUR_MS, endMs: (hour + 1) * HOUR_MS, value };
    memory = volume.step(point, memory, HOURLY_CONTEXT, volume.defaults).memory;
  }
  return memory;
}

test("where hours are much alike, one low hour has most of the budget; where they halve by nature, next to nothing", () => {
  expect(channelShares(afterTenWeeks(1.1, seededRandom(1))).once).toBeGreaterThan(0.4);
  expect(channelShares(afterTenWeeks(3, seededRandom(1))).once).toBeLessThan(0.05);
});

test("the shares add up to the budget, in a memory of before there were any too", () => {
  for (const spread of [1.1, 1.5, 3]) {
    const memory = afterTenWeeks(spread, seededRandom(2));
    for (const each of [memory, { ...memory, threshold: { ...memory.threshold, power: undefined! } }]) {
      const { once, sums, ratio } = channelShares(each);
      expect(once + sums + ratio).toBeCloseTo(1, 12);
      expect(Math.min(once, sums, ratio)).toBeGreaterThan(0);
    }
  }
});
