/** The laws of a store's baselines: what a lane is held to beside its own past, kept with who, when and why. */
import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import type { BaselineProfileRow, BaselineRow, Store } from "../../src/store/contract.ts";
import { soon } from "./store-reads.ts";
import { anyProfile, MINUTE_MS, ODD_NAMES, T0_MS } from "./store-rows.ts";

export function baselineRow(change: Partial<BaselineRow> = {}): BaselineRow {
  return {
    createdAtMs: T0_MS,
    swimlane: "prod",
    source: "clicks",
    name: "training",
    kind: "imported",
    severity: "page",
    createdBy: "ada",
    reason: 'trained on "2026-10"\n',
    origin: "price.sk",
    sinceMs: Number.NaN,
    untilMs: Number.NaN,
    windowCount: Number.NaN,
    excludedCount: 0,
    profileCount: ODD_NAMES.length,
    heldFromMs: T0_MS + MINUTE_MS,
    heldUntilMs: Number.NaN,
    changedAtMs: T0_MS,
    retiredAtMs: Number.NaN,
    retiredBy: "",
    retiredReason: "",
    ...change,
  };
}

function profilesOf({ createdAtMs, swimlane, source, name }: BaselineRow, seed = 1): BaselineProfileRow[] {
  const random = seededRandom(seed);
  const key = { createdAtMs, swimlane, source, name };
  return ODD_NAMES.map((feature) => ({
    ...key,
    feature,
    recordCount: 2 ** 40,
    known: "counts numbers",
    profile: anyProfile(random),
  }));
}

export function baselineLaws(fresh: () => Promise<Store>): void {
  test("a baseline comes back bit for bit with all its profiles, and is found by lane, source and name", async () => {
    const store = await fresh();
    const training = baselineRow();
    const promoted = baselineRow({
      createdAtMs: T0_MS + MINUTE_MS,
      name: "2026-10, good",
      kind: "promoted",
      origin: "",
      sinceMs: T0_MS - MINUTE_MS,
      untilMs: T0_MS,
      windowCount: 1,
      profileCount: 0,
      swimlane: "it's",
    });
    const profiles = profilesOf(training);
    await store.writeBaseline(promoted, []);
    await store.writeBaseline(training, profiles);
    await soon(async () => expect(await store.readBaselines({})).toStrictEqual([training, promoted]));
    await soon(async () => {
      const read = await store.readBaselineProfiles(training);
      const byName = (rows: readonly BaselineProfileRow[]) => new Map(rows.map((row) => [row.feature, row]));
      expect(byName(read ?? [])).toStrictEqual(byName(profiles));
    });
    expect(await store.readBaselines({ swimlane: "it's" })).toStrictEqual([promoted]);
    expect(await store.readBaselines({ name: "training", source: "clicks" })).toStrictEqual([training]);
    expect(await store.readBaselines({ source: "nowhere" })).toStrictEqual([]);
  });

  test("a baseline that is retired or grows is still one, and counts only once all its profiles are there", async () => {
    const store = await fresh();
    const profiles = profilesOf(baselineRow());
    await store.writeBaseline(baselineRow({ profileCount: 1 }), profiles.slice(0, 1));
    await store.writeBaseline(
      baselineRow({ changedAtMs: T0_MS + 1, retiredAtMs: T0_MS + 1, retiredBy: "bo", retiredReason: "old" }),
      profiles.slice(1, -1),
    );
    await soon(async () =>
      expect(await store.readBaselines({})).toMatchObject([
        { retiredBy: "bo", profileCount: profiles.length },
      ]),
    );
    expect(await store.readBaselineProfiles(baselineRow())).toBeUndefined();
    await store.writeBaseline(baselineRow(), profiles.slice(-1));
    await soon(async () =>
      expect(await store.readBaselineProfiles(baselineRow())).toHaveLength(profiles.length),
    );
  });
}
