import { expect, test } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { LagWatch } from "./lag-probes.ts";

const MINUTE_MS = 60_000;

/** A log that grows and a path that follows, as scripted; looked at every five seconds. */
function following() {
  const clock = new ManualClock(0);
  const now = { end: 0, path: 0, canCount: true };
  const watch = new LagWatch({
    clock,
    sources: () => [
      { partitionEnds: async () => [{ topic: "t", partition: 0, startOffset: 0, endOffset: now.end }] },
    ],
    pathEnd: async () => now.path,
    canCount: async () => now.canCount,
    lagMs: 10 * MINUTE_MS,
    stuckMs: 5 * MINUTE_MS,
  });
  const go = async (forMs: number, step: () => void) => {
    let states: string[] = [];
    for (const untilMs = clock.nowMs() + forMs; clock.nowMs() < untilMs; ) {
      step();
      states = (await Promise.all(watch.probes().map(({ look }) => look()))).map(({ state }) => state);
      clock.advanceTo(clock.nowMs() + 5_000);
    }
    const [lag, stuck] = states;
    return { lag, stuck };
  };
  const grow = () => {
    now.end += 100;
  };
  return { now, go, grow };
}

const WELL = { lag: "ok", stuck: "ok" };

test("a reader that keeps up is well, and so is a log that stands still", async () => {
  const { now, go } = following();
  expect(
    await go(60 * MINUTE_MS, () => {
      now.path = now.end;
      now.end += 100;
    }),
  ).toEqual(WELL);
  now.path = now.end;
  expect(await go(60 * MINUTE_MS, () => {})).toEqual(WELL);
});

test("a reader that moves and falls behind lags, once its oldest uncounted record is too old", async () => {
  const { now, go } = following();
  const slowly = () => {
    now.end += 100;
    now.path += 10;
  };
  expect(await go(9 * MINUTE_MS, slowly)).toEqual(WELL);
  expect(await go(4 * MINUTE_MS, slowly)).toEqual({ lag: "bad", stuck: "ok" });
});

test("a partition that stands still is stuck, and is not told as a lag too", async () => {
  const { now, go, grow } = following();
  await go(MINUTE_MS, () => {
    now.path = now.end;
    now.end += 100;
  });
  expect(await go(20 * MINUTE_MS, grow)).toEqual({ lag: "ok", stuck: "bad" });
});

test("while the store is away nobody is behind, and its outage is held against nobody afterwards", async () => {
  const { now, go, grow } = following();
  await go(MINUTE_MS, () => {
    now.path = now.end;
    now.end += 100;
  });
  now.canCount = false;
  expect(await go(60 * MINUTE_MS, grow)).toEqual({ lag: "unknown", stuck: "unknown" });
  now.canCount = true;
  expect(await go(MINUTE_MS, grow)).toEqual(WELL);
});
