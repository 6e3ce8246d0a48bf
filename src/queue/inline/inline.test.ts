import { expect, test } from "vitest";
import { ManualClock, systemClock } from "../../base/clock.ts";
import { OperationalError } from "../../base/errors.ts";
import { Telemetry } from "../../base/telemetry.ts";
import type { JobQueue } from "../contract.ts";
import { createInlineQueue } from "./inline.ts";
import { inlineOptionsSchema } from "./options.ts";

function createQueue(options: object = {}, clock = systemClock): JobQueue<string> {
  return createInlineQueue<string>("test", inlineOptionsSchema.parse(options), {
    clock,
    telemetry: new Telemetry({ level: "silent" }),
  });
}

test("with one worker, jobs run in the order they were added, a retried one included", async () => {
  const clock = new ManualClock(0);
  const queue = createQueue({}, clock);
  const seen: string[] = [];
  let failures = 0;
  await queue.work(async (job) => {
    if (job === "a" && failures++ < 1) throw new OperationalError("away", { code: "AWAY", retryable: true });
    seen.push(job);
  });
  await queue.addAll(["a", "b", "c"].map((job) => ({ key: job, job })));
  await expect.poll(() => failures).toBe(1);
  expect(seen).toEqual([]);
  clock.advanceTo(10_000);
  await queue.idle();
  expect(seen).toEqual(["a", "b", "c"]);
});

test("adding to a full queue waits for room", async () => {
  const queue = createQueue({ waitingMax: 2 });
  await queue.add("1", "1");
  await queue.add("2", "2");
  let added = false;
  const third = queue.add("3", "3").then(() => {
    added = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(added).toBe(false);
  expect(await queue.depth()).toBe(2);
  await queue.work(async () => {});
  await third;
  await queue.idle();
});

// With one worker it would wait for itself for ever.
test("a running job that adds to its own full queue is refused once nothing has moved for long enough", async () => {
  const queue = createQueue({ waitingMax: 1, roomWaitMs: 20 });
  let refusal: unknown;
  await queue.work(async (job) => {
    if (job !== "parent") return;
    await queue.add("child-1", "child");
    await queue.add("child-2", "child").catch((error: unknown) => {
      refusal = error;
    });
  });
  await queue.add("parent", "parent");
  await queue.idle();
  expect(refusal).toMatchObject({ code: "QUEUE_FULL", retryable: true });
});

test("idle rejects with the error of a job that was given up, once", async () => {
  const queue = createQueue();
  await queue.work(async () => {
    throw new TypeError("a bug");
  });
  await queue.add("bad", "bad");
  await expect(queue.idle()).rejects.toThrow("a bug");
  await expect(queue.idle()).resolves.toBeUndefined();
});

test("a stopped queue refuses jobs and is not ready", async () => {
  const queue = createQueue();
  await queue.stop();
  await expect(queue.add("late", "late")).rejects.toMatchObject({ code: "QUEUE_STOPPED" });
  expect(await queue.ready()).toBe(false);
});
