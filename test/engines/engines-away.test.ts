/**
 * A real service whose engines are away: it starts and waits, it ends within its 20 s on SIGTERM, and the next one
 * counts on from there, nothing lost, nothing twice.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { freePorts } from "../harness/engines/ports.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import { TestTopics } from "../harness/kafka-topics.ts";
import { startTcpProxy, type TcpProxy } from "../harness/tcp-proxy.ts";

/** Promised, after which a pod is killed; the process has a second to be scheduled on a busy machine. */
const STOP_MS_MAX = 21_000;

const execute = promisify(execFile);

describeWithEngines(["kafka", "questdb", "redis"], "a service whose engines are away", () => {
  const folder = mkdtempSync(join(tmpdir(), "lanewatch-away-"));
  const configPath = join(folder, "lanewatch.yaml");
  const running = new Set<ChildProcess>();
  let topics: TestTopics;
  let brokers: readonly string[];
  let http: TcpProxy;
  let pgwire: TcpProxy;
  let queue: TcpProxy;
  let topic = "";

  beforeAll(async () => {
    ({ brokers } = await engine("kafka"));
    topics = new TestTopics(brokers);
    const questdb = await engine("questdb");
    http = await startTcpProxy(questdb.httpPort);
    pgwire = await startTcpProxy(questdb.pgPort);
    queue = await startTcpProxy((await engine("redis")).port);
  });

  beforeEach(async () => {
    topic = await topics.make("away", 2, { "retention.ms": "-1" });
  });

  afterEach(async () => {
    for (const proxy of engines()) proxy.heal();
    for (const service of running) service.kill("SIGKILL");
    running.clear();
  });

  afterAll(async () => {
    await Promise.all(engines().map((proxy) => proxy?.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  const engines = () => [http, pgwire, queue];

  test("SIGTERM ends it in time though store and queue do not answer, and the next start loses and doubles nothing", async () => {
    const first = start();
    await produce(0, 200);
    await proven(200);
    for (const proxy of engines()) proxy.stall();
    await produce(200, 300);
    await sleep(1_500); // so that a segment with some of them is cut and waits for the store
    expect(await terminated(first)).toBeLessThan(STOP_MS_MAX);
    for (const proxy of engines()) proxy.heal();
    start();
    await proven(500);
  }, 120_000);

  test("started with store and queue away, it waits for them and then counts everything", async () => {
    for (const proxy of engines()) proxy.cut();
    await produce(0, 300);
    const service = start();
    await sleep(6_000);
    expect(service.exitCode).toBeNull();
    for (const proxy of engines()) proxy.heal();
    await proven(300);
  }, 120_000);

  test("SIGTERM ends it in time while it still waits for its first broker", async () => {
    const [nobody] = (await freePorts(1)) as [number];
    const service = start([`127.0.0.1:${nobody}`]);
    await sleep(5_000);
    expect(service.exitCode).toBeNull();
    expect(await terminated(service)).toBeLessThan(STOP_MS_MAX);
  }, 60_000);

  function start(of: readonly string[] = brokers): ChildProcess {
    writeFileSync(
      configPath,
      `
lanes: { defaults: { window: 2s, allowedLateness: 1s } }
sources: { records: { type: kafka, brokers: ${JSON.stringify(of)}, topics: [${topic}], groupId: ${topic} } }
store: { type: questdb, http: "http://127.0.0.1:${http.port}", pg: "127.0.0.1:${pgwire.port}", tablePrefix: "away_" }
queue: { type: bullmq, url: "redis://127.0.0.1:${queue.port}", prefix: "${topic}" }
segments: { ageMax: 500ms, idleCut: 300ms }
control: { host: 127.0.0.1, port: 0 }
logLevel: silent
`,
    );
    const service = spawn(process.execPath, ["bin/lanewatch.mjs", "run", "--config", configPath], {
      stdio: "inherit",
    });
    running.add(service);
    service.once("exit", () => running.delete(service));
    return service;
  }

  async function terminated(service: ChildProcess): Promise<number> {
    const startMs = performance.now();
    const ended = once(service, "exit");
    service.kill("SIGTERM");
    await ended;
    return performance.now() - startMs;
  }

  async function produce(from: number, count: number): Promise<void> {
    const producer = topics.kafka.producer();
    await producer.connect();
    const messages = Array.from({ length: count }, (_, i) => ({
      partition: (from + i) % 2,
      value: JSON.stringify({
        ts: new Date().toISOString(),
        swimlane: topic,
        source: "clicks",
        features: { n: from + i },
      }),
    }));
    await producer.send({ topic, messages });
    await producer.disconnect();
  }

  /** Until `prove` finds every record of the topic on one path, and no others. */
  async function proven(expected: number): Promise<void> {
    const ask = async () => {
      const words = ["bin/lanewatch.mjs", "prove", "-c", configPath, "--topic", topic, "--json"];
      const { stdout } = await execute(process.execPath, words).catch((failure) => failure);
      const { result, partitions } = JSON.parse(stdout || "{}");
      const counted = partitions?.map(({ counted }: { counted?: { accountedCount: number } }) => counted);
      return [
        result,
        counted?.reduce(
          (sum: number, each: { accountedCount: number }) => sum + (each?.accountedCount ?? 0),
          0,
        ),
      ];
    };
    await expect.poll(ask, { timeout: 60_000, interval: 500 }).toEqual(["proven", expected]);
  }
});
