/**
 * The whole path on real engines: the same records through Kafka with three ingest processes in one consumer group,
 * QuestDB, BullMQ on Redis, and through `replay`. The same windows must have exactly the same counts, and the same
 * incidents must open.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { CompressionTypes, Partitioners } from "kafkajs";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { replay } from "../../src/app/replay.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { ProofAnswer } from "../../src/control/proof/wire-proof.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import { TestTopics } from "../harness/kafka-topics.ts";

const LANES = `
lanes:
  defaults: { window: 1h, allowedLateness: 1s, lateMax: 9999d, futureMax: 1d }
  rules: [{ match: "nycflights*", window: 1d }]
`;

describeWithEngines(["kafka", "questdb", "redis"], "the journey on real engines", () => {
  const folder = mkdtempSync(join(tmpdir(), "lanewatch-journey-"));
  const processes: ChildProcess[] = [];
  const lines = gunzipSync(readFileSync("test/data/journey/records.jsonl.gz"))
    .toString()
    .split("\n")
    .filter((line) => line !== "");
  let expected: Awaited<ReturnType<typeof expectedByReplay>>;
  let database: pg.Client;
  let controlPort = 0;
  let topic = "";
  let deadLettersOf: () => Promise<number>;
  const pages: { id: string; reason: string }[] = [];
  let receiver: ReturnType<typeof createServer>;

  beforeAll(async () => {
    const topics = new TestTopics((await engine("kafka")).brokers);
    topic = await topics.make("journey", 4, { "retention.ms": "-1" });
    await produce(topics, topic, lines);
    await produceBad(topics, topic);
    // A record that is read again after a rebalance is a letter again, under the same key.
    deadLettersOf = async () => {
      const letters = await topics.read(`${topic}.dead-letter`);
      return new Set(letters.map(({ key }) => String(key))).size;
    };
    const { pgPort } = await engine("questdb");
    database = new pg.Client({
      host: "127.0.0.1",
      port: pgPort,
      user: "admin",
      password: "quest",
      database: "qdb",
    });
    await database.connect();
    receiver = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        pages.push(JSON.parse(body));
        response.end("ok");
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    controlPort = await freePort();
    const config = join(folder, "lanewatch.yaml");
    writeFileSync(config, await serviceConfig(topic, (receiver.address() as AddressInfo).port));
    for (const role of ["control,audit,notify", "ingest", "ingest", "ingest"])
      processes.push(startLanewatch(config, role, role === "ingest" ? 0 : controlPort));
    expected = await expectedByReplay(folder, lines);
    await until(
      async () => (await countOf(database, "SELECT sum(records_ok) AS n FROM segments")) >= lines.length,
      150_000,
      "every record is in a segment",
    );
  }, 300_000);

  afterAll(async () => {
    for (const child of processes) child.kill("SIGTERM");
    await Promise.all(
      processes.map((child) =>
        child.exitCode === null ? new Promise((resolve) => child.once("exit", resolve)) : undefined,
      ),
    );
    await database?.end();
    receiver?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test("the same windows have exactly the same counts, nulls, extremes and moments", async () => {
    const sql =
      "SELECT swimlane, feature, window_size_ms AS size, window_start AS start, present_count, null_count, number_count, string_count, min, max FROM profiles";
    await until(
      async () =>
        (await countOf(database, "SELECT count() AS n FROM windows")) >= expected.windows.size * 0.97,
      120_000,
      "windows are merged",
    );
    const rows = (
      await database.query(
        `SELECT swimlane, window_size_ms AS size, window_start AS start, record_count FROM windows`,
      )
    ).rows as { swimlane: string; size: string; start: Date; record_count: string }[];
    const keyOf = (row: (typeof rows)[number]) => `${row.swimlane}|${row.size}|${row.start.toISOString()}`;
    const within = rows.filter((row) => expected.windows.has(keyOf(row)));
    expect(within.length).toBeGreaterThanOrEqual(expected.windows.size * 0.97);
    for (const row of within)
      expect([row.swimlane, row.start.toISOString(), Number(row.record_count)]).toEqual([
        row.swimlane,
        row.start.toISOString(),
        expected.windows.get(keyOf(row)),
      ]);
    const profiles = (await database.query(sql)).rows as Record<string, unknown>[];
    let compared = 0;
    for (const row of profiles) {
      const key = `${row["swimlane"]}|${row["size"]}|${(row["start"] as Date).toISOString()}|${row["feature"]}`;
      const known = expected.profiles.get(key);
      if (known === undefined) continue;
      compared++;
      expect([
        key,
        Number(row["present_count"]),
        Number(row["null_count"]),
        Number(row["number_count"]),
        Number(row["string_count"]),
        row["min"],
        row["max"],
      ]).toEqual([key, ...known]);
    }
    expect(compared).toBeGreaterThan(2_000);
  });

  test("the same incidents open, and each is told once under one key", async () => {
    const rows = async () =>
      (await database.query("SELECT id, state FROM incidents WHERE severity = 'page' AND id LIKE 'inc-%'"))
        .rows as {
        id: string;
        state: string;
      }[];
    const ids = new Set(expected.pages);
    await until(
      async () => (await rows()).filter((row) => ids.has(row.id)).length >= ids.size,
      120_000,
      "the incidents of replay are open",
    ).catch(() => undefined);
    const found = (await rows()).map((row) => row.id);
    expect(found.filter((id) => ids.has(id)).sort()).toEqual([...ids].sort());
    expect(found.filter((id) => !ids.has(id))).toEqual([]);
    const told = pages.filter((page) => page.reason === "opened").map((page) => page.id);
    expect(told.length).toBe(new Set(told).size);
  });

  test("bad records are counted by reason, kept in the dead-letter topic, and stop nothing", async () => {
    const reasons = [
      "undecodable",
      "no_time",
      "no_swimlane",
      "too_large",
      "too_complex",
      "forbidden_key",
      "number_range",
      "future",
    ];
    const sql = `SELECT ${reasons.map((reason) => `sum(records_${reason}) AS ${reason}`).join(", ")} FROM segments`;
    await until(
      async () => Number((await database.query(sql)).rows[0]?.future ?? 0) > 0,
      60_000,
      "bad records are counted",
    );
    const [row] = (await database.query(sql)).rows as Record<string, string>[];
    expect(reasons.map((reason) => [reason, Number(row![reason])])).toEqual(
      reasons.map((reason) => [reason, reason === "number_range" ? 2 : 1]),
    );
    expect(await deadLettersOf()).toBe(BAD_RECORDS.length);
  }, 90_000);

  // QuestDB deletes no rows: the same manifests less one are put into tables of another prefix.
  test("prove finds every record accounted for, and misses a manifest in the middle as well as the last", async () => {
    const config = await serviceConfig(topic, 1);
    const proves = async (tablePrefix: string, ...flags: string[]) => {
      const path = join(folder, "prove.yaml");
      writeFileSync(path, config.replace("store: { ", `store: { tablePrefix: "${tablePrefix}", `));
      return await proveJson(["prove", "-c", path, "--topic", topic, ...flags]);
    };
    let whole: Awaited<ReturnType<typeof proves>> | undefined;
    await until(
      async () => {
        whole = await proves("");
        return whole.status === 0 && whole.unread === 0;
      },
      60_000,
      "every record is read, counted and committed",
    ).catch(() => undefined);
    expect(whole).toMatchObject({
      status: 0,
      unread: 0,
      answer: { result: "proven", broker: { asked: true } },
    });
    expect(whole?.accounted).toBe(lines.length + BAD_RECORDS.length);

    const [last] = (
      await database.query(
        `SELECT * FROM segments WHERE topic = '${topic}' AND topic_partition = 0 ORDER BY end_offset DESC LIMIT 1`,
      )
    ).rows;
    const [first] = (
      await database.query(
        `SELECT * FROM segments WHERE topic = '${topic}' AND topic_partition = 1 ORDER BY start_offset LIMIT 1, 2`,
      )
    ).rows;
    for (const [prefix, row] of [
      ["no_last_", last],
      ["no_second_", first],
    ] as const) {
      expect((await proves(prefix)).status).toBe(2); // makes the tables, and finds commits without any manifest
      await database.query(
        `INSERT INTO ${prefix}segments SELECT * FROM segments WHERE topic = '${topic}' AND NOT (topic_partition = ${row.topic_partition} AND start_offset = ${row.start_offset})`,
      );
      await until(
        async () => (await countOf(database, `SELECT count() AS n FROM ${prefix}segments`)) > 0,
        10_000,
        "copied",
      );
    }
    const missing = { startOffset: Number(last.start_offset), endOffset: Number(last.end_offset) };
    const lessLast = await proves("no_last_");
    expect(lessLast.status).toBe(1);
    expect(lessLast.answer.partitions[0]?.broker?.missing).toEqual(missing);
    expect((await proves("no_last_", "--offline")).status).toBe(0);
    expect(await proves("no_second_", "--offline")).toMatchObject({
      status: 1,
      answer: { result: "broken" },
    });

    const answer = await (
      await fetch(`http://127.0.0.1:${controlPort}/v1/proof?topic=${topic}&since=all`)
    ).json();
    expect(answer).toEqual(whole?.answer);
    const [{ accounted_for }] = (
      await database.query(`SELECT sum(accounted_for) AS accounted_for FROM (${whole?.answer.sql})`)
    ).rows;
    expect(Number(accounted_for)).toBe(whole?.accounted);
  }, 180_000);

  test("health, readiness, metrics and the gate answer", async () => {
    const base = `http://127.0.0.1:${controlPort}`;
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${base}/metrics`)).text()).toContain("lanewatch_audit_windows_total");
    const gate = spawn(process.execPath, [
      "bin/lanewatch.mjs",
      "gate",
      "--swimlane",
      "no-such-lane",
      "--since",
      "1h",
      "--url",
      base,
    ]);
    expect(await new Promise((resolve) => gate.once("exit", resolve))).toBe(2);
  });
});

async function expectedByReplay(folder: string, records: readonly string[]) {
  const path = join(folder, "records.jsonl");
  writeFileSync(path, `${records.join("\n")}\n`);
  const outFolder = join(folder, "replay");
  const summary = await replay({
    config: parseConfig(LANES, {}),
    paths: [path],
    outFolder,
    detectors: BUILT_IN_DETECTORS,
    clock: systemClock,
    telemetry: new Telemetry({ level: "error" }),
  });
  const instance = await DuckDBInstance.create(join(outFolder, "store.duckdb"), { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  const read = async (sql: string) =>
    (await connection.runAndReadAll(sql)).getRowObjectsJson() as Record<string, unknown>[];
  const iso = (text: unknown) =>
    new Date(`${String(text).replace(" ", "T").replace(/\+00$/, "")}Z`).toISOString();
  const windows = new Map(
    (await read("SELECT swimlane, window_size_ms, window_start, record_count FROM windows")).map((row) => [
      `${row["swimlane"]}|${row["window_size_ms"]}|${iso(row["window_start"])}`,
      Number(row["record_count"]),
    ]),
  );
  const profiles = new Map(
    (await read("SELECT * FROM profiles")).map((row) => [
      `${row["swimlane"]}|${row["window_size_ms"]}|${iso(row["window_start"])}|${row["feature"]}`,
      [
        ...["present_count", "null_count", "number_count", "string_count"].map((name) => Number(row[name])),
        row["min"],
        row["max"],
      ],
    ]),
  );
  connection.closeSync();
  instance.closeSync();
  // Incidents of lanes only: which lane an incident above several of them begins with depends on who is judged first.
  const pages = summary.incidents
    .filter((row) => row.id.startsWith("inc-"))
    .filter((row) => row.severity === "page" && row.state !== "pending")
    .map((row) => row.id);
  return { windows, profiles, pages };
}

async function proveJson(flags: readonly string[]) {
  const child = spawn(process.execPath, ["bin/lanewatch.mjs", ...flags, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const status = await new Promise((resolve) => child.once("exit", resolve));
  const answer = JSON.parse(text) as ProofAnswer;
  const sum = (of: (each: ProofAnswer["partitions"][number]) => number | undefined) =>
    answer.partitions.reduce((total, each) => total + (of(each) ?? 0), 0);
  const unread = sum(({ broker }) => broker?.unreadCount);
  return { status, answer, unread, accounted: sum(({ counted }) => counted?.accountedCount) };
}

async function serviceConfig(topic: string, webhookPort: number): Promise<string> {
  const { brokers } = await engine("kafka");
  const { httpPort, pgPort } = await engine("questdb");
  const { url } = await engine("redis");
  return `${LANES}
sources: { records: { type: kafka, brokers: ${JSON.stringify(brokers)}, topics: [${topic}], groupId: ${topic} } }
store: { type: questdb, http: "http://127.0.0.1:${httpPort}", pg: "127.0.0.1:${pgPort}", segmentDays: 36500, windowDays: 36500, judgementDays: 36500 }
queue: { type: bullmq, url: "${url}", prefix: "${topic}" }
segments: { idleTimeout: 1h }
notify: { notifiers: { hook: { type: webhook, url: "http://127.0.0.1:${webhookPort}/" } } }
control: { host: 127.0.0.1, port: "\${LANEWATCH_PORT:-0}" }
logLevel: warn
`;
}

function startLanewatch(config: string, role: string, port: number): ChildProcess {
  return spawn(process.execPath, ["bin/lanewatch.mjs", "run", "--config", config, "--role", role], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, LANEWATCH_PORT: String(port) },
  });
}

async function produce(topics: TestTopics, topic: string, records: readonly string[]): Promise<void> {
  const producer = topics.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  for (let at = 0; at < records.length; at += 4_000) {
    const messages = records.slice(at, at + 4_000).map((value, i) => ({
      value,
      partition: (at + i) % 4,
      timestamp: String(Date.parse((JSON.parse(value) as { ts: string }).ts)),
    }));
    await producer.send({ topic, messages, compression: CompressionTypes.GZIP });
  }
  await producer.disconnect();
}

/** One of each kind, in the order of the reasons that the test names. */
const BAD_RECORDS = [
  "{broken",
  '{"swimlane":"carloan_50","features":{"x":1}}',
  '{"ts":"2025-01-10T00:00:00Z","features":{"x":1}}',
  JSON.stringify({
    ts: "2025-01-10T00:00:00Z",
    swimlane: "carloan_50",
    features: { x: "y".repeat(1_100_000) },
  }),
  `{"ts":"2025-01-10T00:00:00Z","swimlane":"carloan_50","features":${'{"x":'.repeat(100)}1${"}".repeat(100)}}`,
  '{"ts":"2025-01-10T00:00:00Z","swimlane":"carloan_50","features":{"__proto__":1}}',
  '{"ts":"2025-01-10T00:00:00Z","swimlane":"carloan_50","features":{"x":NaN}}',
  '{"ts":"2025-01-10T00:00:00Z","swimlane":"carloan_50","features":{"x":1e308}}',
  '{"ts":"2099-01-01T00:00:00Z","swimlane":"carloan_50","features":{"x":1}}',
];

async function produceBad(topics: TestTopics, topic: string): Promise<void> {
  const producer = topics.kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const messages = BAD_RECORDS.map((value) => ({
    value,
    partition: 0,
    timestamp: String(Date.UTC(2025, 0, 20)),
  }));
  await producer.send({ topic, messages, compression: CompressionTypes.GZIP });
  await producer.disconnect();
}

async function countOf(database: pg.Client, sql: string): Promise<number> {
  const { rows } = await database.query(sql).catch(() => ({ rows: [] }));
  return Number(rows[0]?.n ?? 0);
}

async function until(check: () => Promise<boolean>, withinMs: number, what: string): Promise<void> {
  for (const endMs = Date.now() + withinMs; Date.now() < endMs; ) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`not within ${withinMs / 1000} s: ${what}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
