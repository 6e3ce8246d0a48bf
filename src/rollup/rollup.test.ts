import { afterEach, expect, test } from "vitest";
import { LaneRules } from "../assign/lane.ts";
import { ManualClock } from "../base/clock.ts";
import { Telemetry } from "../base/telemetry.ts";
import { zeroOutcomes } from "../decode/outcome.ts";
import type { Segment } from "../segment/manifest.ts";
import { ProfileArena } from "../sketch/arena.ts";
import { emptyProfile } from "../sketch/profile.ts";
import type { Store } from "../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../store/index.ts";
import { Rollup } from "./rollup.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const stores: Store[] = [];
let clock = new ManualClock(START);

afterEach(async () => {
  clock = new ManualClock(START);
  for (const store of stores.splice(0)) await store.close();
});

async function newRollup(store?: Store) {
  const telemetry = new Telemetry({ level: "silent" });
  let open = store;
  if (open === undefined) {
    open = makeStore(storeOptionsSchema.parse({ type: "duckdb", path: ":memory:" }), {
      clock,
      telemetry,
      environment: {},
    });
    await open.open();
    stores.push(open);
  }
  const lanes = new LaneRules(
    { windowSizeMs: MINUTE, allowedLatenessMs: 0, lateMaxMs: 1e12, futureMaxMs: 1e12 },
    [],
  );
  const rollup = new Rollup({
    store: open,
    lanes,
    clock,
    telemetry,
    groupOf: (topic) => (topic === "other" ? "other" : "main"),
    silentMsMax: MINUTE,
  });
  return { rollup, store: open };
}

/** A segment whose records all carry x = 1: `minutes` maps a window to its count of records. */
function segment(
  place: { partition?: number; topic?: string; start: number; end: number },
  minutes: Readonly<Record<number, number>>,
  swimlane = "prod",
): Segment {
  const arena = new ProfileArena();
  const windows = Object.keys(minutes).map(Number);
  const profiles = windows.flatMap((minute) => {
    const handle = arena.open(minute);
    for (let i = 0; i < minutes[minute]!; i++) arena.addNumber(handle, 1);
    const key = { windowStartMs: START + minute * MINUTE, windowSizeMs: MINUTE, swimlane, source: "default" };
    return [
      {
        ...key,
        feature: "*",
        kind: "records" as const,
        profile: { ...emptyProfile(), presentCount: minutes[minute]! },
      },
      { ...key, feature: "x", kind: "feature" as const, profile: arena.seal(handle) },
    ];
  });
  const manifest = {
    topic: place.topic ?? "t",
    partition: place.partition ?? 0,
    startOffset: place.start,
    endOffset: place.end,
    shape: "s",
    startedAtMs: START,
    rowCount: profiles.length,
    eventTimeMinMs: START + Math.min(...windows) * MINUTE,
    eventTimeMaxMs: START + Math.max(...windows) * MINUTE + 30_000,
    byteCount: 0,
    outcomes: { ...zeroOutcomes(), ok: place.end - place.start },
  };
  return { manifest, profiles };
}

const seen = (
  complete: readonly {
    window: { windowStartMs: number; recordCount: number; revision: number; swimlane: string };
  }[],
) =>
  complete.map(({ window }) => [
    (window.windowStartMs - START) / MINUTE,
    window.recordCount,
    window.revision,
  ]);

test("a window is complete when every partition has passed its end, not before", async () => {
  const { rollup } = await newRollup();
  rollup.frontier("t", 0, 0);
  rollup.frontier("t", 1, 0);
  rollup.add("t", 0, [segment({ start: 0, end: 30 }, { 0: 10, 1: 10, 2: 10 })]);
  expect(await rollup.releaseComplete()).toEqual([]);
  rollup.add("t", 1, [segment({ partition: 1, start: 0, end: 8 }, { 0: 4, 1: 4 })]);
  expect(seen(await rollup.releaseComplete())).toEqual([[0, 14, 1]]);
});

