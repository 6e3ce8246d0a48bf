/** What the reconciler finds in a store, whatever the store is. Rows are changed by hand, as a person or a fault would. */
import { expect, test } from "vitest";
import { reconciledProbe } from "../../src/app/monitor/store-probes.ts";
import { LaneRules } from "../../src/assign/lane.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { CompleteWindow } from "../../src/rollup/complete-window.ts";
import { Rollup } from "../../src/rollup/rollup.ts";
import type { SegmentProfile } from "../../src/segment/manifest.ts";
import { emptyProfile } from "../../src/sketch/profile.ts";
import type { Store } from "../../src/store/contract.ts";
import { exampleManifest } from "../harness/example-manifest.ts";
import { soon } from "./store-reads.ts";

const START_MS = Date.UTC(2026, 2, 2);
const MINUTE_MS = 60_000;
const LANE = { swimlane: "prod", source: "clicks", windowSizeMs: MINUTE_MS };

export function reconcileLaws(fresh: () => Promise<Store>): void {
  test("a window whose row was changed is found, merged again and told; one that is right is left alone", async () => {
    const watched = await watch(await fresh());
    const { store, windows, lookTwice, alert } = watched;
    expect(await lookTwice()).toEqual([]);
    expect(await alert()).toEqual({ state: "ok" });
    await store.writeWindows([{ ...windows[1]!.window, recordCount: 7 }], []);
    await soon(async () => expect((await watched.stored(1)).recordCount).toBe(7));
    const [repaired, ...others] = await lookTwice();
    expect(others).toEqual([]);
    expect(repaired!.window).toMatchObject({ windowStartMs: at(1), recordCount: 11, revision: 2 });
    expect(await watched.metric("rollup_repaired_windows_total")).toBe(1);
    await soon(async () =>
      expect(await alert()).toMatchObject({
        state: "bad",
        detail: expect.stringContaining("said 7 records"),
      }),
    );
    await watched.write([repaired!]);
    await soon(async () => expect((await watched.stored(1)).recordCount).toBe(11));
    expect(await lookTwice()).toEqual([]);
  });

  test("a profile that was changed beneath a right count is found, and a window that the store lost", async () => {
    const watched = await watch(await fresh(), [0, 1]);
    const { store, windows, lookTwice } = watched;
    const [records, x] = windows[0]!.profiles;
    await store.writeWindows([], [records!, { ...x!, profile: { ...x!.profile, max: 1e6 } }]);
    const changed = async () => (await store.readProfiles({ ...LANE, feature: "x" }))[0]?.profile.max;
    await soon(async () => expect(await changed()).toBe(1e6));
    const found = await lookTwice();
    expect(found.map(({ window }) => (window.windowStartMs - START_MS) / MINUTE_MS).sort()).toEqual([0, 2]);
    expect(found.every(({ window }) => window.revision === 2)).toBe(true);
  });

  test("what was merged from rows that have expired since is not taken for wrong", async () => {
    const watched = await watch(await fresh());
    const gone = { ...watched.windows[0]!.window, windowStartMs: at(-30), recordCount: 5, segmentCount: 1 };
    await watched.store.writeWindows([{ ...gone, profileCount: 0 }], []);
    expect(await watched.lookTwice()).toEqual([]);
  });
}

function at(minute: number): number {
  return START_MS + minute * MINUTE_MS;
}

/** Three minutes of a lane, counted and merged; of the merged windows only those of `written` minutes are in the store. */
async function watch(store: Store, written = [0, 1, 2]): Promise<Watched> {
  const clock = new ManualClock(at(60));
  const telemetry = new Telemetry({ level: "silent" });
  const segments = [segmentOf(0, [10, 11]), segmentOf(21, [12, 1], 2)];
  await store.writeSegments(segments);
  await soon(async () => {
    const rows = await store.readSegmentProfiles(segments.map(({ manifest }) => manifest));
    expect(rows.every((row) => row !== undefined)).toBe(true);
  });
  const bounds = { windowSizeMs: MINUTE_MS, allowedLatenessMs: 0, lateMaxMs: 1e12, futureMaxMs: 1e12 };
  const lanes = new LaneRules(bounds, []);
  const rollup = new Rollup({ store, clock, telemetry, lanes, groupOf: () => "main" });
  rollup.add("t", 0, segments);
  const windows = await rollup.releaseComplete();
  const write = (some: readonly CompleteWindow[]) =>
    store.writeWindows(
      some.map(({ window }) => window),
      some.flatMap(({ profiles }) => profiles),
    );
  await write(written.map((minute) => windows[minute]!));
  await soon(async () => expect(await store.readWindows({})).toHaveLength(written.length));
  await soon(async () => expect(await store.readProfiles({})).toHaveLength(2 * written.length));
  const lookTwice = async () => {
    const first = await rollup.reconciler.step();
    clock.advanceTo(clock.nowMs() + 3 * MINUTE_MS);
    return [...first, ...(await rollup.reconciler.step())];
  };
  return {
    store,
    windows,
    write,
    lookTwice,
    alert: () => reconciledProbe({ store, clock }).look(),
    stored: async (minute) =>
      (await store.readWindows({ ...LANE, sinceMs: at(minute), untilMs: at(minute) + 1 }))[0]!,
    metric: async (name) => {
      const values = (await telemetry.registry.getSingleMetric(`lanewatch_${name}`)?.get())?.values ?? [];
      return values.reduce((sum, { value }) => sum + value, 0);
    },
  };
}

interface Watched {
  readonly store: Store;
  readonly windows: readonly CompleteWindow[];
  readonly write: (windows: readonly CompleteWindow[]) => Promise<void>;
  /** All that two looks, a while apart, have to write again. */
  readonly lookTwice: () => Promise<readonly CompleteWindow[]>;
  readonly alert: () => ReturnType<ReturnType<typeof reconciledProbe>["look"]>;
  readonly stored: (minute: number) => Promise<CompleteWindow["window"]>;
  readonly metric: (name: string) => Promise<number>;
}

/** Counts by minute, from `firstMinute` on; each record carries x = 1. */
function segmentOf(startOffset: number, counts: readonly number[], firstMinute = 0) {
  const profiles = counts.flatMap((count, i): SegmentProfile[] => {
    const place = { ...LANE, windowStartMs: at(firstMinute + i) };
    const records = { ...emptyProfile(), presentCount: count };
    const x = { ...records, numberCount: count, min: 1, max: 1 };
    return [
      { ...place, feature: "*", kind: "records", profile: records },
      { ...place, feature: "x", kind: "feature", profile: x },
    ];
  });
  const endOffset = counts.reduce((sum, count) => sum + count, startOffset);
  const manifest = exampleManifest(startOffset, endOffset, {
    startedAtMs: at(firstMinute),
    rowCount: profiles.length,
    eventTimeMinMs: at(firstMinute),
    eventTimeMaxMs: at(firstMinute + counts.length - 1),
  });
  return { manifest, profiles };
}
