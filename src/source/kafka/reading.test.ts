/** Batches and heartbeats in an order that a broker brings about only by chance. */
import type { Consumer, EachBatchPayload } from "kafkajs";
import { expect, test } from "vitest";
import { RecordingHandler } from "../../../test/harness/recording-handler.ts";
import { systemClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import type { Ask } from "./ask.ts";
import { Commits } from "./commits.ts";
import { Reading } from "./reading.ts";

interface Script {
  readonly fetchedOffset: number;
  readonly offsets: readonly number[];
  readonly heartbeat?: () => Promise<void>;
}

function startReading() {
  const telemetry = new Telemetry({ level: "silent" });
  const seeks: string[] = [];
  const failures: unknown[] = [];
  const handler = new RecordingHandler();
  const consumer = {
    seek: ({ offset }: { offset: string }) => void seeks.push(offset),
  } as unknown as Consumer;
  const ask = {
    ends: async () => [{ topic: "t", partition: 0, startOffset: 0, endOffset: 1_000 }],
    commits: async () => new Map([[0, 10]]),
  } as unknown as Ask;
  const reading = new Reading(consumer, handler, {
    groupId: "g",
    heartbeatMs: 1,
    clock: systemClock,
    telemetry,
    ask,
    commits: new Commits(telemetry),
    onFailed: (error) => failures.push(error),
    onAssigned: () => {},
  });
  reading.joined({ t: [0] });
  return { reading, handler, seeks, failures };
}

function payload({ fetchedOffset, offsets, heartbeat = async () => {} }: Script): EachBatchPayload {
  const messages = offsets.map((n) => ({
    offset: String(n),
    timestamp: "0",
    value: Buffer.from(`{"n":${n}}`),
  }));
  const last = String(offsets.at(-1) ?? fetchedOffset - 1);
  const batch = {
    topic: "t",
    partition: 0,
    fetchedOffset: String(fetchedOffset),
    highWatermark: "1000",
    messages,
    lastOffset: () => last,
  };
  return {
    batch,
    heartbeat,
    resolveOffset: () => {},
    commitOffsetsIfNecessary: async () => {},
    isRunning: () => true,
    isStale: () => false,
  } as unknown as EachBatchPayload;
}

const failing = async () => {
  throw new Error("Closed connection");
};
const untilTold = async (_: unknown, control: { isStale(): boolean }) => {
  while (!control.isStale()) await new Promise((resolve) => setTimeout(resolve, 1));
};

test("only a batch that was fetched from the expected offset counts", async () => {
  const { reading, handler, seeks, failures } = startReading();
  await reading.onBatch(payload({ fetchedOffset: 10, offsets: [10, 11] }));
  await reading.onBatch(payload({ fetchedOffset: 10, offsets: [10, 11] }));
  await reading.onBatch(payload({ fetchedOffset: 500, offsets: [500] }));
  await reading.onBatch(payload({ fetchedOffset: 12, offsets: [12] }));
  expect(handler.numbers()).toEqual([10, 11, 12]);
  expect(seeks).toEqual(["10", "12", "12"]);
  expect(failures).toEqual([]);
});

// The handler has folded the batch; given again without a new assignment, it would be counted twice.
test("a handler that was told to stop half-way is assigned anew before the same offsets come again", async () => {
  const { reading, handler, failures } = startReading();
  handler.during = untilTold;
  await reading.onBatch(payload({ fetchedOffset: 10, offsets: [10, 11], heartbeat: failing }));
  expect(handler.cuts).toEqual([]);
  handler.during = async () => {};
  await reading.onBatch(payload({ fetchedOffset: 10, offsets: [10, 11] }));
  expect(handler.assignments).toHaveLength(2);
  expect(handler.numbers()).toEqual([10, 11]);
  expect(failures).toEqual([]);
});

test("a batch that was folded whole counts, though a heartbeat was lost meanwhile", async () => {
  const { reading, handler, failures } = startReading();
  handler.commits = false;
  const batch = handler.batch.bind(handler);
  handler.batch = async (one) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await batch(one, { isStale: () => false, heartbeat: async () => {} });
  };
  await reading.onBatch(payload({ fetchedOffset: 10, offsets: [10, 11], heartbeat: failing }));
  await reading.onBatch(payload({ fetchedOffset: 12, offsets: [12] }));
  expect(handler.numbers()).toEqual([10, 11, 12]);
  expect(handler.assignments).toHaveLength(1);
  expect(failures).toEqual([]);
});

test("a batch of an earlier assignment is not waited for, and never counted in the next", async () => {
  const { reading, handler } = startReading();
  handler.during = untilTold;
  const old = reading.onBatch(payload({ fetchedOffset: 10, offsets: [10, 11] }));
  await expect.poll(() => reading.isHandling).toBe(true);
  reading.joined({ t: [0] });
  await old;
  handler.during = async () => {};
  await reading.onBatch(payload({ fetchedOffset: 10, offsets: [10, 11, 12] }));
  expect(handler.cuts.map(({ startOffset, endOffset }) => [startOffset, endOffset])).toEqual([[10, 13]]);
});
