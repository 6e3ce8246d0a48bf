/** Each condition that only a process or an engine can bring about, driven to bad and back. */
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { systemClock } from "../../base/clock.ts";
import { OperationalError } from "../../base/errors.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { createKafkaSource } from "../../source/kafka/kafka-source.ts";
import { kafkaOptionsSchema } from "../../source/kafka/options.ts";
import { brokersProbe, readyProbe } from "./engine-probes.ts";
import { deliveryProbe, slowDecodeProbe, waitingProbe } from "./process-probes.ts";

const BOUND_MS = 60_000;
const quiet = () => new Telemetry({ level: "silent" });

test("waiting-bytes: bad from nine tenths of the bound on, and well below it", async () => {
  const telemetry = quiet();
  const gauge = telemetry.gauge("segment_waiting_bytes", "Bytes that wait");
  const { look } = waitingProbe(telemetry, 1_000, BOUND_MS);
  expect(await look()).toEqual({ state: "ok" });
  gauge.set(950);
  expect(await look()).toMatchObject({ state: "bad", detail: expect.stringContaining("950 bytes") });
  gauge.set(100);
  expect(await look()).toEqual({ state: "ok" });
});

test("slow-decode: bad by the share of records since the last look, not of all that ever came", async () => {
  const telemetry = quiet();
  const records = telemetry.counter("decode_records_total", "Records by way", ["way"]);
  const { look } = slowDecodeProbe(telemetry, 0.5, BOUND_MS);
  records.inc({ way: "read" }, 1_000_000);
  expect(await look()).toEqual({ state: "ok" });
  records.inc({ way: "read" }, 400);
  records.inc({ way: "parsed" }, 1_600);
  expect(await look()).toMatchObject({ state: "bad", detail: expect.stringContaining("80 %") });
  records.inc({ way: "read" }, 2_000);
  expect(await look()).toEqual({ state: "ok" });
});

test("delivery-failing: bad while a notifier takes nothing, by name", async () => {
  let failing: string[] = [];
  const { look } = deliveryProbe(() => failing, BOUND_MS);
  expect(await look()).toEqual({ state: "ok" });
  failing = ["pager"];
  expect(await look()).toMatchObject({ state: "bad", detail: expect.stringContaining('"pager"') });
});

test("queue-unreachable: bad when it says that it is not ready, and when it fails to say", async () => {
  let ready = async () => true;
  const { look } = readyProbe("queue-unreachable", "the queue (bullmq)", () => ready(), BOUND_MS);
  expect(await look()).toEqual({ state: "ok" });
  ready = async () => false;
  expect(await look()).toMatchObject({ state: "bad", detail: expect.stringContaining("audits wait") });
  ready = async () => {
    throw new OperationalError("no connection", { code: "QUEUE_UNREACHABLE", retryable: true });
  };
  expect(await look()).toMatchObject({ state: "bad" });
});

test("kafka-unreachable: bad when nothing listens where the brokers should be, by source", async () => {
  const port = await freePort();
  const options = kafkaOptionsSchema.parse({
    brokers: [`127.0.0.1:${port}`],
    topics: ["records"],
    groupId: "monitor",
  });
  const source = createKafkaSource("clicks", options, { clock: systemClock, telemetry: quiet() });
  const { look } = brokersProbe(() => [source], BOUND_MS);
  expect(await look()).toMatchObject({ state: "bad", detail: expect.stringContaining('source "clicks"') });
  await source.stop();
  expect(await brokersProbe(() => [], BOUND_MS).look()).toEqual({ state: "ok" });
});

/** A port that was free a moment ago: nobody answers there. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
