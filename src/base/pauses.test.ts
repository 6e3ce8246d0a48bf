import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { ManualClock, systemClock } from "./clock.ts";
import { Pauses } from "./pauses.ts";

test("is due only after so long, and then for all that share it until others had their turn", async () => {
  const clock = new ManualClock(0);
  const pauses = new Pauses(clock, 50);
  expect(pauses.isDue).toBe(false);
  clock.advanceTo(49);
  expect(pauses.isDue).toBe(false);
  clock.advanceTo(50);
  expect(pauses.isDue).toBe(true);
  const both = Promise.all([pauses.take(), pauses.take()]);
  expect(pauses.isDue).toBe(true);
  await both;
  expect(pauses.isDue).toBe(false);
});

test("computations that share it leave the event loop's other work its turns", async () => {
  const pauses = new Pauses(systemClock, 20);
  let turns = 0;
  let isOver = false;
  const others = (async () => {
    while (!isOver) {
      await setImmediate();
      turns++;
    }
  })();
  const compute = async () => {
    for (let step = 0; step < 20; step++) {
      if (pauses.isDue) await pauses.take();
      const endMs = performance.now() + 10;
      while (performance.now() < endMs);
    }
  };
  await Promise.all([compute(), compute(), compute()]);
  isOver = true;
  await others;
  // 600 ms of computing, at most 20 of them and a step at a time.
  expect(turns).toBeGreaterThanOrEqual(15);
});