test("a source that stands still does not hold back the lanes of another", async () => {
  const { rollup } = await newRollup();
  rollup.frontier("other", 0, 0);
  rollup.add("t", 0, [segment({ start: 0, end: 20 }, { 0: 10, 1: 10 })]);
  expect(seen(await rollup.releaseComplete())).toEqual([[0, 10, 1]]);
});

test("segments beyond a gap do not count until the gap is closed", async () => {
  const { rollup } = await newRollup();
  rollup.add("t", 0, [segment({ start: 0, end: 10 }, { 0: 10 })]);
  rollup.add("t", 0, [segment({ start: 20, end: 30 }, { 5: 10 })]);
  expect(await rollup.releaseComplete()).toEqual([]);
  rollup.add("t", 0, [segment({ start: 10, end: 20 }, { 1: 10 })]);
  expect(seen(await rollup.releaseComplete())).toEqual([
    [0, 10, 1],
    [1, 10, 1],
    [2, 0, 1],
    [3, 0, 1],
    [4, 0, 1],
  ]);
});

test("two cuts of the same offsets count once", async () => {
  const { rollup } = await newRollup();
  rollup.add("t", 0, [segment({ start: 0, end: 10 }, { 0: 10 })]);
  rollup.add("t", 0, [segment({ start: 0, end: 25 }, { 0: 10, 1: 15 })]);
  rollup.add("t", 0, [segment({ start: 25, end: 30 }, { 2: 5 })]);
  expect(seen(await rollup.releaseComplete())).toEqual([
    [0, 10, 1],
    [1, 15, 1],
  ]);
});

test("late data merges its window again, from the store, and the revision goes up", async () => {
  const { rollup, store } = await newRollup();
  const first = segment({ start: 0, end: 20 }, { 0: 10, 1: 10 });
  const late = segment({ start: 20, end: 27 }, { 0: 3, 2: 4 });
  await store.writeSegments([first]);
  rollup.add("t", 0, [first]);
  const released = await rollup.releaseComplete();
  await store.writeWindows(
    released.map(({ window }) => window),
    released.flatMap(({ profiles }) => profiles),
  );
  await store.writeSegments([late]);
  rollup.add("t", 0, [late]);
  const revised = await rollup.revise();
  expect(seen(revised)).toEqual([[0, 13, 2]]);
  expect(revised[0]!.profiles.find((row) => row.feature === "x")!.profile.numberCount).toBe(13);
  expect(await rollup.revise()).toEqual([]);
});

// Of a young lane, whose first window was merged before; the store never had a row of an older one.
test("late data of a window before the lane's first is merged as a window of its own", async () => {
  const { rollup, store } = await newRollup();
  const first = segment({ start: 0, end: 20 }, { 3: 10, 4: 10 });
  const late = segment({ start: 20, end: 27 }, { 1: 3, 3: 1, 4: 3 });
  await store.writeSegments([first, late]);
  rollup.add("t", 0, [first]);
  const released = await rollup.releaseComplete();
  await store.writeWindows(
    released.map(({ window }) => window),
    released.flatMap(({ profiles }) => profiles),
  );
  rollup.add("t", 0, [late]);
  expect(seen(await rollup.revise())).toEqual([
    [1, 3, 1],
    [3, 11, 2],
  ]);
  expect(rollup.revisions.count).toBe(0);
});

test("a process that died before any window was merged loses nothing of the first", async () => {
  const { rollup, store } = await newRollup();
  const first = segment({ start: 0, end: 10 }, { 0: 10 });
  await store.writeSegments([first]);
  rollup.add("t", 0, [first]);
  const second = await newRollup(store);
  await second.rollup.restore(undefined);
  second.rollup.add("t", 0, [first]);
  second.rollup.add("t", 0, [segment({ start: 10, end: 20 }, { 0: 5, 1: 5 })]);
  expect(seen(await second.rollup.releaseComplete())).toEqual([[0, 15, 1]]);
});

