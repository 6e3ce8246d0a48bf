import fc from "fast-check";
import { expect, test } from "vitest";
import type { SeriesDetector, SeriesSubject } from "../../../detectors/contract.ts";
import { freshness } from "../../../detectors/freshness/freshness.ts";
import { metric } from "../../../detectors/metric/metric.ts";
import { volume } from "../../../detectors/volume/volume.ts";
import { type Awake, awakeKey, budgetShares, judgesSubject, noteAwake } from "./budget-shares.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 100 * DAY_MS;
const SERIES: readonly SeriesDetector[] = [volume, freshness, metric] as unknown as SeriesDetector[];
const gauges = (...names: string[]) =>
  new Map<string, SeriesSubject>(names.map((name) => [name, "gauge" as const]));

/** All that is awake, by "detector|series". */
function awakeAt(timeMs: number, ...keys: readonly string[]): Awake {
  return Object.fromEntries(keys.map((key) => [key, timeMs]));
}

test("a lane with nothing but records that come in every window leaves the whole budget to volume", () => {
  const shares = budgetShares(awakeAt(NOW_MS, "volume|*"), NOW_MS, SERIES, new Map(), false);
  expect(shares.ofRecords(SERIES[0]!)).toBe(1);
});

test("features, metrics and freshness take their parts once they can page, and give them back", () => {
  const all = awakeAt(NOW_MS, "volume|*", "freshness|*", "metric|a", "metric|b");
  const shares = budgetShares(all, NOW_MS, SERIES, gauges("a", "b"), true);
  expect(shares.ofRecords(SERIES[0]!)).toBeCloseTo(2 / 6, 12);
  expect(shares.ofRecords(SERIES[1]!)).toBeCloseTo(1 / 6, 12);
  expect(shares.metric).toBeCloseTo(1 / 12, 12);
  expect(shares.features).toBeCloseTo(2 / 6, 12);
  const later = budgetShares(
    { ...all, "volume|*": NOW_MS + 8 * DAY_MS },
    NOW_MS + 8 * DAY_MS,
    SERIES,
    gauges("a", "b"),
    false,
  );
  expect(later.ofRecords(SERIES[0]!)).toBe(1);
});

test("one that sleeps for a night keeps its part", () => {
  const awake = { ...awakeAt(NOW_MS, "volume|*"), ...awakeAt(NOW_MS - DAY_MS / 2, "metric|a") };
  expect(budgetShares(awake, NOW_MS, SERIES, gauges("a"), false).ofRecords(SERIES[0]!)).toBeCloseTo(
    2 / 3,
    12,
  );
});

test("whoever is awake, the parts of those that can page add up to no more than the budget", () => {
  const names = ["a", "b", "c"];
  const keys = ["volume|*", "freshness|*", ...names.map((name) => `metric|${name}`)];
  fc.assert(
    fc.property(fc.subarray(keys), fc.boolean(), (awakeKeys, hasFeatures) => {
      const awake = awakeAt(NOW_MS, ...awakeKeys);
      const shares = budgetShares(awake, NOW_MS, SERIES, gauges(...names), hasFeatures);
      let sum = hasFeatures ? shares.features : 0;
      for (const detector of SERIES.filter((each) => judgesSubject(each, "records")))
        if (awakeKey("*", detector) in awake) sum += shares.ofRecords(detector);
      for (const name of names) if (`metric|${name}` in awake) sum += shares.metric;
      if (awakeKeys.length > 0 || hasFeatures) expect(sum).toBeCloseTo(1, 9);
    }),
  );
});

test("only what could have paged is noted as awake", () => {
  const awake: Awake = {};
  noteAwake(awake, "volume|*", NOW_MS, true);
  expect(awake).toEqual({});
  noteAwake(awake, "volume|*", NOW_MS, false);
  expect(awake).toEqual({ "volume|*": NOW_MS });
});
