import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { DetectorContext, Reference } from "../contract.ts";
import { logCellTest } from "../lib/cell-test.ts";
import { cellsOf } from "../lib/cells.ts";
import { divergences } from "../lib/divergences.ts";
import { type RawValue, sampleSnapshot } from "../lib/sample-snapshot.ts";
import { psi, psiParts } from "./psi.ts";

type Counts = Readonly<Record<string, number>>;
interface Case {
  readonly name: string;
  readonly reference: Counts;
  readonly current: Counts;
  readonly expected: { psi: number; pChiSquare?: number };
}
const { cases } = JSON.parse(readFileSync(new URL("./cases.json", import.meta.url), "utf8")) as {
  cases: Case[];
};

const context: DetectorContext = {
  swimlane: "prod",
  source: "",
  feature: "country",
  windowSizeMs: 3_600_000,
  timeZone: "UTC",
  pageBudgetPerWeek: 0.25,
  familySize: 20,
  knownEvents: [],
};

function rowsOf(counts: Counts): string[] {
  return Object.entries(counts).flatMap(([name, count]) => Array<string>(count).fill(name));
}

function against(values: readonly RawValue[]): Reference {
  return { name: "trailing", snapshot: sampleSnapshot(values), windowCount: 1 };
}

function judge(reference: readonly RawValue[], current: readonly RawValue[], options = psi.defaults) {
  return psi.judge(against(reference), sampleSnapshot(current), null, context, options);
}

function partsBetween(reference: readonly RawValue[], current: readonly RawValue[]) {
  const cut = { binCount: 10, categoryCountMax: 48 };
  return psiParts(cellsOf(sampleSnapshot(reference), sampleSnapshot(current), cut));
}

/** The plain grid (i + ½)/count, so that a sample has its distribution exactly and no luck decides a test. */
function grid(count: number, valueAt: (u: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => valueAt((i + 0.5) / count));
}

describe("the answers are SciPy's", () => {
  test.each(cases.map((c) => [c.name, c] as const))("%s", (_name, { reference, current, expected }) => {
    const verdict = judge(rowsOf(reference), rowsOf(current));
    expect(verdict.statistic).toBeCloseTo(expected.psi, 12);
    if (expected.pChiSquare !== undefined) {
      expect(10 ** -verdict.significance / expected.pChiSquare).toBeCloseTo(1, 8);
    }
  });
});

test("the parts add up to the index, and their shares to one on either side", () => {
  for (const { reference, current, expected } of cases) {
    const parts = partsBetween(rowsOf(reference), rowsOf(current));
    expect(parts.reduce((sum, part) => sum + part.contribution, 0)).toBeCloseTo(expected.psi, 12);
    expect(parts.reduce((sum, part) => sum + part.reference, 0)).toBeCloseTo(1, 12);
    expect(parts.reduce((sum, part) => sum + part.current, 0)).toBeCloseTo(1, 12);
  }
});

test("on full bins the index is the textbook one", () => {
  const [left, right] = [grid(5000, (u) => u), grid(1000, (u) => u ** 1.2)];
  const cells = cellsOf(sampleSnapshot(left), sampleSnapshot(right), { binCount: 10, categoryCountMax: 48 });
  expect(cells).toHaveLength(10);
  const plain = divergences(
    cells.map((cell) => cell.reference),
    cells.map((cell) => cell.current),
    0.5 / 5000,
  );
  expect(judge(left, right).statistic).toBeCloseTo(plain.psi, 9);
});

test("null, absent, not finite, below, above, between and other types each have a cell of their own", () => {
  const reference = [...grid(1000, (u) => Math.floor(u * 4)), null, undefined];
  const current: RawValue[] = [
    ...grid(1000, (u) => Math.floor(u * 4)),
    null,
    undefined,
    Number.NaN,
    -1,
    9,
    1.5,
    "x",
  ];
  const parts = partsBetween(reference, current);
  expect(parts.map((part) => part.label)).toEqual([
    "absent",
    "null",
    "not finite",
    "below 0",
    "= 0",
    "= 1",
    "= 2",
    "= 3",
    "above 3",
    "between known values",
    "not a number",
  ]);
});

test("a value that holds a bin's share alone has its own cell, so that a default of 0 can't hide in a bin", () => {
  const values = (zeroShare: number) => [
    ...Array(zeroShare * 1000).fill(0),
    ...grid(1000 - zeroShare * 1000, (u) => 1 + u),
  ];
  const verdict = judge(values(0.3), values(0.5));
  expect(verdict.parts.find((part) => part.label === "= 0")).toMatchObject({ reference: 0.3, current: 0.5 });
  expect(verdict.answer).toBe("anomalous");
});

