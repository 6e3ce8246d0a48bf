import { afterEach, expect, test } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import type { CompleteWindow } from "../../rollup/complete-window.ts";
import { ProfileArena } from "../../sketch/arena.ts";
import type { Store, VerdictRow } from "../../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../store/index.ts";
import { CoarserWindows } from "./coarser-windows.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LANE = { swimlane: "prod", source: "web", windowSizeMs: HOUR_MS };
const telemetry = new Telemetry({ level: "silent" });
const clock = new ManualClock(0);
const stores: Store[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

async function newStore(): Promise<Store> {
  const options = storeOptionsSchema.parse({ type: "duckdb", path: ":memory:" });
  const store = makeStore(options, { clock, telemetry, environment: {} });
  await store.open();
  stores.push(store);
  return store;
}

/** An hour with `count` records whose x is the hour. */
function hour(index: number, count = 3, revision = 1): CompleteWindow {
  const arena = new ProfileArena();
  const handle = arena.open(index);
  for (let i = 0; i < count; i++) arena.addNumber(handle, index);
  const key = { ...LANE, windowStartMs: index * HOUR_MS, revision };
  const row = { ...key, feature: "x", kind: "feature" as const, recordCount: count };
  const counts = { recordCount: count, profileCount: 1, segmentCount: 1 };
  return {
    window: { ...key, ...counts, mergedAtMs: 0 },
    profiles: [{ ...row, profile: arena.seal(handle) }],
  };
}

const write = (store: Store, windows: readonly CompleteWindow[]) =>
  store.writeWindows(
    windows.map(({ window }) => window),
    windows.flatMap(({ profiles }) => profiles),
  );

function note(
  coarser: CoarserWindows,
  windows: readonly CompleteWindow[],
  lastStartMs = Number.NEGATIVE_INFINITY,
): void {
  let before = lastStartMs;
  for (const each of windows) {
    coarser.note(LANE, before, each, []);
    before = each.window.windowStartMs;
  }
}

/** One day, as if the one before it had been merged. */
async function mergeDay(coarser: CoarserWindows, index: number) {
  const merged = await coarser.mergeOver(LANE, DAY_MS, (index - 1) * DAY_MS, (index + 1) * DAY_MS);
  return merged[0];
}

const day = Array.from({ length: 24 }, (_, i) => hour(i));

test("from memory, from the store, or half of each after a restart: the same day", async () => {
  const stored = await newStore();
  await write(stored, day);
  const inMemory = new CoarserWindows({ store: await newStore(), clock, telemetry });
  note(inMemory, day);
  const restarted = new CoarserWindows({ store: stored, clock, telemetry });
  note(restarted, day.slice(20), 19 * HOUR_MS);
  const tooMany = new CoarserWindows({ store: await newStore(), clock, telemetry, profilesMax: 10 });
  await write(stores.at(-1)!, day);
  note(tooMany, day);
  const merged = await Promise.all([inMemory, restarted, tooMany].map((coarser) => mergeDay(coarser, 0)));
  for (const each of merged) {
    expect(each!.complete.window).toEqual(merged[0]!.complete.window);
    expect(each!.complete.profiles[0]!.profile.quantiles).toEqual(
      merged[0]!.complete.profiles[0]!.profile.quantiles,
    );
  }
  expect(merged[0]!.complete.window.recordCount).toBe(72);
});

test("a window that the store does not show yet makes the day wait, never lack it", async () => {
  const store = await newStore();
  await write(store, day.slice(0, 23));
  const coarser = new CoarserWindows({ store, clock, telemetry });
  note(coarser, day.slice(20), 19 * HOUR_MS);
  await expect(mergeDay(coarser, 0)).rejects.toMatchObject({
    code: "AUDIT_COARSER_NOT_VISIBLE",
    retryable: true,
  });
  await write(store, day.slice(23));
  expect((await mergeDay(coarser, 0))!.complete.window.recordCount).toBe(72);
});

test("what was merged is not merged anew by a second try, and late data makes it revision 2", async () => {
  const store = await newStore();
  await write(store, day);
  const first = await mergeDay(new CoarserWindows({ store, clock, telemetry }), 0);
  clock.advanceTo(1_000);
  const again = new CoarserWindows({ store, clock, telemetry });
  expect((await mergeDay(again, 0))!.complete.window).toEqual(first!.complete.window);
  await write(store, [hour(5, 4, 2)]);
  expect(await again.mergeAgain(LANE, DAY_MS, 0)).toBe(true);
  expect(await again.mergeAgain(LANE, DAY_MS, 0)).toBe(true);
  expect((await mergeDay(again, 0))!.complete.window).toMatchObject({
    recordCount: 73,
    revision: 2,
  });
  expect(await again.mergeAgain(LANE, DAY_MS, DAY_MS)).toBe(false);
});

test("features that a smaller window alerted are named, and those of the day before are not", async () => {
  const coarser = new CoarserWindows({ store: await newStore(), clock, telemetry });
  const loud = { feature: "x", answer: "anomalous", severity: "warn" } as VerdictRow;
  coarser.note(LANE, Number.NEGATIVE_INFINITY, hour(0), [loud, { ...loud, feature: "y", severity: "info" }]);
  note(coarser, [hour(1), hour(24)], 0);
  expect([...(await mergeDay(coarser, 0))!.alerted]).toEqual(["x"]);
  expect([...(await mergeDay(coarser, 1))!.alerted]).toEqual([]);
});

test("nothing is merged of a silence that the lane's windows skipped", async () => {
  const coarser = new CoarserWindows({ store: await newStore(), clock, telemetry });
  note(coarser, [hour(0), hour(24 * 9)]);
  const merged = await coarser.mergeOver(LANE, DAY_MS, Number.NEGATIVE_INFINITY, 10 * DAY_MS);
  expect(merged.map(({ complete }) => complete.window.windowStartMs)).toEqual([0, 9 * DAY_MS]);
});
