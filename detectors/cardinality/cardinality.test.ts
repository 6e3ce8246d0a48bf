import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type DossierCase, runCase } from "../lib/dossier-cases.ts";
import { cardinality } from "./cardinality.ts";

const { cases } = JSON.parse(readFileSync(new URL("./cases.json", import.meta.url), "utf8")) as {
  cases: DossierCase[];
};

describe("the answers are those of the dossier", () => {
  test.each(cases.map((each) => [each.name, each] as const))("%s", (_name, each) => {
    const { verdict } = runCase(cardinality, each);
    const { answer, certain, significance, statistic } = each.expected;
    expect(verdict.answer).toBe(answer);
    if (certain !== undefined) expect(verdict.certain).toBe(certain);
    if (significance !== undefined) expect(verdict.significance).toBeCloseTo(significance, 4);
    if (statistic !== undefined) expect(verdict.statistic).toBeCloseTo(statistic, 9);
  });
});