test("segments before what the broker still has are counted, though their windows are held against them first", async () => {
  const { rollup, store } = await newRollup();
  const ours = [segment({ start: 0, end: 10 }, { 0: 10 }), segment({ start: 10, end: 20 }, { 1: 5, 2: 5 })];
  await store.writeSegments(ours);
  rollup.frontier("t", 0, 10);
  rollup.add("t", 1, [segment({ partition: 1, start: 0, end: 10 }, { 1: 5, 2: 5 })]);
  expect(await rollup.reconciler.step()).toEqual([]);
  rollup.add("t", 0, ours);
  expect(seen(await rollup.releaseComplete())).toEqual([
    [0, 10, 1],
    [1, 10, 1],
  ]);
});

test("a window with records that another reader found lost is no window that differs", async () => {
  const { rollup, store } = await newRollup();
  const first = segment({ start: 0, end: 10 }, { 0: 10 });
  const read = segment({ start: 10, end: 13 }, { 1: 3 });
  const passing = segment({ partition: 1, start: 0, end: 30 }, { 0: 10, 1: 10, 2: 10 });
  await store.writeSegments([first, read, passing]);
  rollup.add("t", 0, [first, read]);
  rollup.add("t", 1, [passing]);
  rollup.add("t", 0, [segment({ start: 13, end: 16 }, { 2: 3 })]);
  const released = await rollup.releaseComplete();
  expect(seen(released)).toEqual([
    [0, 20, 1],
    [1, 13, 1],
  ]);
  await store.writeWindows(
    released.map(({ window }) => window),
    released.flatMap(({ profiles }) => profiles),
  );
  // Another reader came when the broker had deleted offset 10, and its tiling leads further.
  const { manifest } = segment({ start: 10, end: 11 }, { 1: 1 });
  const none = { rowCount: 0, eventTimeMinMs: Number.NaN, eventTimeMaxMs: Number.NaN };
  const outcomes = { ...zeroOutcomes(), lost: 1 };
  const lost = { manifest: { ...manifest, ...none, shape: "lost", outcomes }, profiles: [] };
  const others = [lost, segment({ start: 11, end: 20 }, { 1: 2, 2: 7 })];
  await store.writeSegments(others);
  rollup.add("t", 0, others);
  expect(rollup.knownFrontier("t", 0)?.endOffset).toBe(20);
  expect(await rollup.revise()).toEqual([]);
  for (let look = 0; look < 3; look++) {
    expect(await rollup.reconciler.step()).toEqual([]);
    clock.advanceTo(clock.nowMs() + 600_000);
  }
  expect(await store.readState("rollup|reconcile")).toBeUndefined();
});

test("late data does not shrink a window whose earlier rows have expired", async () => {
  const { rollup, store } = await newRollup();
  const first = segment({ start: 0, end: 20 }, { 0: 10, 1: 10 });
  rollup.add("t", 0, [first]);
  const released = await rollup.releaseComplete();
  await store.writeWindows(
    released.map(({ window }) => window),
    released.flatMap(({ profiles }) => profiles),
  );
  const late = segment({ start: 20, end: 23 }, { 0: 3 });
  await store.writeSegments([late]);
  rollup.add("t", 0, [late]);
  expect(await rollup.revise()).toEqual([]);
});

test("a restarted process goes on with windows that were still open when it died", async () => {
  const { rollup, store } = await newRollup();
  const first = segment({ start: 0, end: 25 }, { 0: 10, 1: 15 });
  await store.writeSegments([first]);
  rollup.add("t", 0, [first]);
  const released = await rollup.releaseComplete();
  await store.writeWindows(
    released.map(({ window }) => window),
    released.flatMap(({ profiles }) => profiles),
  );
  const second = await newRollup(store);
  await second.rollup.restore(undefined);
  second.rollup.add("t", 0, [first]);
  second.rollup.add("t", 0, [segment({ start: 25, end: 32 }, { 1: 2, 2: 5 })]);
  expect(seen(await second.rollup.releaseComplete())).toEqual([[1, 17, 1]]);
  expect(await second.rollup.revise()).toEqual([]);
});

