/**
 * The whole service on topics that are deleted and made again: nothing of the new log is counted as the old one's, `prove`
 * says why, and the way back that docs/guides/kafka.md names works.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import { TestTopics } from "../harness/kafka-topics.ts";

const execute = promisify(execFile);
const LANEWATCH = "bin/lanewatch.mjs";

describeWithEngines(["kafka"], "a service whose topic was deleted and made again", () => {
  let topics: TestTopics;
  let brokers: readonly string[];
  let topic = "";
  let folder = "";
  const running = new Set<ChildProcess>();

  beforeAll(async () => {
    ({ brokers } = await engine("kafka"));
    topics = new TestTopics(brokers);
  });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "lanewatch-recreated-"));
    topic = await topics.make("recreated-service");
    writeFileSync(
      join(folder, "c.yaml"),
      `
lanes: { defaults: { window: 2s, allowedLateness: 1s } }
sources: { records: { type: kafka, brokers: ${JSON.stringify(brokers)}, topics: [${topic}], groupId: ${topic}, fetchWait: 50ms } }
store: { type: duckdb, path: ${join(folder, "store.duckdb")} }
segments: { ageMax: 500ms, idleCut: 300ms }
control: { host: 127.0.0.1, port: 0 }
logLevel: error
`,
    );
  });

  afterEach(() => {
    for (const service of running) service.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  test("while it was down and grew past what was read: it refuses to start, prove says why, and the old path can be removed", async () => {
    const first = start();
    await topics.fill(topic, 50);
    await counted(50);
    await ended(first, "SIGTERM");
    await topics.remake(topic);
    await topics.fill(topic, 80);

    const second = start();
    expect(await ended(second)).toBe(1);
    expect(said(second)).toContain("was deleted and made again");
    const { status, answer } = await prove();
    expect([status, answer.result]).toEqual([1, "broken"]);
    expect(answer.partitions).toMatchObject([
      { counted: { endOffset: 50 }, broker: { replaced: { startOffset: 0, endOffset: 80 } }, holds: false },
    ]);
    expect((await prove("text")).text).toContain(`REPLACED: ${topic}/0 offsets 0 to 80`);

    await forget();
    start();
    await counted(80);
  }, 240_000);

  test("under its eyes: no record of the new log is in a manifest of the old one", async () => {
    const service = start();
    await topics.fill(topic, 50);
    await counted(50);
    await topics.remake(topic);
    await topics.fill(topic, 120);
    expect(await ended(service)).toBe(1);
    expect(said(service)).toContain("was deleted and made again");
    const { answer } = await prove();
    expect(answer.partitions).toMatchObject([
      { counted: { endOffset: 50, accountedCount: 50 }, broker: { replaced: { endOffset: 120 } } },
    ]);
  }, 240_000);

  function start(): ChildProcess {
    const service = spawn(process.execPath, [LANEWATCH, "run", "--config", join(folder, "c.yaml")], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(service);
    const words: string[] = [];
    outputs.set(service, words);
    for (const stream of [service.stdout, service.stderr])
      stream.on("data", (bytes: Buffer) => words.push(String(bytes)));
    service.once("exit", () => running.delete(service));
    return service;
  }

  const outputs = new WeakMap<ChildProcess, string[]>();
  const said = (service: ChildProcess) => outputs.get(service)!.join("");

  async function ended(service: ChildProcess, signal?: NodeJS.Signals): Promise<number | null> {
    const exit = once(service, "exit");
    if (signal !== undefined) service.kill(signal);
    if (service.exitCode === null) await exit;
    return service.exitCode;
  }

  /** Until the service has committed so many, which it does once their manifests are in the store. */
  async function counted(count: number): Promise<void> {
    await expect
      .poll(async () => (await topics.committed(topic, topic)) ?? 0, { timeout: 60_000, interval: 200 })
      .toBe(count);
  }

  async function prove(form: "json" | "text" = "json") {
    const flags = form === "json" ? ["--json"] : [];
    const { stdout, status } = await execute(process.execPath, [
      LANEWATCH,
      "prove",
      "-c",
      join(folder, "c.yaml"),
      ...flags,
    ]).then(
      ({ stdout }) => ({ stdout, status: 0 }),
      (error: { stdout: string; code: number }) => ({ stdout: error.stdout, status: error.code }),
    );
    return { status, text: stdout, answer: form === "json" ? JSON.parse(stdout) : undefined };
  }

  /** The statements that the guide gives for DuckDB, taken from the guide. */
  async function forget(): Promise<void> {
    const guide = readFileSync("docs/guides/kafka.md", "utf8");
    const [, sql] = /```sql\n([^`]*)```/.exec(guide)!;
    const instance = await DuckDBInstance.create(join(folder, "store.duckdb"));
    const connection = await instance.connect();
    for (const statement of sql!.replaceAll("TOPIC", topic).split(";\n"))
      if (statement.trim() !== "") await connection.run(statement);
    connection.closeSync();
    instance.closeSync();
  }
});
