/** The laws of a store's windows and profiles, and of the filters that they are read by. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import type { Store } from "../../src/store/contract.ts";
import { soon, sqlName } from "./store-reads.ts";
import { anyProfile, MINUTE_MS, ODD_NAMES, profileRow, T0_MS, windowRow } from "./store-rows.ts";

export function windowLaws(fresh: () => Promise<Store>): void {
  test("windows and profiles come back bit for bit", async () => {
    const store = await fresh();
    const random = seededRandom(7);
    const profiles = ODD_NAMES.map((feature) => profileRow({ feature, profile: anyProfile(random) }));
    const window = windowRow({ profileCount: profiles.length });
    await store.writeWindows([window], profiles);
    await soon(async () => {
      expect(await store.readWindows({})).toStrictEqual([window]);
      expect(byFeature(await store.readProfiles({}))).toStrictEqual(byFeature(profiles));
    });
  });

  test("a revised window replaces the one before, and its profiles with it", async () => {
    const store = await fresh();
    const revised = windowRow({ revision: 2, recordCount: 1_001, profileCount: 1 });
    const profile = profileRow({ revision: 2, recordCount: 1_001, profile: anyProfile(seededRandom(3)) });
    await store.writeWindows([windowRow({ profileCount: 1 })], [profileRow()]);
    await store.writeWindows([revised], [profile]);
    await soon(async () => {
      expect(await store.readWindows({})).toStrictEqual([revised]);
      expect(await store.readProfiles({})).toStrictEqual([profile]);
    });
    const [count] = await store.query(`SELECT count(*) AS n FROM ${sqlName(store, "windows")}`);
    expect(count!["n"]).toBe(1);
  });

  // Names come from records: what a record may call a feature, a store must take.
  test("any text is a good name for a lane, a source and a feature", async () => {
    const store = await fresh();
    const text = fc.string({ unit: "binary", minLength: 1, maxLength: 40 });
    const names = fc.sample(text, { numRuns: 150, seed: 5 });
    const profiles = names.map((name) => profileRow({ swimlane: name, source: name, feature: name }));
    await store.writeWindows([], profiles);
    await soon(async () => expect(await store.readProfiles({})).toHaveLength(new Set(names).size));
    for (const name of names.slice(0, 40)) {
      const found = await store.readProfiles({ swimlane: name, source: name, feature: name });
      expect(found.map(({ feature }) => feature)).toStrictEqual([name]);
    }
    const some = [...new Set(names)].slice(0, 40);
    const together = await store.readProfiles({ swimlanes: some });
    expect(new Set(together.map(({ swimlane }) => swimlane))).toStrictEqual(new Set(some));
    expect(together).toHaveLength(some.length);
  });

  test("a large batch is written and read whole", async () => {
    const store = await fresh();
    const random = seededRandom(11);
    const profile = anyProfile(random);
    const windows = Array.from({ length: 3_000 }, (_, i) =>
      windowRow({ windowStartMs: T0_MS + i * MINUTE_MS, profileCount: 4, recordCount: i }),
    );
    const profiles = windows.flatMap((window) =>
      ["*", "a", "b", "c"].map((feature) =>
        profileRow({ windowStartMs: window.windowStartMs, feature, profile }),
      ),
    );
    await store.writeWindows(windows, profiles);
    await soon(async () => {
      expect(await store.readWindows({})).toStrictEqual(windows);
      expect(await store.readProfiles({})).toHaveLength(12_000);
    });
    expect(
      await store.readProfiles({ feature: "b", sinceMs: T0_MS + 5 * MINUTE_MS, limit: 2 }),
    ).toStrictEqual([
      profileRow({ windowStartMs: T0_MS + 5 * MINUTE_MS, feature: "b", profile }),
      profileRow({ windowStartMs: T0_MS + 6 * MINUTE_MS, feature: "b", profile }),
    ]);
  });

  test("writes that overlap in time all arrive, the later of equal keys winning", async () => {
    const store = await fresh();
    const starts = Array.from({ length: 40 }, (_, i) => T0_MS + (i % 10) * MINUTE_MS);
    await Promise.all(
      starts.map((windowStartMs, i) => store.writeWindows([windowRow({ windowStartMs, revision: i })], [])),
    );
    await soon(async () => {
      const revisions = (await store.readWindows({})).map((window) => window.revision);
      expect(revisions).toStrictEqual([30, 31, 32, 33, 34, 35, 36, 37, 38, 39]);
    });
  });

  test("lanes are known with their first and last window", async () => {
    const store = await fresh();
    const rows = [0, 5, 2].map((i) => windowRow({ windowStartMs: T0_MS + i * MINUTE_MS }));
    const hour = windowRow({ windowSizeMs: 60 * MINUTE_MS });
    await store.writeWindows([...rows, hour, windowRow({ swimlane: "dev" })], []);
    await soon(async () => {
      expect(await store.readLanes()).toStrictEqual([
        lane("dev", MINUTE_MS, T0_MS, T0_MS),
        lane("prod", MINUTE_MS, T0_MS, T0_MS + 5 * MINUTE_MS),
        lane("prod", 60 * MINUTE_MS, T0_MS, T0_MS),
      ]);
    });
  });
}

function lane(swimlane: string, windowSizeMs: number, firstWindowMs: number, lastWindowMs: number) {
  return { swimlane, source: "clicks", windowSizeMs, firstWindowMs, lastWindowMs };
}

export function filterLaws(fresh: () => Promise<Store>): void {
  test("a filter gives what it names and nothing else, in order, within its limit", async () => {
    const store = await fresh();
    const rows = [];
    for (const swimlane of ["dev", "prod"]) {
      for (const source of ["clicks", 'it\'s "odd"']) {
        for (let i = 0; i < 4; i++)
          rows.push(windowRow({ swimlane, source, windowStartMs: T0_MS + i * MINUTE_MS }));
      }
    }
    const hour = windowRow({ windowSizeMs: 60 * MINUTE_MS });
    await store.writeWindows([...rows, hour], []);
    await soon(async () => expect(await store.readWindows({})).toHaveLength(17));
    const starts = async (filter: Parameters<Store["readWindows"]>[0]) =>
      (await store.readWindows(filter)).map((row) => (row.windowStartMs - T0_MS) / MINUTE_MS);

    expect(await starts({ swimlane: "prod", source: 'it\'s "odd"' })).toStrictEqual([0, 1, 2, 3]);
    expect(await starts({ swimlane: "prod", source: "nowhere" })).toStrictEqual([]);
    expect(await starts({ windowSizeMs: 60 * MINUTE_MS })).toStrictEqual([0]);
    const dev = { swimlane: "dev", source: "clicks" };
    expect(
      await starts({ ...dev, sinceMs: T0_MS + MINUTE_MS, untilMs: T0_MS + 3 * MINUTE_MS }),
    ).toStrictEqual([1, 2]);
    expect(await starts({ ...dev, sinceMs: T0_MS + 1 })).toStrictEqual([1, 2, 3]);
    expect(await starts({ ...dev, descending: true, limit: 2 })).toStrictEqual([3, 2]);
    expect(await starts({ ...dev, limit: 1 })).toStrictEqual([0]);
    expect(
      (await store.readWindows({ limit: 4 })).map((row) => `${row.swimlane} ${row.source}`),
    ).toStrictEqual(["dev clicks", 'dev it\'s "odd"', "prod clicks", "prod clicks"]);
  });
}

function byFeature<T extends { readonly feature: string }>(rows: readonly T[]): readonly T[] {
  return [...rows].sort((a, b) => (a.feature < b.feature ? -1 : 1));
}
