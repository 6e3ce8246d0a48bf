/** What does a clock on a wall of this time zone read, and when does it read so? */

/** Building a format is some 1,000 times dearer than using it. One small object a zone. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** The wall clock's reading as if it were UTC, ms. */
export function wallMsAt(timeMs: number, timeZone: string): number {
  if (timeZone === "UTC") return timeMs;
  let format = formats.get(timeZone);
  if (format === undefined) {
    // Swedes write 2026-03-29 09:00:00.
    format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
    formats.set(timeZone, format);
  }
  const belowSecondMs = ((timeMs % 1000) + 1000) % 1000;
  return Date.parse(`${format.format(timeMs).replace(" ", "T")}Z`) + belowSecondMs;
}

/** When the wall clock reads so: one of the two times where it repeats an hour, an hour later where it skips it. */
export function timeAtWall(wallMs: number, timeZone: string): number {
  const guess = wallMs - (wallMsAt(wallMs, timeZone) - wallMs);
  return guess - (wallMsAt(guess, timeZone) - wallMs);
}
