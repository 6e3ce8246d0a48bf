import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, expect, test, vi } from "vitest";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { replayTable } from "../../src/app/cli/replay-table.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { replay } from "../../src/app/replay.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";

vi.setConfig({ testTimeout: 240_000 });

const folder = mkdtempSync(join(tmpdir(), "lanewatch-replay-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONFIG = `
lanes:
  defaults: { window: 1h, allowedLateness: 1s, lateMax: 9999d, futureMax: 1d }
  rules: [{ match: "nycflights*", window: 1d }]
`;

const T0_MS = Date.parse("2026-03-02T14:00:00Z");
let runs = 0;

async function run(paths: readonly string[], yaml = CONFIG, asOf = "2026-11-23T00:00:00Z") {
  const outFolder = join(folder, `out-${runs++}`);
  const summary = await replay({
    config: parseConfig(yaml, {}),
    paths,
    outFolder,
    detectors: BUILT_IN_DETECTORS,
    clock: systemClock,
    telemetry: new Telemetry({ level: "error" }),
    asOfMs: Date.parse(asOf),
  });
  const read = (name: string) => readFileSync(join(outFolder, name), "utf8");
  return { summary, outFolder, verdicts: read("verdicts.jsonl"), incidents: read("incidents.jsonl"), read };
}

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const real = gunzipSync(readFileSync("test/data/journey/records.jsonl.gz")).toString();
const realPath = file("real.jsonl", real);
/** One replay of the real tables, for the tests that only look at it. */
const first = run([realPath]);
const lines = (text: string) => text.split("\n").filter((line) => line !== "");
const recordAt = (ts: string | number, features: object, swimlane = "prod") =>
  JSON.stringify({ ts, swimlane, features });

test("a replay of real tables counts every record, finds the damage, and writes the same bytes on every run", async () => {
  const { summary, verdicts, incidents } = await first;
  expect(summary.outcomes.ok).toBe(73_650);
  expect(summary.lanes.map((lane) => [lane.swimlane, lane.recordCount]).sort()).toEqual([
    ["carloan_50", 11_075],
    ["nycflights_EWR", expect.any(Number)],
    ["nycflights_JFK", expect.any(Number)],
  ]);
  expect(summary.incidents.length).toBeGreaterThan(5);
  for (const line of lines(verdicts).slice(0, 50)) {
    expect(JSON.parse(line)).toMatchObject({
      window_start: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z$/),
      window_end: expect.any(String),
      swimlane: expect.any(String),
      source: "default",
      feature: expect.any(String),
      detector: expect.any(String),
      answer: expect.stringMatching(/^(ok|anomalous|insufficient)$/),
      severity: expect.stringMatching(/^(page|warn|info)$/),
    });
  }
  const second = await run([realPath]);
  expect(second.verdicts).toBe(verdicts);
  expect(second.incidents).toBe(incidents);
});

test("the same records in several files, read side by side, make the same windows, verdicts and incidents", async () => {
  const all = lines(real);
  const parts = [0, 1, 2].map((part) =>
    file(`part-${part}.jsonl`, `${all.filter((_, i) => i % 3 === part).join("\n")}\n`),
  );
  const together = await first;
  const apart = await run(parts);
  expect(await windowsOf(apart.outFolder)).toEqual(await windowsOf(together.outFolder));
  expect(idsOf(apart.incidents)).toEqual(idsOf(together.incidents));
});

test("bad records are counted by reason, kept with their place, and stop nothing", async () => {
  const good = Array.from({ length: 500 }, (_, i) =>
    recordAt(Date.UTC(2026, 0, 1) + i * 60_000, { x: i % 7 }),
  );
  const bad = [
    "{broken",
    JSON.stringify({ swimlane: "prod", features: { x: 1 } }),
    JSON.stringify({ ts: 1, features: { x: 1 } }),
    recordAt("2026-01-01T00:00:00Z", { x: "y".repeat(1_100_000) }),
    `{"ts":"2026-01-01T00:00:00Z","swimlane":"prod","features":${'{"x":'.repeat(100)}1${"}".repeat(100)}}`,
    '{"ts":"2026-01-01T00:00:00Z","swimlane":"prod","features":{"__proto__":1}}',
    '{"ts":"2026-01-01T00:00:00Z","swimlane":"prod","features":{"x":NaN}}',
    recordAt("2026-01-01T00:00:00Z", { x: 1e308 }),
    recordAt("2099-01-01T00:00:00Z", { x: 1 }),
  ];
  const mixed = [...good.slice(0, 100), ...bad, ...good.slice(100)];
  const path = file("bad.jsonl", mixed.join("\r\n"));
  const { summary, read } = await run([path]);
  expect(summary.outcomes).toMatchObject({
    ok: 500,
    undecodable: 1,
    no_time: 1,
    no_swimlane: 1,
    too_large: 1,
    too_complex: 1,
    forbidden_key: 1,
    number_range: 2,
    future: 1,
  });
  const letters = lines(read("dead-letters.jsonl")).map(
    (line) => JSON.parse(line) as Record<string, unknown>,
  );
  expect(letters.map((letter) => letter["offset"])).toEqual(bad.map((_, i) => 100 + i));
  expect(letters[0]).toMatchObject({ topic: path, partition: 0, reason: "undecodable", value: "{broken" });
  expect(letters[8]).toMatchObject({ reason: "future", detail: expect.stringContaining("2099") });
});

test("its store accounts for every record, and says of each segment how many of its rows are kept", async () => {
  const { outFolder, summary } = await first;
  const [segments] = await query(
    outFolder,
    "SELECT sum(records_ok)::INT AS ok, sum(end_offset - start_offset)::INT AS offsets, sum(row_count)::INT AS rows FROM segments",
  );
  const [profiles] = await query(outFolder, "SELECT sum(profile_count)::INT AS rows FROM segment_windows");
  expect(segments).toEqual({ ok: summary.outcomes.ok, offsets: 73_650, rows: profiles!["rows"] });
  expect(profiles!["rows"]).toBeGreaterThan(0);
});

test("a record that comes hours late is counted in its own window", async () => {
  const at = (minute: number) => recordAt(Date.UTC(2026, 0, 1, 0, minute), { x: minute });
  const minutes = Array.from({ length: 600 }, (_, i) => i);
  const late = [...minutes.slice(0, 400).map(at), at(30), at(31), ...minutes.slice(400).map(at)];
  const { outFolder } = await run([file("late.jsonl", late.join("\n"))]);
  expect((await windowsOf(outFolder)).slice(0, 2).map((window) => window.records)).toEqual([62, 60]);
});

test("CSV rows go the same way: numbers, text, empty cells, the whole row as features", async () => {
  const rows = Array.from(
    { length: 120 },
    (_, i) =>
      `2026-01-01 ${String(Math.floor(i / 60)).padStart(2, "0")}:${String(i % 60).padStart(2, "0")}:00,prod,${i},${i % 2 === 0 ? "FR" : ""}`,
  );
  const yaml = `${CONFIG}\nmapping: { time: /when, swimlane: /lane, features: "" }`;
  const { summary, outFolder } = await run(
    [file("rows.csv", `when,lane,amount,country\n${rows.join("\n")}\n`)],
    yaml,
  );
  expect(summary.outcomes.ok).toBe(120);
  const [country] = await query(
    outFolder,
    "SELECT null_count, string_count FROM profiles WHERE feature = 'country' ORDER BY window_start LIMIT 1",
  );
  expect(country).toEqual({ null_count: 30n, string_count: 30n });
});

test("a lane that fell silent is filled with windows of no records", async () => {
  const records = [
    ...Array.from({ length: 120 }, (_, i) => recordAt(Date.UTC(2026, 0, 1, 0, i), { x: 1 }, "quiet")),
    ...Array.from({ length: 600 }, (_, i) => recordAt(Date.UTC(2026, 0, 1, 0, i), { x: 1 }, "steady")),
  ].sort((a, b) => (JSON.parse(a) as { ts: number }).ts - (JSON.parse(b) as { ts: number }).ts);
  const { outFolder } = await run([file("silent.jsonl", records.join("\n"))]);
  const quiet = (await windowsOf(outFolder)).filter((window) => window.swimlane === "quiet");
  expect(quiet.map((window) => window.records)).toEqual([60, 60, 0, 0, 0, 0, 0, 0, 0]);
});

// Five minutes of a record a second; the last of 300 is missing, and then half of a window.
test("a window that the input ends in is not judged, and is named; one that is all but whole is judged", async () => {
  const CONFIG_1M = "lanes: { defaults: { window: 1m, allowedLateness: 1s, lateMax: 9999d } }";
  const seconds = (name: string, count: number) =>
    file(
      name,
      Array.from({ length: count }, (_, i) => recordAt(T0_MS + i * 1_000, { price: i % 7 })).join("\n"),
    );
  const whole = await run([seconds("whole.jsonl", 300)], CONFIG_1M);
  expect([whole.summary.windowCount, whole.summary.unjudged]).toEqual([5, []]);
  const half = await run([seconds("half.jsonl", 270)], CONFIG_1M);
  expect(half.summary.windowCount).toBe(4);
  expect(half.summary.unjudged).toEqual([
    {
      swimlane: "prod",
      source: "default",
      windowStartMs: T0_MS + 240_000,
      windowSizeMs: 60_000,
      recordCount: 30,
    },
  ]);
  expect(replayTable(half.summary, "out", 1)).toContain(
    "not judged: prod / default, 30 records from 2026-03-02T14:04Z on: the input ends before the window does (2026-03-02T14:05Z)",
  );
});

test("an empty file and one that no record can be read from are told apart from success", async () => {
  expect((await run([file("empty.jsonl", "")])).summary).toMatchObject({ windowCount: 0, verdictCount: 0 });
  expect((await run([file("other.jsonl", '{"a":1}\n{"a":2}\n')])).summary.outcomes).toMatchObject({
    ok: 0,
    no_time: 2,
  });
});

test("a file that is not there is named, and nothing is written about it", async () => {
  await expect(run([join(folder, "nowhere.jsonl")])).rejects.toThrow(/cannot read .*nowhere\.jsonl/);
});

async function query(outFolder: string, sql: string) {
  const instance = await DuckDBInstance.create(join(outFolder, "store.duckdb"), { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRowObjects();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

async function windowsOf(outFolder: string) {
  const sql =
    "SELECT swimlane, window_start::VARCHAR AS start, record_count::INT AS records, revision::INT AS revision, profile_count::INT AS profiles FROM windows ORDER BY swimlane, window_start";
  return (await query(outFolder, sql)) as {
    swimlane: string;
    start: string;
    records: number;
    revision: number;
    profiles: number;
  }[];
}

function idsOf(incidents: string): string[] {
  return lines(incidents).map((line) => (JSON.parse(line) as { id: string }).id);
}
