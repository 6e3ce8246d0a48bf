/**
 * A real QuestDB that stops, under a service that reads a real Kafka: who looks after Lanewatch is told once and told
 * once that it is over, and who looks after the data hears nothing.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePorts } from "../harness/engines/ports.ts";
import { type QuestDbEngine, startQuestDb } from "../harness/engines/questdb.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import { TestTopics } from "../harness/kafka-topics.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";

const BOUND_S = 4;

describeWithEngines(["kafka", "questdb"], "the monitor's own alerts on real engines", () => {
  const folder = mkdtempSync(join(tmpdir(), "lanewatch-monitor-"));
  let questdb: QuestDbEngine;
  let service: ChildProcess;
  let ops: Receiver;
  let data: Receiver;
  let producing: NodeJS.Timeout | undefined;
  let port = 0;

  beforeAll(async () => {
    const { brokers } = await engine("kafka");
    const topics = new TestTopics(brokers);
    const topic = await topics.make("monitor", 2);
    producing = await produce(topics, topic);
    [ops, data] = [await startReceiver(), await startReceiver()];
    questdb = await startQuestDb();
    await questdb.process.end("SIGKILL");
    [port] = (await freePorts(1)) as [number];
    const path = join(folder, "lanewatch.yaml");
    writeFileSync(
      path,
      `
lanes: { defaults: { window: 2s, allowedLateness: 1s } }
sources: { records: { type: kafka, brokers: ${JSON.stringify(brokers)}, topics: [${topic}], groupId: ${topic} } }
store: { type: questdb, http: "http://127.0.0.1:${questdb.httpPort}", pg: "127.0.0.1:${questdb.pgPort}" }
monitor: { every: 500ms, unreachable: ${BOUND_S}s, clear: 2s, lag: 1m, stuck: 1m }
notify:
  notifiers: { ops: { type: webhook, url: "${ops.url}" }, data: { type: webhook, url: "${data.url}" } }
  routes: [{ notifiers: [data], severity: info }, { notifiers: [ops], about: monitor }]
control: { host: 127.0.0.1, port: ${port} }
logLevel: silent
`,
    );
    service = spawn(process.execPath, ["bin/lanewatch.mjs", "run", "--config", path], { stdio: "inherit" });
  }, 180_000);

  afterAll(async () => {
    clearInterval(producing);
    if (service?.exitCode === null) {
      const ended = new Promise((resolve) => service.once("exit", resolve));
      service.kill("SIGTERM");
      await ended;
    }
    await Promise.all([questdb?.stop(), ops?.close(), data?.close()]);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const told = () => ops.received.map(({ body }) => [body.reason, body.incident.title]);
  const ofStore = (reason: string) =>
    told().filter(([why, title]) => why === reason && /store|is over/.test(title));

  test("a store that is away when the service starts is told, and so is that it came", async () => {
    await until(() => ops.received.length > 0, 60_000, "somebody is told");
    await questdb.process.start();
    await until(() => ofStore("resolved").length === 1, 60_000, "somebody is told that it is over");
    expect(told().map(([reason]) => reason)).toEqual(["monitor", "resolved"]);
    await until(
      async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
      60_000,
      "the service is ready",
    );
  }, 180_000);

  test("a store that stops for longer than the bound is one alert and one end, and no data page", async () => {
    await until(windowsAreMerged, 60_000, "windows are merged");
    const before = ops.received.length;
    await questdb.process.end("SIGKILL");
    await until(() => ops.received.length > before, 60_000, "somebody is told");
    await pause(2 * BOUND_S * 1_000);
    expect(told().slice(before)).toEqual([
      ["monitor", expect.stringContaining("the store (questdb) does not answer")],
    ]);
    await questdb.process.start();
    await until(() => ops.received.length > before + 1, 60_000, "somebody is told that it is over");
    await pause(3_000);
    expect(
      told()
        .slice(before)
        .map(([reason]) => reason),
    ).toEqual(["monitor", "resolved"]);
    expect(new Set(ops.received.map(({ body }) => body.incident.id)).size).toBe(1);
    expect(data.received).toEqual([]);
  }, 240_000);

  async function windowsAreMerged(): Promise<boolean> {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return Number(/^lanewatch_rollup_windows_total (\d+)/m.exec(metrics)?.[1] ?? 0) > 3;
  }
});

/** A record every tenth of a second. */
async function produce(topics: TestTopics, topic: string): Promise<NodeJS.Timeout> {
  const producer = topics.kafka.producer();
  await producer.connect();
  let count = 0;
  return setInterval(() => {
    const record = {
      ts: new Date().toISOString(),
      swimlane: "prod",
      source: "clicks",
      features: { n: count++ % 7 },
    };
    producer
      .send({ topic, messages: [{ value: JSON.stringify(record), partition: count % 2 }] })
      .catch(() => {});
  }, 100);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(check: () => boolean | Promise<boolean>, withinMs: number, what: string): Promise<void> {
  for (const endMs = Date.now() + withinMs; Date.now() < endMs; await pause(200))
    if (await Promise.resolve(check()).catch(() => false)) return;
  throw new Error(`not within ${withinMs / 1000} s: ${what}`);
}
