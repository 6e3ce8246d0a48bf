import { spawn } from "node:child_process";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { Kafka, logLevel } from "kafkajs";
import { expect, test } from "vitest";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";

describeWithEngines(["kafka", "questdb", "redis", "alertmanager"], "the engines", () => {
  test("Kafka keeps a record and gives it back", async () => {
    const { brokers } = await engine("kafka");
    const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: "harness", numPartitions: 1 }] });
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: "harness", messages: [{ value: "one" }] });
    expect(await admin.fetchTopicOffsets("harness")).toMatchObject([{ partition: 0, low: "0", high: "1" }]);
    await Promise.all([producer.disconnect(), admin.disconnect()]);
  });

  test("QuestDB answers a query", async () => {
    const { httpPort } = await engine("questdb");
    const response = await fetch(`http://127.0.0.1:${httpPort}/exec?query=select%20build()`);
    expect(await response.text()).toContain("9.3.4");
  });

  test("Alertmanager takes an alert, and Redis runs", async () => {
    const { url } = await engine("alertmanager");
    const body = JSON.stringify([{ labels: { alertname: "harness" } }]);
    const response = await fetch(`${url}/api/v2/alerts`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    expect(response.status).toBe(200);
    expect((await engine("redis")).port).toBeGreaterThan(0);
  });

  // A process that is killed with -9 runs no exit hook: the watchdog alone can end its engine.
  test("an engine does not outlive the killed process that started it", async () => {
    const starter = spawn("node_modules/.bin/tsx", ["test/harness/engines.ts", "redis"], { detached: true });
    const line = await new Promise<string>((resolve) =>
      createInterface(starter.stdout).once("line", resolve),
    );
    const { url } = JSON.parse(line.slice("redis ".length)) as { url: string };
    expect(await answers(url)).toBe(true);
    process.kill(-(starter.pid as number), "SIGKILL");
    await expect.poll(() => answers(url), { timeout: 10_000 }).toBe(false);
  });
});

function answers(redisUrl: string): Promise<boolean> {
  const { hostname, port } = new URL(redisUrl);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
