import type { OffsetsByTopicPartition } from "kafkajs";
import { expect, test, vi } from "vitest";
import { Telemetry } from "../../base/telemetry.ts";
import { Commits } from "./commits.ts";

function commits(): Commits {
  return new Commits(new Telemetry({ level: "silent" }));
}

test("commits that come while one is in flight go out together, the furthest of each partition", async () => {
  const sent: OffsetsByTopicPartition[] = [];
  const line = commits();
  line.use(async (offsets) => void sent.push(offsets));
  await Promise.all([line.add("t", 0, 5), line.add("t", 0, 9), line.add("t", 0, 7), line.add("t", 1, 3)]);
  expect(sent).toEqual([
    { topics: [{ topic: "t", partitions: [{ partition: 0, offset: "5" }] }] },
    {
      topics: [
        {
          topic: "t",
          partitions: [
            { partition: 0, offset: "9" },
            { partition: 1, offset: "3" },
          ],
        },
      ],
    },
  ]);
});

test("a refused commit throws nothing and is tried again", async () => {
  vi.useFakeTimers();
  try {
    const line = commits();
    let attempts = 0;
    line.use(async () => {
      if (attempts++ === 0) throw new Error("The group is rebalancing");
    });
    await expect(line.add("t", 0, 5)).resolves.toBeUndefined();
    expect(attempts).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(attempts).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

test("what a new assignment has forgotten is not committed", async () => {
  const line = commits();
  await line.add("t", 0, 5);
  line.forget();
  let attempts = 0;
  line.use(async () => void attempts++);
  await line.flush();
  expect(attempts).toBe(0);
});
