/**
 * Laws that hold for every detector, built-in or a user's own. A user runs them with three lines
 * (docs/guides/write-a-detector.md):
 *
 *     import { mine } from "/where/it/is/mine.mjs";
 *     import { detectorConformance } from "./detector.ts";
 *     detectorConformance(mine);
 *
 * Each law is a promise that the rest of Lanewatch leans on: `explain` replays a verdict bit for bit (determinism,
 * purity), a restarted worker goes on from a stored memory (structured clone), a gate must not pass on nothing
 * (insufficient), a page budget can't be kept by a rule that pages on sameness.
 */
import { describe, expect, test } from "vitest";
import type { Detector, Verdict } from "../../detectors/contract.ts";
import { distributionLaws } from "./detector-distribution.ts";
import { seriesLaws } from "./detector-series.ts";

export function detectorConformance(detector: Detector): void {
  describe(`${detector.name} keeps the laws of a detector`, () => {
    catalogLaws(detector);
    if (detector.input === "series") seriesLaws(detector);
    else distributionLaws(detector);
  });
}

function catalogLaws(detector: Detector): void {
  test("its name is kebab-case, and its summary one line", () => {
    expect(detector.name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(detector.summary.trim()).not.toBe("");
    expect(detector.summary).not.toContain("\n");
  });

  test("its defaults are plain data that a configuration file could hold", () => {
    expect(JSON.parse(JSON.stringify(detector.defaults))).toEqual(detector.defaults);
    expect(structuredClone(detector.defaults)).toEqual(detector.defaults);
  });
}

/** Every number that a verdict carries is one that can be stored, compared and drawn. */
export function expectSoundVerdict(verdict: Verdict, at: string): void {
  expect(["ok", "anomalous", "insufficient"], at).toContain(verdict.answer);
  expect(["page", "warn", "info"], at).toContain(verdict.severity);
  // A verdict of "ok" may save itself the sentence: millions are made, and no one reads them.
  if (verdict.answer !== "ok") expect(verdict.summary.trim(), `${at}: summary`).not.toBe("");
  if (verdict.answer === "insufficient") {
    expect([verdict.statistic, verdict.threshold], `${at}: insufficient measures nothing`).toEqual([
      NaN,
      NaN,
    ]);
  } else {
    for (const field of ["statistic", "threshold"] as const) {
      expect(Number.isFinite(verdict[field]), `${at}: ${field} is ${verdict[field]}`).toBe(true);
    }
  }
  for (const field of ["effect", "significance", "sketchError"] as const) {
    expect(Number.isFinite(verdict[field]), `${at}: ${field} is ${verdict[field]}`).toBe(true);
  }
  expect(verdict.significance, `${at}: significance`).toBeGreaterThanOrEqual(0);
  expect(verdict.sketchError, `${at}: sketchError`).toBeGreaterThanOrEqual(0);
  if (verdict.certain) expect(verdict.answer, `${at}: only an anomaly can be certain`).toBe("anomalous");
  expectSumOfParts(verdict, at);
}

function expectSumOfParts(verdict: Verdict, at: string): void {
  if (verdict.answer === "anomalous")
    expect(verdict.parts.length, `${at}: nothing explains it`).toBeGreaterThan(0);
  if (verdict.parts.length === 0 || verdict.answer === "insufficient") return;
  for (const { label, reference, current, contribution } of verdict.parts) {
    expect(label, at).not.toBe("");
    for (const value of [reference, current, contribution]) {
      expect(Number.isFinite(value), `${at}: part "${label}" holds ${value}`).toBe(true);
    }
  }
  const sum = verdict.parts.reduce((total, part) => total + part.contribution, 0);
  const scale = verdict.parts.reduce((total, part) => total + Math.abs(part.contribution), 1);
  expect(
    Math.abs(sum - verdict.statistic) / scale,
    `${at}: parts sum to ${sum}, not ${verdict.statistic}`,
  ).toBeLessThan(1e-9);
}

/**
 * As a fault grows, the alarm may come but not go. A verdict alarms when it is anomalous and certain, or significant
 * enough for the page budget; what is merely worth a look at p = 0.001 may come and go by chance.
 */
export function expectMonotone(verdicts: readonly Verdict[], significanceMin: number, at: string): void {
  const alarms = verdicts.map(
    (verdict) =>
      verdict.answer === "anomalous" && (verdict.certain || verdict.significance >= significanceMin),
  );
  const first = alarms.indexOf(true);
  const gone = first < 0 ? [] : verdicts.filter((_, i) => i > first && !alarms[i]);
  expect(
    gone.map((verdict) => verdict.summary),
    `${at}: a larger fault must not look smaller`,
  ).toEqual([]);
}
