/** The laws of every queue: what `src/queue/contract.ts` promises, checked on a real one. */
import { expect, test } from "vitest";
import { OperationalError } from "../../src/base/errors.ts";
import type { QueueContext } from "../../src/queue/context.ts";
import type { JobQueue } from "../../src/queue/contract.ts";

export interface TestJob {
  readonly number: number;
}

export interface QueueUnderTest {
  /** A queue of a name that nobody else uses; the suite stops it. */
  create(overrides: Partial<QueueContext>): JobQueue<TestJob>;
}

export function describeQueueLaws({ create }: QueueUnderTest): void {
  async function withQueue(
    body: (queue: JobQueue<TestJob>, failed: unknown[]) => Promise<void>,
  ): Promise<void> {
    const failed: unknown[] = [];
    const queue = create({ onFailed: (_, error) => failed.push(error) });
    try {
      await body(queue, failed);
    } finally {
      await queue.stop();
    }
  }

  test("every job reaches the handler once, also those added before work began", async () => {
    await withQueue(async (queue) => {
      const seen: number[] = [];
      await queue.addAll(jobs(0, 50));
      await queue.work(async ({ number }) => void seen.push(number));
      await queue.addAll(jobs(50, 100));
      await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(100);
      expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
      await expect.poll(() => queue.depth(), { timeout: 5_000 }).toBe(0);
    });
  });

  test("a job is added once while one with the same key waits, and again after that one has run", async () => {
    await withQueue(async (queue) => {
      const seen: number[] = [];
      await queue.add("window:prod:12:00", { number: 1 });
      await queue.add("window:prod:12:00", { number: 2 });
      expect(await queue.depth()).toBe(1);
      await queue.work(async ({ number }) => void seen.push(number));
      await expect.poll(() => queue.depth(), { timeout: 10_000 }).toBe(0);
      await queue.add("window:prod:12:00", { number: 3 });
      await expect.poll(() => seen, { timeout: 10_000 }).toEqual([1, 3]);
    });
  });

  test("keys of digits, with colons and percent signs are all different keys", async () => {
    await withQueue(async (queue) => {
      const keys = ["12345", "12:345", "12%3A345", "12%253A345", "j-12345", "a b/c\u{1F600}"];
      await queue.addAll(keys.map((key, number) => ({ key, job: { number } })));
      expect(await queue.depth()).toBe(keys.length);
    });
  });

  test("a job whose handler fails with a retryable error is tried again until it succeeds", async () => {
    await withQueue(async (queue, failed) => {
      let attempts = 0;
      await queue.work(async () => {
        attempts++;
        if (attempts < 3) throw new OperationalError("away", { code: "TEST_AWAY", retryable: true });
      });
      await queue.add("again", { number: 1 });
      await expect.poll(() => attempts, { timeout: 20_000 }).toBe(3);
      await expect.poll(() => queue.depth(), { timeout: 5_000 }).toBe(0);
      expect(failed).toEqual([]);
    });
  });

  test("a job whose handler fails for good is told of once, given up, and can be added again", async () => {
    await withQueue(async (queue, failed) => {
      let attempts = 0;
      await queue.work(async () => {
        attempts++;
        throw new OperationalError("refused", { code: "TEST_REFUSED", retryable: false });
      });
      await queue.add("bad", { number: 1 });
      await expect.poll(() => failed.length, { timeout: 10_000 }).toBe(1);
      expect(failed[0]).toMatchObject({ code: "TEST_REFUSED" });
      await expect.poll(() => queue.depth(), { timeout: 5_000 }).toBe(0);
      await queue.add("bad", { number: 1 });
      await expect.poll(() => attempts, { timeout: 10_000 }).toBe(2);
      await queue.idle().catch(() => {});
    });
  });

  test("stop waits for the job that runs", async () => {
    let ended = false;
    let began = false;
    const queue = create({});
    await queue.work(async () => {
      began = true;
      await new Promise((resolve) => setTimeout(resolve, 300));
      ended = true;
    });
    await queue.add("slow", { number: 1 });
    await expect.poll(() => began, { timeout: 10_000 }).toBe(true);
    await queue.stop();
    expect(ended).toBe(true);
  });

  test("a queue whose server answers is ready", async () => {
    await withQueue(async (queue) => {
      expect(await queue.ready()).toBe(true);
    });
  });
}

function jobs(from: number, to: number): { key: string; job: TestJob }[] {
  return Array.from({ length: to - from }, (_, i) => ({ key: `job:${from + i}`, job: { number: from + i } }));
}
