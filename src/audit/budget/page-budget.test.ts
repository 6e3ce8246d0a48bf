import { expect, test } from "vitest";
import { alertLimits } from "./page-budget.ts";

const HOUR_MS = 3_600_000;
const share = { pageBudgetPerWeek: 0.25, windowSizeMs: HOUR_MS, featureCount: 10 };

test("a page needs no less evidence than a warning", () => {
  for (const pageBudgetPerWeek of [0.01, 0.25, 5, 1000]) {
    const limits = alertLimits({ ...share, pageBudgetPerWeek });
    expect(limits.page).toBeGreaterThanOrEqual(limits.warn);
  }
});

test("a tenth of the budget, or ten times the tests, asks for one decade more", () => {
  const narrow = { ...share, pageBudgetPerWeek: 0.1 };
  const page = alertLimits(narrow).page;
  expect(alertLimits({ ...narrow, pageBudgetPerWeek: 0.01 }).page).toBeCloseTo(page + 1, 9);
  expect(alertLimits({ ...narrow, featureCount: 100 }).page).toBeCloseTo(page + 1, 9);
});

test("a suspect is kept out of what is learned well before it warns", () => {
  const { suspect, warn } = alertLimits(share);
  expect(suspect).toBeLessThan(warn - 1);
});

test("a lane with a budget of nothing still has a limit", () => {
  expect(Number.isFinite(alertLimits({ ...share, pageBudgetPerWeek: 0 }).page)).toBe(true);
});
