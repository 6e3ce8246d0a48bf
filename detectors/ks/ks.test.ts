import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { DetectorContext, Reference } from "../contract.ts";
import { cdfGap } from "../lib/cdf-gap.ts";
import { effectiveSize, logStephensTail } from "../lib/kolmogorov.ts";
import { logExactTail } from "../lib/kolmogorov-exact.ts";
import { type RawValue, sampleSnapshot } from "../lib/sample-snapshot.ts";
import { ks, ksParts } from "./ks.ts";

interface Case {
  readonly name: string;
  readonly reference: number[];
  readonly current: number[];
  readonly expected: { D: number; location: number; sign: number; pExact: number; pStephens: number };
}
const { cases } = JSON.parse(readFileSync(new URL("./cases.json", import.meta.url), "utf8")) as {
  cases: Case[];
};

const context: DetectorContext = {
  swimlane: "prod",
  source: "",
  feature: "price",
  windowSizeMs: 3_600_000,
  timeZone: "UTC",
  pageBudgetPerWeek: 0.25,
  familySize: 20,
  knownEvents: [],
};

function against(values: readonly RawValue[]): Reference {
  return { name: "trailing", snapshot: sampleSnapshot(values), windowCount: 1 };
}

function judge(reference: Reference, current: readonly RawValue[], options = ks.defaults) {
  return ks.judge(reference, sampleSnapshot(current), null, context, options);
}

describe("the answers are SciPy's", () => {
  test.each(cases.map((c) => [c.name, c] as const))("%s", (_name, { reference, current, expected }) => {
    const verdict = judge(against(reference), current);
    expect(verdict.statistic).toBeCloseTo(expected.D, 12);
    expect(10 ** -verdict.significance).toBeCloseTo(expected.pStephens, 9);
    const gap = cdfGap(sampleSnapshot(reference), sampleSnapshot(current));
    expect(gap).toMatchObject({ sign: expected.sign, location: expected.location });
    const exact = Math.exp(logExactTail(gap.gap, reference.length, current.length));
    expect(exact / expected.pExact).toBeCloseTo(1, 8);
  });
});

test("the parts of the explanation add up to D, whichever way the values moved", () => {
  for (const { reference, current, expected } of cases) {
    const [left, right] = [sampleSnapshot(reference), sampleSnapshot(current)];
    const parts = ksParts(cdfGap(left, right), left, right);
    expect(parts.reduce((sum, part) => sum + part.contribution, 0)).toBeCloseTo(expected.D, 12);
    expect(parts.reduce((sum, part) => sum + part.reference, 0)).toBeCloseTo(1, 12);
    expect(parts.reduce((sum, part) => sum + part.current, 0)).toBeCloseTo(1, 12);
  }
});

test("a verdict carries its parts as soon as chance does not explain it", () => {
  const numbers = Array.from({ length: 1000 }, (_, i) => i);
  const verdicts = [0, 10, 200].map((shift) =>
    judge(
      against(numbers),
      numbers.map((value) => value + shift),
    ),
  );
  expect(verdicts.map((verdict) => verdict.parts.length > 0)).toEqual([false, false, true]);
  expect(verdicts[2]!.parts.reduce((sum, part) => sum + part.contribution, 0)).toBeCloseTo(0.2, 12);
});

test("a constant against itself is no drift, whatever the sizes", () => {
  const verdict = judge(against(Array(100_000).fill(3.5)), Array(1000).fill(3.5));
  expect(verdict).toMatchObject({ answer: "ok", statistic: 0, significance: 0 });
});

test("a gap that the sketches' errors could have made is not anomalous", () => {
  const reference = against(Array.from({ length: 5000 }, (_, i) => i));
  const current = sampleSnapshot(Array.from({ length: 5000 }, (_, i) => i + 500));
  expect(ks.judge(reference, current, null, context, ks.defaults).answer).toBe("anomalous");
  const blurred = { ...reference, snapshot: { ...reference.snapshot, rankErrorMax: 0.05 } };
  const verdict = ks.judge(blurred, { ...current, rankErrorMax: 0.05 }, null, context, ks.defaults);
  expect(verdict).toMatchObject({ answer: "ok", sketchError: 0.1, effect: 0 });
  expect(verdict.significance).toBe(0);
});

// With a million rows on each side, KS at p = 0.05 rejects at D > 0.0019: significant, and of no use to anyone.
test("a difference that is significant but smaller than the floor is not anomalous", () => {
  const reference = against(Array.from({ length: 200_000 }, (_, i) => i));
  const verdict = judge(
    reference,
    Array.from({ length: 200_000 }, (_, i) => i + 4000),
  );
  expect(verdict.significance).toBeGreaterThan(20);
  expect(verdict).toMatchObject({ answer: "ok", severity: "info" });
});

test("fewer numbers than the least on either side are insufficient, nulls and NaN not counted", () => {
  const numbers = Array.from({ length: 100 }, (_, i) => i);
  const short = [...numbers.slice(0, 19), ...Array(50).fill(null), Number.NaN];
  expect(judge(against(numbers), short).answer).toBe("insufficient");
  expect(judge(against(short), numbers).answer).toBe("insufficient");
  expect(judge(against(numbers), numbers.slice(0, 20)).answer).not.toBe("insufficient");
});

test("the larger the family that shares the budget, the more evidence is asked for", () => {
  const numbers = Array.from({ length: 1000 }, (_, i) => i);
  const shifted = sampleSnapshot(numbers.map((value) => value + 130));
  const answers = [1, 1e6].map(
    (familySize) => ks.judge(against(numbers), shifted, null, { ...context, familySize }, ks.defaults).answer,
  );
  expect(answers).toEqual(["anomalous", "ok"]);
});

test("the correction for small samples stays near the exact p from twenty values on", () => {
  for (const [n, m] of [
    [20, 20],
    [20, 200],
    [100, 50],
  ] as const) {
    for (const step of [1.2, 1.6, 2, 2.4]) {
      const gap = Math.ceil((step / Math.sqrt(effectiveSize(n, m))) * n * m) / (n * m);
      const exact = logExactTail(gap, n, m);
      const quick = logStephensTail(gap, effectiveSize(n, m));
      expect(quick / exact).toBeGreaterThan(0.75);
      expect(quick / exact).toBeLessThan(1.25);
    }
  }
});

test("a lane whose windows scatter by themselves needs a wider gap", () => {
  const numbers = Array.from({ length: 2000 }, (_, i) => i);
  const reference = against(numbers);
  const shifted = numbers.map((value) => value + 300);
  expect(judge(reference, shifted).answer).toBe("anomalous");
  const restless = { ...reference, overdispersion: { ranks: 1 / 40, cells: 0, nulls: 0 } };
  expect(judge(restless, shifted).answer).toBe("ok");
});
