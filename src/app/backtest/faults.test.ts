import { expect, test } from "vitest";
import { DEFAULT_FAULTS, parseFaults, sizeText } from "./faults.ts";
import { foundDelay } from "./found-delay.ts";
import { pageRate } from "./page-rate.ts";

test("faults are read as a person writes them: shares in per cent or not, a kind alone in its usual sizes", () => {
  expect(parseFaults("drop=10%,0.5 shift=0.25;scale=2")).toEqual([
    { kind: "drop", size: 0.1 },
    { kind: "drop", size: 0.5 },
    { kind: "shift", size: 0.25 },
    { kind: "scale", size: 2 },
  ]);
  expect(parseFaults("nulls")).toEqual(DEFAULT_FAULTS.filter(({ kind }) => kind === "nulls"));
  expect(sizeText({ kind: "drop", size: 0.005 })).toBe("0.5 %");
});

test.each([
  ["drp=10%", 'no fault is called "drp"'],
  ["drop=110%", "at most 100%"],
  ["drop=", "shares such as"],
  ["shift=10%", "positive numbers"],
  ["  ", "no fault was named"],
])("%j is refused and says why", (text, why) => expect(parseFaults(text)).toContain(why));

// Garwood's table: 0 events give 0 to 3.69, 3 give 0.619 to 8.77, 10 give 4.80 to 18.4.
test.each([
  [0, 0, 3.689],
  [3, 0.619, 8.767],
  [10, 4.795, 18.39],
])("%i pages in one week leave open a rate from %d to %d", (pages, low, high) => {
  const rate = pageRate(pages, 1);
  expect(rate.perWeekLow).toBeCloseTo(low, 2);
  expect(rate.perWeekHigh).toBeCloseTo(high, 2);
});

test("never found counts as longer than any delay, so that a median is not made of the lucky ones", () => {
  expect(foundDelay([1, null, null])).toEqual({ found: 1, trials: 3, p50: null, p90: null });
  expect(foundDelay([4, 1, 2, null, 3])).toEqual({ found: 4, trials: 5, p50: 3, p90: null });
  expect(foundDelay([])).toEqual({ found: 0, trials: 0, p50: null, p90: null });
});