test("a lane silent for long is retired, and goes on at its next record", async () => {
  const { rollup } = await newRollup();
  rollup.add("t", 0, [
    segment({ start: 0, end: 10 }, { 0: 10 }),
    segment({ start: 10, end: 20 }, { 90: 10 }, "other"),
  ]);
  const prod = (complete: Awaited<ReturnType<Rollup["releaseComplete"]>>) =>
    seen(complete.filter(({ window }) => window.swimlane === "prod"));
  expect(prod(await rollup.releaseComplete())).toHaveLength(49);
  rollup.add("t", 0, [segment({ start: 20, end: 30 }, { 100: 5, 102: 5 })]);
  expect(prod(await rollup.releaseComplete())).toEqual([
    [100, 5, 1],
    [101, 0, 1],
  ]);
});

test("at the end of a finite input the last window counts when the input reaches its end", async () => {
  const { rollup } = await newRollup();
  rollup.add("t", 0, [segment({ start: 0, end: 20 }, { 0: 10, 1: 10 })]);
  expect(seen(await rollup.releaseComplete())).toEqual([[0, 10, 1]]);
  rollup.finish(new Set(["t"]));
  // The last record lies in the middle of minute 1: nobody knows what the rest of it would have brought.
  expect(await rollup.releaseComplete()).toEqual([]);
});

// The first cut leaves the path for a longer one and comes back with its continuation: its rows are read from the store,
// which does not have them at first.
test("no window is released without the rows of a segment that completes it", async () => {
  const { rollup, store } = await newRollup();
  const first = segment({ start: 0, end: 10 }, { 0: 10 });
  rollup.add("t", 0, [first]);
  rollup.add("t", 0, [segment({ start: 0, end: 15 }, { 0: 15 })]);
  const rest = segment({ start: 10, end: 40 }, { 1: 10, 2: 10, 3: 10 });
  rollup.add("t", 0, [rest]);
  await expect(rollup.releaseComplete()).rejects.toThrow("t|0|0|10");
  await store.writeSegments([first]);
  expect(seen(await rollup.releaseComplete())).toEqual([
    [0, 10, 1],
    [1, 10, 1],
    [2, 10, 1],
  ]);
});

test("however many segments come at once, their rows are not read back from the store", async () => {
  const { rollup } = await newRollup();
  const segments = Array.from({ length: 1_010 }, (_, i) =>
    segment({ start: i * 10, end: i * 10 + 10 }, { [i]: 10 }),
  );
  // None of them was written, so that a read would find nothing.
  rollup.add("t", 0, segments);
  expect(await rollup.releaseComplete()).toHaveLength(1_009);
});

test("released in stretches, the same windows come in the same order of each lane, one at least at a time", async () => {
  const rollupOf = async () => {
    const { rollup } = await newRollup();
    rollup.add("t", 0, [
      segment({ start: 0, end: 30 }, { 0: 10, 1: 10, 2: 10 }),
      segment({ start: 30, end: 60 }, { 1: 10, 2: 10, 3: 10 }, "other"),
    ]);
    return rollup;
  };
  const whole = await (await rollupOf()).releaseComplete();
  const rollup = await rollupOf();
  const stretches = [];
  for (;;) {
    const stretch = await rollup.releaseComplete(2, () => true);
    if (stretch.length === 0) break;
    expect(stretch).toHaveLength(1);
    stretches.push(...stretch);
  }
  for (const lane of ["prod", "other"]) {
    const of = (all: typeof whole) => seen(all.filter(({ window }) => window.swimlane === lane));
    expect(of(stretches)).toEqual(of(whole));
  }
  expect(stretches).toHaveLength(whole.length);
  expect(whole.length).toBeGreaterThan(3);
});
