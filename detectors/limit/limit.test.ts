import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { DistributionSnapshot } from "../contract.ts";
import { type Bound, judgeLimit, measured } from "./limit.ts";

interface Case {
  readonly name: string;
  readonly bound: Bound;
  readonly numbers: readonly number[];
  readonly nulls: number;
  readonly missing: number;
  /** Of the newest value. */
  readonly ageMinutes?: number;
  readonly expected: { readonly answer: string; readonly statistic?: number; readonly threshold?: number };
}

const dossier = JSON.parse(readFileSync(new URL("./cases.json", import.meta.url), "utf8")) as {
  windowSizeMs: number;
  cases: Case[];
};

/** @param numbers ascending, each once. */
function snapshot({ numbers, nulls, missing }: Case): DistributionSnapshot {
  const count = numbers.length;
  return {
    recordCount: count + nulls + missing,
    presentCount: count + nulls,
    nullCount: nulls,
    stringCount: 0,
    booleanCount: 0,
    rankErrorMax: 0,
    min: numbers[0] ?? Number.NaN,
    max: numbers.at(-1) ?? Number.NaN,
    mean: numbers.reduce((sum, number) => sum + number, 0) / count,
    values: Float64Array.from(numbers),
    cumulativeCounts: Float64Array.from(numbers, (_, i) => i + 1),
  } as unknown as DistributionSnapshot;
}

function measurable(each: Case) {
  const { ageMinutes = Number.NaN } = each;
  return { snapshot: snapshot(each), windowSizeMs: dossier.windowSizeMs, ageMs: ageMinutes * 60_000 };
}

test.each(dossier.cases.map((each) => [each.name, each] as const))("%s", (_name, each) => {
  const verdict = judgeLimit(each.bound, measured(each.bound, measurable(each)));
  const { answer, statistic = Number.NaN, threshold = Number.NaN } = each.expected;
  expect([verdict.answer, verdict.statistic, verdict.threshold]).toEqual([answer, statistic, threshold]);
  expect(verdict.certain).toBe(answer === "anomalous");
  if (answer === "anomalous") expect(verdict.severity).toBe(each.bound.severity);
});
