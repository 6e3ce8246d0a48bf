import { expect, test } from "vitest";
import { readEventTimeMs } from "./event-time.ts";

const NOON = Date.UTC(2026, 10, 23, 12);

test.each([
  ["2026-11-23T12:00:00Z", NOON],
  ["2026-11-23T12:00:00.250Z", NOON + 250],
  ["2026-11-23T12:00:00.123456789Z", NOON + 123],
  ["2026-11-23 12:00:00", NOON],
  ["2026-11-23T12:00", NOON],
  ["2026-11-23T13:30:00+01:30", NOON],
  ["2026-11-23T04:00:00-0800", NOON],
  ["2026-11-23", NOON - 12 * 3_600_000],
  [String(NOON), NOON],
])("%s is read as an instant, without a zone as UTC", (text, expected) => {
  expect(readEventTimeMs(text, "ms")).toBe(expected);
});

test.each([
  ["ms", NOON],
  ["s", NOON / 1e3],
  ["us", NOON * 1e3],
  ["ns", NOON * 1e6],
] as const)("a number is read in %s", (unit, value) => {
  expect(readEventTimeMs(value, unit)).toBe(NOON);
});

test.each([
  ["yesterday"],
  ["2026-02-30T00:00:00Z"],
  ["2026-13-01"],
  ["2026-11-23T25:00:00Z"],
  [""],
  [null],
  [undefined],
  [{}],
  [Number.NaN],
  [1e300],
])("%s is no time", (value) => {
  expect(readEventTimeMs(value, "ms")).toBeNaN();
});
