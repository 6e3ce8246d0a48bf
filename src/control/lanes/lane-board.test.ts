import { afterAll, beforeAll, expect, test } from "vitest";
import { LANE_SETTINGS } from "../../../test/harness/control-server.ts";
import { ManualClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import type { Store } from "../../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../store/index.ts";
import { LaneBoard } from "./lane-board.ts";

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 10, 2);
const clock = new ManualClock(T0);
let store: Store;

beforeAll(async () => {
  const telemetry = new Telemetry({ level: "silent" });
  store = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), { clock, telemetry });
  await store.open();
});

afterAll(() => store.close());

test("windows that a lane catches up on between two looks are all drawn", async () => {
  const board = new LaneBoard({
    store,
    tables: { store, tablePrefix: store.tablePrefix },
    clock,
    eventNowMs: () => clock.nowMs(),
    laneSettings: () => ({ ...LANE_SETTINGS, judgingMsMax: 0 }),
    configuredLanes: () => [],
  });
  const recent = async () => {
    board.expire();
    const lanes = await board.read();
    return lanes.map(({ swimlane, recentCounts }) => [swimlane, recentCounts]);
  };
  await write("ahead", 0, 50);
  await write("behind", 0, 3);
  expect(await recent()).toEqual([
    ["ahead", counts(0, 50)],
    ["behind", counts(0, 3)],
  ]);
  // One has moved on far, the other is still before where the first was.
  await write("ahead", 50, 150);
  await write("behind", 3, 70);
  expect(await recent()).toEqual([
    ["ahead", counts(90, 150)],
    ["behind", counts(10, 70)],
  ]);
  await write("behind", 70, 120);
  expect(await recent()).toEqual([
    ["ahead", counts(90, 150)],
    ["behind", counts(60, 120)],
  ]);
});

/** A window's count tells its minute. */
const counts = (from: number, until: number) =>
  Array.from({ length: until - from }, (_, i) => 1_000 + from + i);

async function write(swimlane: string, from: number, until: number): Promise<void> {
  const windows = counts(from, until).map((recordCount, i) => ({
    swimlane,
    source: "default",
    windowStartMs: T0 + (from + i) * MINUTE,
    windowSizeMs: MINUTE,
    revision: 1,
    recordCount,
    profileCount: 0,
    segmentCount: 1,
    mergedAtMs: T0,
  }));
  await store.writeWindows(windows, []);
}
