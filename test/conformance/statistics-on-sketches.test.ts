/**
 * The statistics of the SciPy cases, on profiles instead of raw values: equal while every value is kept, within the
 * stated error where KLL had to forget some. Bounds are those that `compare` states with each number.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { DistributionSnapshot } from "../../detectors/contract.ts";
import { compareNumbers, compareTables, type Estimate } from "../../detectors/lib/compare.ts";
import { binCounts, quantileEdges } from "../../detectors/lib/quantile-edges.ts";
import { sampleSnapshot } from "../../detectors/lib/sample-snapshot.ts";
import { KllSketch } from "../../src/sketch/kll.ts";
import { viewOf } from "../../src/sketch/kll-view.ts";
import { rankErrorOf, summaryOfSketch } from "../../src/sketch/quantiles.ts";
import { numbersOf, type SampleSpec } from "../data/statistics/samples.ts";

interface Case {
  readonly name: string;
  readonly kind: string;
  readonly reference: SampleSpec;
  readonly current: SampleSpec;
  readonly expected: { readonly ks: { readonly D: number }; readonly wasserstein1: number };
}
const file = new URL("../data/statistics/stat_oracle.json", import.meta.url);
const cases = (JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] }).cases.filter(
  (c) => c.kind === "numeric",
);

/** What a detector sees of these values when a KLL sketch of size `k` kept them. */
function sketched(values: readonly number[], k: number): DistributionSnapshot {
  const exact = sampleSnapshot(values);
  const sketch = new KllSketch({ k, seed: 7 });
  for (const value of values) sketch.update(value);
  const summary = summaryOfSketch(sketch);
  const view = viewOf(summary, exact.min, exact.max);
  return { ...exact, ...view, rankErrorMax: rankErrorOf(summary, values.length) };
}

describe.each([200, 800])("k = %d", (k) => {
  let estimated = 0;

  test.each(cases.map((c, i) => [`${i}: ${c.name}`, c] as const))(
    "%s",
    (_name, { reference, current, expected }) => {
      const raw = [numbersOf(reference), numbersOf(current)] as const;
      const [left, right] = [sketched(raw[0], k), sketched(raw[1], k)];
      const exact = left.rankErrorMax + right.rankErrorMax === 0;
      if (!exact) estimated++;
      const got = compareNumbers(left, right, 10);
      expectWithin(got.ks, expected.ks.D, "KS");
      expectWithin(got.wasserstein1, expected.wasserstein1, "Wasserstein");
      const truth = compareNumbers(sampleSnapshot(raw[0]), sampleSnapshot(raw[1]), 10);
      expectWithin(got.energyDistance, truth.energyDistance.value, "energy");
      expectWithin(got.superiority, truth.superiority.value, "superiority");
      expect(got.ksLogP, "error may only weaken the evidence").toBeGreaterThanOrEqual(truth.ksLogP - 1e-9);
      // The edges are part of the statistic's definition: the truth is that of the raw values on the same edges.
      const edges = quantileEdges(left, 10);
      const [p, q] = [sampleSnapshot(raw[0]), sampleSnapshot(raw[1])].map((side) => binCounts(side, edges));
      const bins = compareTables(p!, q!, 0, 0);
      for (const name of [
        "psi",
        "chiSquare",
        "totalVariation",
        "jensenShannonDistance",
        "hellinger",
      ] as const) {
        expectWithin(got.bins[name], bins[name].value, name);
      }
    },
  );

  test("enough of the cases are larger than the sketch", () => expect(estimated).toBeGreaterThan(50));
});

function expectWithin({ value, error }: Estimate, truth: number, name: string): void {
  if (error === 0)
    expect(Math.abs(value - truth), name).toBeLessThanOrEqual(1e-9 * Math.max(1e-300, Math.abs(truth)));
  else expect(Math.abs(value - truth), `${name} is ${value}, truth ${truth}`).toBeLessThanOrEqual(error);
}
