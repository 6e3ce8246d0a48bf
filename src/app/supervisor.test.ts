import { expect, test } from "vitest";
import { ManualClock } from "../base/clock.ts";
import { OperationalError } from "../base/errors.ts";
import { Telemetry } from "../base/telemetry.ts";
import { Supervisor } from "./supervisor.ts";

/** When the step was taken, of a supervisor that is watched until `untilMs`. */
async function takenAt(
  everyMs: number,
  isAway: (nowMs: number) => boolean,
  untilMs: number,
): Promise<readonly number[]> {
  const clock = new ManualClock(0);
  const supervisor = new Supervisor(clock, new Telemetry({ level: "silent" }));
  const times: number[] = [];
  supervisor.every(everyMs, "asking", async () => {
    times.push(clock.nowMs());
    if (isAway(clock.nowMs())) throw new OperationalError("away", { code: "AWAY", retryable: true });
  });
  for (let nowMs = 0; nowMs <= untilMs; nowMs += 100) {
    clock.advanceTo(nowMs);
    await new Promise(setImmediate);
  }
  supervisor.stop();
  await supervisor.ended();
  return times;
}

test("a step that fails is taken less often, and as often as before once it succeeds", async () => {
  const times = await takenAt(300, (nowMs) => nowMs >= 300 && nowMs < 8_000, 10_000);
  expect(times).toEqual([0, 300, 900, 2_100, 4_100, 6_100, 8_100, 8_400, 8_700, 9_000, 9_300, 9_600, 9_900]);
});

test("a step that is seldom taken is not taken more often while it fails", async () => {
  expect(await takenAt(10_000, () => true, 30_000)).toEqual([0, 10_000, 20_000, 30_000]);
});

test("what cannot be tried again ends the process", async () => {
  const supervisor = new Supervisor(new ManualClock(0), new Telemetry({ level: "silent" }));
  expect(await supervisor.guarded("reading", () => Promise.reject(new Error("a mistake")))).toBe(false);
  await expect(supervisor.failed).rejects.toThrow("a mistake");
});
