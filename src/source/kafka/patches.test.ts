import { createRequire } from "node:module";
import { expect, test, vi } from "vitest";
import { Telemetry } from "../../base/telemetry.ts";
import { isAsExpected, patchKafkajs } from "./patches.ts";

const require = createRequire(import.meta.url);

test("the installed kafkajs is the one that the patches were written for", () => {
  const telemetry = new Telemetry({ level: "silent" });
  expect(require("kafkajs/package.json").version).toBe("2.2.4");
  expect(patchKafkajs(telemetry)).toEqual({
    idleTimer: true,
    wholeAnswers: true,
    lazyBatches: true,
    topicIds: true,
  });
});

test("a file that differs leaves kafkajs as it is, and is said aloud", async () => {
  const telemetry = new Telemetry({ level: "silent" });
  expect(isAsExpected("lazyBatches", telemetry, () => Buffer.from("another version"))).toBe(false);
  expect(
    await telemetry.registry.getSingleMetricAsString("lanewatch_source_kafkajs_unpatched_total"),
  ).toContain('patch="lazyBatches"} 1');
});

test("a file that is gone is as good as one that differs", () => {
  const telemetry = new Telemetry({ level: "silent" });
  const missing = () => {
    throw new Error("ENOENT");
  };
  expect(isAsExpected("idleTimer", telemetry, missing)).toBe(false);
});

// Stock kafkajs arms a timer of about -Date.now() ms, which fires after 1 ms, and again, for ever.
test("an idle connection sets no timer; one that waits for a throttled request does", () => {
  patchKafkajs(new Telemetry({ level: "silent" }));
  const RequestQueue = require("kafkajs/src/network/requestQueue/index.js");
  vi.useFakeTimers();
  try {
    const queue = new RequestQueue({ logger: { debug() {} }, clientId: "c", broker: "b" });
    queue.checkPendingRequests();
    expect(vi.getTimerCount()).toBe(0);
    queue.pending.push({});
    queue.maybeThrottle(500);
    queue.scheduleCheckPendingRequests();
    expect(vi.getTimerCount()).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

test("an answer that comes whole is passed on without a copy of it", () => {
  patchKafkajs(new Telemetry({ level: "silent" }));
  const Connection = require("kafkajs/src/network/connection.js");
  const fulfilled: Buffer[] = [];
  const connection = Object.create(Connection.prototype);
  Object.assign(connection, {
    chunks: [Buffer.alloc(0)],
    bytesBuffered: 0,
    bytesNeeded: 4,
    requestQueue: { fulfillRequest: ({ payload }: { payload: Buffer }) => fulfilled.push(payload) },
  });
  const answer = Buffer.from([0, 0, 0, 6, 0, 0, 0, 1, 7, 8]);
  connection.processData(answer);
  expect([...fulfilled[0]!]).toEqual([7, 8]);
  expect(fulfilled[0]!.buffer).toBe(answer.buffer);
  expect(fulfilled[0]!.byteOffset).toBe(answer.byteOffset + 8);
});
