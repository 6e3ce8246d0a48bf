import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { logGammaUpper } from "./gamma.ts";
import { logKolmogorovLimit } from "./kolmogorov.ts";
import * as tails from "./tails.ts";
import { SIGNIFICANCE_MAX, significanceOf } from "./tails.ts";

const file = new URL("./tails.cases.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: [string, number[], number][] };

const FUNCTIONS: Readonly<Record<string, (...args: number[]) => number>> = {
  chiSquare: (x, degrees) => tails.logChiSquareTail(x!, degrees!),
  normal: (z) => tails.logNormalTail(z!),
  binomialUpper: (hits, trials, p) => tails.logBinomialUpper(hits!, trials!, p!),
  binomialLower: (hits, trials, p) => tails.logBinomialLower(hits!, trials!, p!),
  studentTwoSided: (t, degrees) => tails.logStudentTwoSided(t!, degrees!),
  kolmogorovLimit: (lambda) => logKolmogorovLimit(lambda!),
};

describe("logarithms of tails agree with SciPy, also where the p-value itself underflows", () => {
  test.each(cases)("%s(%j)", (name, args, expected) => {
    const got = FUNCTIONS[name]!(...args);
    // The p-value to a relative 5e-9 is its logarithm to 5e-9 (a million trials lose that much in their factorials).
    expect(Math.abs(got - expected)).toBeLessThan(5e-9 + 1e-12 * Math.abs(expected));
  });
});

test("a certain event has significance 0, an impossible one the largest, never an infinity", () => {
  expect(significanceOf(0)).toBe(0);
  expect(significanceOf(1e-17)).toBe(0);
  expect(significanceOf(Number.NEGATIVE_INFINITY)).toBe(SIGNIFICANCE_MAX);
  expect(significanceOf(Math.log(0.001))).toBeCloseTo(3, 12);
});

test("the two expansions of the gamma tail meet without a step", () => {
  for (const a of [0.5, 3, 50, 4000]) {
    const [left, right] = [logGammaUpper(a, a + 1 - 1e-9), logGammaUpper(a, a + 1 + 1e-9)];
    expect(Math.abs(left - right)).toBeLessThan(1e-8);
  }
});
