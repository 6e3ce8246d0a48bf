import { afterEach, beforeEach, expect, test } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { foreignProfile } from "../../sketch/foreign-profile.ts";
import type { Store, VerdictRow } from "../../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../store/index.ts";
import { importBaseline, promoteBaseline, retireBaseline } from "./keep-baseline.ts";

const HOUR_MS = 3_600_000;
const LANE = { swimlane: "prod", source: "clicks" };
const KEPT = { ...LANE, name: "good", by: "ada", reason: "before the release", severity: "page" } as const;

const clock = new ManualClock(Date.UTC(2026, 0, 1));
let store: Store;

beforeEach(async () => {
  store = makeStore(storeOptionsSchema.parse({ type: "duckdb", path: ":memory:" }), {
    clock,
    telemetry: new Telemetry({ level: "silent" }),
  });
  await store.open();
});
afterEach(() => store.close());

/** Ten hours; the price is 100 × the hour in every record, the country always the same. */
async function writeTenHours(): Promise<void> {
  const key = (hour: number) => ({ windowStartMs: hour * HOUR_MS, windowSizeMs: HOUR_MS, ...LANE });
  const hours = Array.from({ length: 10 }, (_, hour) => hour);
  await store.writeWindows(
    hours.map((hour) => ({
      ...key(hour),
      revision: 1,
      recordCount: 5,
      profileCount: 2,
      segmentCount: 1,
      mergedAtMs: 0,
    })),
    hours.flatMap((hour) =>
      ["price", "country"].map((feature) => ({
        ...key(hour),
        feature,
        kind: "feature" as const,
        revision: 1,
        recordCount: 5,
        profile: foreignProfile({ categories: { [feature === "price" ? String(100 * hour) : "FR"]: 5 } })
          .profile,
      })),
    ),
  );
}

function anomaly(hour: number, feature: string, change: Partial<VerdictRow> = {}): VerdictRow {
  return {
    windowStartMs: hour * HOUR_MS,
    windowSizeMs: HOUR_MS,
    ...LANE,
    feature,
    detector: "ks",
    revision: 1,
    answer: "anomalous",
    severity: "warn",
    statistic: 1,
    threshold: 0,
    effect: 1,
    significance: 9,
    sketchError: 0,
    incidentId: "",
    summary: "",
    explanation: "{}",
    ...change,
  };
}

const SPAN = { sinceMs: 2 * HOUR_MS, untilMs: 8 * HOUR_MS, windowSizeMs: HOUR_MS, includeAnomalous: false };

async function pricesOf(baseline: Parameters<Store["readBaselineProfiles"]>[0]): Promise<string[]> {
  const rows = await store.readBaselineProfiles(baseline);
  return [...rows!.find(({ feature }) => feature === "price")!.profile.categories.names].sort();
}

test("a promoted baseline is the merge of the span's windows, with who, when and why", async () => {
  await writeTenHours();
  const { baseline, excluded } = await promoteBaseline({ store, clock }, { ...KEPT, ...SPAN });
  expect(baseline).toMatchObject({
    kind: "promoted",
    createdBy: "ada",
    reason: "before the release",
    createdAtMs: clock.nowMs(),
    windowCount: 6,
    excludedCount: 0,
    // Windows that were judged before are not judged by it when they are judged again.
    heldFromMs: 10 * HOUR_MS,
    heldUntilMs: Number.NaN,
    profileCount: 2,
  });
  expect(excluded.size).toBe(0);
  expect(await pricesOf(baseline)).toEqual(["200", "300", "400", "500", "600", "700"]);
  expect((await store.readBaselineProfiles(baseline))!.map(({ recordCount }) => recordCount)).toEqual([
    30, 30,
  ]);
});

test("anomalous windows stay out: of their feature, or of all where the lane as a whole was", async () => {
  await writeTenHours();
  await store.writeVerdicts([
    anomaly(3, "price"),
    anomaly(4, "*", { detector: "volume", severity: "page" }),
    anomaly(5, "price", { severity: "info" }),
    anomaly(6, "price", { detector: "ks@imported/other", severity: "page" }),
  ]);
  const { baseline, excluded } = await promoteBaseline({ store, clock }, { ...KEPT, ...SPAN });
  expect(await pricesOf(baseline)).toEqual(["200", "500", "600", "700"]);
  expect(Object.fromEntries(excluded)).toEqual({ price: 2, country: 1 });
  expect(baseline.excludedCount).toBe(2);
  const all = await promoteBaseline(
    { store, clock },
    { ...KEPT, ...SPAN, name: "all", includeAnomalous: true },
  );
  expect(await pricesOf(all.baseline)).toHaveLength(6);
});

test("a span without windows, or with anomalous ones only, keeps nothing and says why", async () => {
  await expect(promoteBaseline({ store, clock }, { ...KEPT, ...SPAN })).rejects.toMatchObject({
    code: "BASELINE_EMPTY",
    message: expect.stringContaining("no window with records"),
  });
  await writeTenHours();
  await store.writeVerdicts(
    Array.from({ length: 10 }, (_, hour) => anomaly(hour, "*", { detector: "volume" })),
  );
  await expect(promoteBaseline({ store, clock }, { ...KEPT, ...SPAN })).rejects.toMatchObject({
    message: expect.stringContaining("--include-anomalous"),
  });
  expect(await store.readBaselines({})).toEqual([]);
});

test("an import adds features to the imported baseline of its name; a promoted one's name is taken until it is retired", async () => {
  const about = {
    ...KEPT,
    origin: "a.sk",
    sinceMs: Number.NaN,
    untilMs: Number.NaN,
    windowCount: Number.NaN,
  };
  const feature = (name: string) => ({ feature: name, ...foreignProfile({ categories: { a: 3 } }) });
  await importBaseline({ store, clock }, { ...about, features: [feature("x")] });
  await importBaseline(
    { store, clock },
    { ...about, origin: "b.sk", features: [feature("y"), feature("x")] },
  );
  const [row, ...others] = await store.readBaselines({});
  expect(others).toEqual([]);
  expect(row).toMatchObject({ profileCount: 2, origin: "a.sk, b.sk" });
  expect((await store.readBaselineProfiles(row!))!.map(({ feature: name }) => name)).toEqual(["x", "y"]);

  await writeTenHours();
  const promote = () => promoteBaseline({ store, clock }, { ...KEPT, ...SPAN });
  await expect(promote()).rejects.toMatchObject({ code: "BASELINE_EXISTS" });
  await retireBaseline({ store, clock }, { ...LANE, name: "good", by: "bo", reason: "old model" });
  await promote();
  const rows = await store.readBaselines({});
  expect(rows).toMatchObject([
    { kind: "imported", retiredBy: "bo", retiredReason: "old model" },
    { kind: "promoted", retiredBy: "" },
  ]);
  await expect(
    retireBaseline({ store, clock }, { ...LANE, name: "nope", by: "bo", reason: "" }),
  ).rejects.toMatchObject({ code: "BASELINE_UNKNOWN" });
});
