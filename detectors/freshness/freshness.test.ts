import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import { HOURLY_CONTEXT } from "../../test/harness/hourly-context.ts";
import type { Verdict } from "../contract.ts";
import { freshness } from "./freshness.ts";

const HOUR_MS = 3_600_000;
const WEEK = 168;
/** Monday. */
const START_MS = Date.UTC(2024, 0, 1);

function judgeAll(counts: readonly number[]): readonly Verdict[] {
  let memory = freshness.start(HOURLY_CONTEXT, freshness.defaults);
  return counts.map((value, at) => {
    const startMs = START_MS + at * HOUR_MS;
    const step = freshness.step(
      { startMs, endMs: startMs + HOUR_MS, value },
      memory,
      HOURLY_CONTEXT,
      freshness.defaults,
    );
    memory = step.memory;
    return step.verdict;
  });
}

const anomalousAt = (verdicts: readonly Verdict[]) =>
  verdicts.flatMap((verdict, at) => (verdict.answer === "anomalous" ? [at] : []));

/** A batch at 02:00 on weekdays; none at weekends. */
const nightly = (hours: number) =>
  Array.from({ length: hours }, (_, at) => (at % 24 === 2 && Math.floor(at / 24) % 7 < 5 ? 5000 : 0));

test("a nightly batch keeps its rhythm without a page, weekends included", () => {
  expect(anomalousAt(judgeAll(nightly(12 * WEEK)))).toEqual([]);
});

test("a nightly batch that fails on a Wednesday is found that day, not after a weekend's patience", () => {
  const counts = nightly(12 * WEEK);
  const missed = 10 * WEEK + 2 * 24 + 2;
  counts[missed] = 0;
  const found = anomalousAt(judgeAll(counts));
  expect(found.at(0)).toBeGreaterThanOrEqual(missed);
  expect(found.at(0)).toBeLessThan(missed + 18);
});

test("a lane that writes in every window is left to volume", () => {
  const counts = Array<number>(6 * WEEK).fill(100);
  counts.fill(0, 5 * WEEK, 5 * WEEK + 5);
  expect(anomalousAt(judgeAll(counts))).toEqual([]);
});

test("sources without any rhythm page no more often than the budget allows", () => {
  let pages = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const random = seededRandom(seed);
    const counts = Array.from({ length: 52 * WEEK }, () => (random() < 0.1 ? 50 : 0));
    const found = anomalousAt(judgeAll(counts));
    pages += found.filter((at, i) => i === 0 || at - found[i - 1]! > 3).length;
  }
  expect(pages).toBeLessThanOrEqual(0.25 * 52 * 6);
});

test("before five silences have ended the answer is insufficient", () => {
  expect(judgeAll(nightly(4 * 24)).at(-1)!.answer).toBe("insufficient");
});
