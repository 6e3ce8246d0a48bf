import { expect, test } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import type { PartitionEnd } from "../../source/contract.ts";
import { RecentEnds } from "./recent-ends.ts";

function asked() {
  const clock = new ManualClock(0);
  const recent = new RecentEnds(clock);
  const broker = { count: 0, isAway: false };
  const source = {
    name: "s",
    partitionEnds: async (): Promise<readonly PartitionEnd[]> => {
      broker.count++;
      if (broker.isAway) throw new Error("away");
      return [{ topic: "t", partition: 0, startOffset: 0, endOffset: broker.count }];
    },
  };
  const look = async () => (await recent.watched(source).partitionEnds())[0]!.endOffset;
  return { clock, recent, source, broker, look };
}

test("who looks shares what the rollup asked for seconds ago, and the broker is asked once", async () => {
  const { clock, recent, source, broker, look } = asked();
  for (let second = 0; second < 60; second++) {
    clock.advanceTo(second * 1_000);
    await recent.ask(source);
    if (second % 5 === 0)
      expect(await Promise.all([look(), look(), look()])).toEqual(Array(3).fill(second + 1));
  }
  expect(broker.count).toBe(60);
});

test("where nobody else asks, those who look at the same time ask once, and again when that is old", async () => {
  const { clock, broker, look } = asked();
  for (let i = 0; i < 12; i++) {
    clock.advanceTo(i * 5_000);
    await Promise.all([look(), look(), look()]);
  }
  expect(broker.count).toBe(12);
});

test("a failure is shared as an answer is, and is not older", async () => {
  const { clock, recent, source, broker, look } = asked();
  broker.isAway = true;
  await expect(recent.ask(source)).rejects.toThrow("away");
  broker.isAway = false;
  await expect(look()).rejects.toThrow("away");
  expect(broker.count).toBe(1);
  clock.advanceTo(4_001);
  expect(await look()).toBe(2);
});
