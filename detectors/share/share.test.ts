import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CASE_CONTEXT, type DossierCase, runCase } from "../lib/dossier-cases.ts";
import { sampleSnapshot } from "../lib/sample-snapshot.ts";
import { share } from "./share.ts";

const { cases } = JSON.parse(readFileSync(new URL("./cases.json", import.meta.url), "utf8")) as {
  cases: DossierCase[];
};

describe("the answers are those of the dossier", () => {
  test.each(cases.map((each) => [each.name, each] as const))("%s", (_name, each) => {
    const { verdict } = runCase(share, each);
    const { answer, certain, significance, statistic } = each.expected;
    expect(verdict.answer).toBe(answer);
    if (certain !== undefined) expect(verdict.certain).toBe(certain);
    if (significance !== undefined) expect(verdict.significance).toBeCloseTo(significance, 6);
    if (statistic !== undefined) expect(verdict.statistic).toBeCloseTo(statistic, 9);
  });
});

// A share that moves by more than sampling from window to window is held to that, not to sampling.
test("a value with moods of its own may lose what a steady one may not", () => {
  const loss = { windows: 1, current: [["a", 64] as const, ["b", 36] as const] };
  const steady = runCase(share, {
    name: "",
    reference: [
      ["a", 50],
      ["b", 50],
    ],
    ...loss,
    expected: { answer: "ok" },
  });
  const memory = share.start(CASE_CONTEXT, share.defaults);
  for (const label of ["a", "b"]) memory.movements.set(label, { squares: 900, weight: 100, count: 100 });
  const current = sampleSnapshot([...new Array(64).fill("a"), ...new Array(36).fill("b")]);
  const moody = share.judge(steady.reference, current, memory, CASE_CONTEXT, share.defaults);
  expect(moody.significance).toBeLessThan(steady.verdict.significance / 2);
});
