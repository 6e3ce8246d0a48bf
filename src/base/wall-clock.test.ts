import { expect, test } from "vitest";
import { timeAtWall, wallMsAt } from "./wall-clock.ts";

const time = (text: string) => Date.parse(text);

test("a wall clock reads what its zone says, in summer and in winter", () => {
  expect(wallMsAt(time("2026-01-15T08:00:00.250Z"), "Europe/Berlin")).toBe(time("2026-01-15T09:00:00.250Z"));
  expect(wallMsAt(time("2026-07-15T08:00Z"), "Europe/Berlin")).toBe(time("2026-07-15T10:00Z"));
  expect(wallMsAt(time("1969-12-31T20:00:00.750Z"), "Asia/Kolkata")).toBe(time("1970-01-01T01:30:00.750Z"));
  expect(wallMsAt(time("2026-01-15T08:00Z"), "UTC")).toBe(time("2026-01-15T08:00Z"));
});

test("the time of every reading reads so, where the clock reads so at all", () => {
  for (const zone of ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]) {
    for (let at = time("2026-03-28T00:00Z"); at < time("2026-03-31T00:00Z"); at += 900_000) {
      const wallMs = wallMsAt(at, zone);
      expect(wallMsAt(timeAtWall(wallMs, zone), zone)).toBe(wallMs);
    }
  }
});

// In Berlin there is no 02:30 on 29 March 2026, and there are two on 25 October.
test("an hour that the clock skips is taken an hour later, and of one that it repeats either will do", () => {
  expect(timeAtWall(time("2026-03-29T02:30Z"), "Europe/Berlin")).toBe(time("2026-03-29T01:30Z"));
  const repeated = timeAtWall(time("2026-10-25T02:30Z"), "Europe/Berlin");
  expect([time("2026-10-25T00:30Z"), time("2026-10-25T01:30Z")]).toContain(repeated);
});
