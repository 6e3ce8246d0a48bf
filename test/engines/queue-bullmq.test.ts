/** BullMQ on a real Redis: the laws of every queue, and what happens when Redis goes away. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { QueueContext } from "../../src/queue/context.ts";
import type { JobQueue } from "../../src/queue/contract.ts";
import { QUEUES } from "../../src/queue/index.ts";
import { describeQueueLaws, type TestJob } from "../conformance/queue.ts";
import { startRedis } from "../harness/engines.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";

let names = 0;

function createQueue(
  url: string,
  overrides: Partial<QueueContext> = {},
  name = `test-${names++}`,
): JobQueue<TestJob> {
  const options = QUEUES.bullmq.options.parse({ url, prefix: `test-${process.pid}`, addDeadlineMs: 1_000 });
  const context = { clock: systemClock, telemetry: new Telemetry({ level: "silent" }), ...overrides };
  return QUEUES.bullmq.create<TestJob>(name, options, context);
}

describeWithEngines(["redis"], "the BullMQ queue", () => {
  let url = "";
  beforeAll(async () => {
    ({ url } = await engine("redis"));
  });

  describe("as any queue", () => describeQueueLaws({ create: (overrides) => createQueue(url, overrides) }));

  test("two workers share the jobs, and none is run twice", async () => {
    const seen: number[] = [];
    const [one, two] = [createQueue(url, {}, "shared"), createQueue(url, {}, "shared")];
    const handler = async ({ number }: TestJob) => void seen.push(number);
    await Promise.all([one.work(handler), two.work(handler)]);
    await one.addAll(Array.from({ length: 200 }, (_, number) => ({ key: `j:${number}`, job: { number } })));
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(200);
    expect(new Set(seen).size).toBe(200);
    await Promise.all([one.stop(), two.stop()]);
  });
});

describeWithEngines(["redis"], "a Redis that goes away", () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    redis = await startRedis({ persist: true });
  });
  afterAll(() => redis.stop());

  test("adding fails with a retryable error within the deadline, and works again once it is back", async () => {
    const queue = createQueue(redis.url);
    const seen: number[] = [];
    await queue.work(async ({ number }) => void seen.push(number));
    await queue.add("before", { number: 1 });
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual([1]);

    await redis.process.end();
    const startMs = Date.now();
    await expect(queue.add("during", { number: 2 })).rejects.toMatchObject({
      code: "QUEUE_UNREACHABLE",
      retryable: true,
    });
    expect(Date.now() - startMs).toBeLessThan(2_000);
    expect(await queue.ready()).toBe(false);

    await redis.process.start();
    await expect.poll(() => queue.ready(), { timeout: 15_000 }).toBe(true);
    await queue.add("after", { number: 3 });
    await expect.poll(() => seen.includes(3), { timeout: 20_000 }).toBe(true);
    await queue.stop();
  });

  test("jobs that waited when Redis was killed run after its restart, and so does the one that ran", async () => {
    const queue = createQueue(redis.url);
    const seen = new Set<number>();
    let killed = false;
    await queue.work(async ({ number }) => {
      seen.add(number);
      if (killed) return;
      killed = true;
      await redis.process.end();
      await redis.process.start();
    });
    await queue.addAll(Array.from({ length: 20 }, (_, number) => ({ key: `j${number}`, job: { number } })));
    await expect.poll(() => seen.size, { timeout: 60_000 }).toBe(20);
    await expect.poll(() => queue.depth(), { timeout: 60_000 }).toBe(0);
    await queue.stop();
  });

  test("a frozen Redis is as good as none: adding fails within the deadline", async () => {
    const queue = createQueue(redis.url);
    expect(await queue.ready()).toBe(true);
    redis.process.signal("SIGSTOP");
    try {
      await expect(queue.add("frozen", { number: 1 })).rejects.toMatchObject({ code: "QUEUE_UNREACHABLE" });
      expect(await queue.ready()).toBe(false);
    } finally {
      redis.process.signal("SIGCONT");
    }
    await expect.poll(() => queue.ready(), { timeout: 15_000 }).toBe(true);
    await queue.stop();
  });

  test("a queue made while Redis is away recovers, and can be stopped while it is away", async () => {
    await redis.process.end();
    const lost = createQueue(redis.url);
    await lost.stop();
    const queue = createQueue(redis.url);
    await expect(queue.add("early", { number: 1 })).rejects.toMatchObject({ retryable: true });
    await redis.process.start();
    await expect.poll(() => queue.ready(), { timeout: 15_000 }).toBe(true);
    await queue.stop();
  });
});

describeWithEngines(["redis"], "a Redis that may evict keys", () => {
  test("is refused with the setting to change", async () => {
    const redis = await startRedis({ evictionPolicy: "allkeys-lru" });
    const queue = createQueue(redis.url);
    await expect(queue.add("job", { number: 1 })).rejects.toMatchObject({
      code: "QUEUE_EVICTION_POLICY",
      retryable: false,
      message: expect.stringContaining("noeviction"),
    });
    expect(await queue.ready()).toBe(false);
    await queue.stop();
    await redis.stop();
  });
});