test("labels tell bins apart even where values differ in the tenth digit only", () => {
  const values = grid(1000, (u) => 1.7e12 + Math.floor(u * 1000) / 8);
  const parts = partsBetween(values, values);
  expect(new Set(parts.map((part) => part.label)).size).toBe(parts.length);
});

// 100 rows against 10,000 with nothing changed: the usual limit of 0.1 false-alarms in 80 % of such windows.
test("two hundred small windows without drift never alarm, and their mean effect is near zero", () => {
  let state = 1;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const reference = against(Array.from({ length: 10_000 }, random));
  const verdicts = Array.from({ length: 200 }, () =>
    psi.judge(reference, sampleSnapshot(Array.from({ length: 100 }, random)), null, context, psi.defaults),
  );
  expect(verdicts.filter((verdict) => verdict.answer === "anomalous")).toEqual([]);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(verdicts.map((verdict) => verdict.statistic))).toBeGreaterThan(0.03);
  expect(mean(verdicts.map((verdict) => verdict.effect))).toBeLessThan(0.03);
});

test("what a sketch's error may have moved is added to the threshold and taken from the effect", () => {
  const [left, right] = [against(grid(5000, (u) => u)), sampleSnapshot(grid(2000, (u) => u ** 1.3))];
  const exact = psi.judge(left, right, null, context, psi.defaults);
  const blurred = psi.judge(left, { ...right, rankErrorMax: 0.04 }, null, context, psi.defaults);
  expect(exact.sketchError).toBe(0);
  expect(blurred.sketchError).toBeGreaterThan(0.02);
  expect(blurred.threshold - exact.threshold).toBeCloseTo(blurred.sketchError, 12);
  expect(blurred.significance).toBeLessThan(exact.significance);
});

test("fewer rows than two bins need are insufficient", () => {
  const values = grid(1000, (u) => u);
  expect(
    judge(
      values,
      grid(39, (u) => u),
    ).answer,
  ).toBe("insufficient");
  expect(
    judge(
      values,
      grid(40, (u) => u),
    ).answer,
  ).toBe("ok");
});

test("eight records of a value never seen are evidence, however many rare values lie beside it", () => {
  const cells = [
    { reference: 9700, current: 192 },
    ...Array.from({ length: 100 }, () => ({ reference: 3, current: 0 })),
    { reference: 0, current: 8 },
  ];
  expect(-logCellTest(cells, 0) / Math.LN10).toBeGreaterThan(10);
});

test("a lane whose shares scatter by themselves needs a larger index", () => {
  const reference = against(grid(5000, (u) => u));
  const current = sampleSnapshot(grid(2000, (u) => u ** 1.6));
  const plain = psi.judge(reference, current, null, context, psi.defaults);
  const overdispersion = { ranks: 0, cells: 1 / 50, nulls: 0 };
  const restless = psi.judge({ ...reference, overdispersion }, current, null, context, psi.defaults);
  expect([plain.answer, restless.answer]).toEqual(["anomalous", "ok"]);
});

test("names that a complete reference does not list are unseen, also where the window only counts them", () => {
  const current = { ...sampleSnapshot([...rowsOf({ a: 90 }), ...rowsOf({ b: 10 })]) };
  const known = { ...current, categories: current.categories.slice(0, 1), categoryOtherCount: 10 };
  const verdict = psi.judge(against(rowsOf({ a: 500 })), known, null, context, psi.defaults);
  expect(verdict.parts.at(-1)).toMatchObject({ label: "unseen", reference: 0, current: 0.1 });
});

// Hundreds of names, many of them rare: some are always new, some always gone, and a top list flatters the lucky.
test("a long tail of names that does not change is not significant, however the reference's luck fell", () => {
  let state = 5;
  const random = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const names = (count: number) =>
    Array.from({ length: count }, () => `n${Math.floor(1 / (random() + 0.003))}`);
  let significant = 0;
  for (let i = 0; i < 20; i++) {
    const reference = against(names(1000));
    for (let j = 0; j < 20; j++) {
      const verdict = psi.judge(reference, sampleSnapshot(names(1000)), null, context, psi.defaults);
      expect(verdict.answer).toBe("ok");
      if (verdict.significance >= 2) significant++;
    }
  }
  expect(significant).toBeLessThanOrEqual(10);
});

test("the unseen are held to the share of names that the reference met only once", () => {
  const reference = [...rowsOf({ a: 500, b: 300 }), ...Array.from({ length: 40 }, (_, i) => `once-${i}`)];
  const current = [...rowsOf({ a: 250, b: 150 }), ...Array.from({ length: 20 }, (_, i) => `other-${i}`)];
  const unseen = partsBetween(reference, current).find((part) => part.label === "unseen");
  expect(unseen?.reference).toBeCloseTo(40 / 840, 12);
  expect(unseen?.current).toBeCloseTo(20 / 420, 12);
  expect(unseen?.contribution).toBeCloseTo(0, 12);
});
