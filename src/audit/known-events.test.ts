import { expect, test } from "vitest";
import { type CalendarEvent, eventsTouching, type Recurrence } from "./known-events.ts";

const HOUR_MS = 3_600_000;

function event(from: string, until: string, every?: Recurrence, timeZone?: string): CalendarEvent {
  return { name: "quiet", startMs: Date.parse(from), endMs: Date.parse(until), every, timeZone };
}

/** Hours of UTC, among those given, in which the event lies. */
function hoursIn(of: CalendarEvent, hours: readonly string[]): readonly string[] {
  return hours.filter((hour) => {
    const startMs = Date.parse(`${hour}:00Z`);
    return eventsTouching([of], startMs, startMs + HOUR_MS).length > 0;
  });
}

test("an event that does not recur happens once", () => {
  const once = event("2026-12-25T00:00Z", "2026-12-26T00:00Z");
  expect(
    hoursIn(once, ["2026-12-24T23", "2026-12-25T00", "2026-12-25T23", "2026-12-26T00", "2027-12-25T12"]),
  ).toEqual(["2026-12-25T00", "2026-12-25T23"]);
});

test("a yearly event comes again every year, and not before its first", () => {
  const christmas = event("2024-12-24T18:00Z", "2024-12-27T00:00Z", "year");
  const hours = [
    "2023-12-25T12",
    "2024-12-25T12",
    "2025-12-24T17",
    "2025-12-24T18",
    "2030-12-26T23",
    "2030-12-27T00",
  ];
  expect(hoursIn(christmas, hours)).toEqual(["2024-12-25T12", "2025-12-24T18", "2030-12-26T23"]);
});

test("an event over new year is still on in January", () => {
  const holidays = event("2024-12-30T00:00Z", "2025-01-03T00:00Z", "year");
  expect(hoursIn(holidays, ["2026-01-02T23", "2026-01-03T00", "2026-12-30T00"])).toEqual([
    "2026-01-02T23",
    "2026-12-30T00",
  ]);
});

test("29 February falls on the 28th where there is none, and the 31st on a month's last day", () => {
  const leap = event("2024-02-29T00:00Z", "2024-03-01T00:00Z", "year");
  expect(hoursIn(leap, ["2025-02-28T12", "2025-03-01T12", "2028-02-28T12", "2028-02-29T12"])).toEqual([
    "2025-02-28T12",
    "2028-02-29T12",
  ]);
  const monthEnd = event("2026-01-31T22:00Z", "2026-02-01T02:00Z", "month");
  const hours = [
    "2026-02-28T22",
    "2026-03-01T01",
    "2026-03-01T02",
    "2026-04-30T23",
    "2026-05-31T21",
    "2026-05-31T22",
  ];
  expect(hoursIn(monthEnd, hours)).toEqual([
    "2026-02-28T22",
    "2026-03-01T01",
    "2026-04-30T23",
    "2026-05-31T22",
  ]);
});

// In Berlin clocks go forward on 29 March 2026: 9 o'clock is 08:00 UTC before and 07:00 UTC after.
test("a weekly event keeps its hour of the wall clock when clocks change", () => {
  const monday = event("2026-03-16T08:00Z", "2026-03-16T10:00Z", "week", "Europe/Berlin");
  expect(
    hoursIn(monday, [
      "2026-03-23T07",
      "2026-03-23T08",
      "2026-03-23T09",
      "2026-03-30T07",
      "2026-03-30T08",
      "2026-03-30T09",
    ]),
  ).toEqual(["2026-03-23T08", "2026-03-23T09", "2026-03-30T07", "2026-03-30T08"]);
});

test("a daily event lies in every day's window, with the times of that day", () => {
  const nightly = event("2026-05-01T23:30Z", "2026-05-02T00:30Z", "day");
  const startMs = Date.parse("2026-07-10T00:00Z");
  const found = eventsTouching([nightly], startMs, startMs + 24 * HOUR_MS);
  expect(found.map((each) => new Date(each.startMs).toISOString())).toEqual([
    "2026-07-09T23:30:00.000Z",
    "2026-07-10T23:30:00.000Z",
  ]);
});
