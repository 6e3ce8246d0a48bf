import type { OffsetsByTopicPartition } from "kafkajs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Telemetry } from "../../base/telemetry.ts";
import { Commits } from "./commits.ts";

function commits(): Commits {
  return new Commits(new Telemetry({ level: "silent" }));
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("commits that come together go out together, the furthest of each partition", async () => {
  const sent: OffsetsByTopicPartition[] = [];
  const line = commits();
  line.use(async (offsets) => void sent.push(offsets));
  line.add("t", 0, 5);
  line.add("t", 0, 9);
  line.add("t", 0, 7);
  line.add("t", 1, 3);
  await vi.advanceTimersByTimeAsync(50);
  const partitions = [
    { partition: 0, offset: "9" },
    { partition: 1, offset: "3" },
  ];
  expect(sent).toEqual([{ topics: [{ topic: "t", partitions }] }]);
});

test("while one commit is in flight the next waits, and nothing is sent twice", async () => {
  const sent: string[] = [];
  const line = commits();
  line.use(async ({ topics }) => {
    sent.push(topics[0]?.partitions[0]?.offset ?? "");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  });
  line.add("t", 0, 5);
  await vi.advanceTimersByTimeAsync(100);
  line.add("t", 0, 6);
  await vi.advanceTimersByTimeAsync(500);
  expect(sent).toEqual(["5"]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(sent).toEqual(["5", "6"]);
});

test("a refused commit throws nothing and is tried again", async () => {
  const line = commits();
  let attempts = 0;
  line.use(async () => {
    if (attempts++ === 0) throw new Error("The group is rebalancing");
  });
  line.add("t", 0, 5);
  await expect(line.flush()).resolves.toBeUndefined();
  expect(attempts).toBe(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(attempts).toBe(2);
});

test("a broker that does not answer holds nobody up for ever", async () => {
  const line = commits();
  line.use(() => new Promise(() => {}));
  line.add("t", 0, 5);
  const flushed = line.flush();
  await vi.advanceTimersByTimeAsync(5_000);
  await expect(flushed).resolves.toBeUndefined();
});

test("what a new assignment has forgotten is not committed", async () => {
  const line = commits();
  line.add("t", 0, 5);
  line.forget();
  let attempts = 0;
  line.use(async () => void attempts++);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(attempts).toBe(0);
});
