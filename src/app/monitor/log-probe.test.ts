import { expect, test } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { logProbe } from "./log-probe.ts";

const MINUTE_MS = 60_000;

/** One partition, counted up to `path` under the id `counted`; the broker says `end` and `logId`. */
function watched(start: { end?: number; path?: number | undefined; logId?: string; counted?: string } = {}) {
  const clock = new ManualClock(0);
  const now = { end: 100, path: 100 as number | undefined, ...start };
  const probe = logProbe({
    clock,
    sources: () => [
      {
        partitionEnds: async () => [
          { topic: "t", partition: 0, startOffset: 0, endOffset: now.end, logId: now.logId },
        ],
      },
    ],
    logIdsOf: async () => ({ otherThan: (id) => (now.counted === id ? undefined : now.counted) }),
    pathEnd: async () => now.path,
  });
  return { now, clock, look: () => probe.look() };
}

// Without a path too: its first segments may be on their way, and nobody reads the log that is there now.
test("another id is told at once, with both, however far the log has grown or the path goes", async () => {
  for (const path of [100, undefined]) {
    const { look } = watched({ logId: "id-2", counted: "id-1", end: 500, path });
    expect(await look()).toMatchObject({
      state: "bad",
      detail: expect.stringMatching(/t\/0 was deleted and made again.*id-1.*id-2/),
    });
  }
});

test("an id that is the same, or not known to one side, is no news", async () => {
  for (const start of [{ logId: "id-1", counted: "id-1" }, { logId: "id-1" }, { counted: "id-1" }])
    expect(await watched(start).look()).toEqual({ state: "ok" });
});

test("a log that has not reached in a minute what was counted went back, though it grows", async () => {
  const { now, clock, look } = watched({ end: 10 });
  expect(await look()).toEqual({ state: "ok" });
  clock.advanceTo(MINUTE_MS);
  now.end = 90;
  expect(await look()).toMatchObject({ state: "bad", detail: expect.stringContaining("ends at offset 90") });
});

// Ends are asked before the path is looked at, which moves on meanwhile.
test("a path that is always a little ahead of the last answer is well", async () => {
  const { now, clock, look } = watched();
  for (let i = 1; i < 100; i++) {
    clock.advanceTo(i * 5_000);
    now.end += 50;
    now.path = now.end + 20;
    expect(await look()).toEqual({ state: "ok" });
  }
});
