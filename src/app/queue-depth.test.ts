import { expect, test } from "vitest";
import { ManualClock } from "../base/clock.ts";
import { OperationalError } from "../base/errors.ts";
import { Telemetry } from "../base/telemetry.ts";
import { watchQueueDepth } from "./queue-depth.ts";
import { Supervisor } from "./supervisor.ts";

test("jobs are counted by queue, and of a queue that is away nothing is said", async () => {
  const clock = new ManualClock(0);
  const telemetry = new Telemetry({ level: "silent" });
  const supervisor = new Supervisor(clock, telemetry);
  let isAway = false;
  const depth = async () => {
    if (isAway) throw new OperationalError("Redis is away", { code: "QUEUE_UNREACHABLE", retryable: true });
    return 7;
  };
  const after = async (ms: number) => {
    clock.advanceTo(clock.nowMs() + ms);
    await new Promise(setImmediate);
    const text = await telemetry.registry.metrics();
    return text.split("\n").filter((line) => line.startsWith("lanewatch_queue_jobs{"));
  };
  watchQueueDepth({ audits: { depth }, incidents: undefined }, { supervisor, telemetry });
  expect(await after(0)).toEqual(['lanewatch_queue_jobs{queue="audits"} 7']);
  isAway = true;
  expect(await after(5_000)).toEqual([]);
  isAway = false;
  expect(await after(5_000)).toEqual(['lanewatch_queue_jobs{queue="audits"} 7']);
  supervisor.stop();
  await supervisor.ended();
});
