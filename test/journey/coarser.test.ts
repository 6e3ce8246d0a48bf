import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, expect, test, vi } from "vitest";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { replay } from "../../src/app/replay.ts";
import { systemClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { Telemetry } from "../../src/base/telemetry.ts";

vi.setConfig({ testTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), "lanewatch-coarser-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 5, 1);
const DAYS = 34;
const SHIFTED_FROM_DAY = 30;
const RECORDS_PER_HOUR = 30;

interface Line {
  readonly window_start: string;
  readonly window_end: string;
  readonly feature: string;
  readonly detector: string;
  readonly answer: string;
  readonly severity: string;
  readonly summary: string;
}

/** A lane of 30 records an hour whose `score` moves by a third of a standard deviation from day 30 on. */
function records(): string[] {
  const random = seededRandom(3);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: DAYS * 24 * RECORDS_PER_HOUR }, (_, i) => {
    const ms = START_MS + Math.floor((i * HOUR_MS) / RECORDS_PER_HOUR);
    const shift = ms >= START_MS + SHIFTED_FROM_DAY * 24 * HOUR_MS ? 0.33 : 0;
    return recordAt(ms, Number((normal() + shift).toFixed(4)));
  });
}

function recordAt(ms: number, score: number): string {
  return JSON.stringify({
    ts: new Date(ms).toISOString(),
    swimlane: "prod",
    source: "web",
    features: { score },
  });
}

async function run(name: string, lines: readonly string[], yaml: string) {
  const [path, outFolder] = [join(folder, `${name}.jsonl`), join(folder, name)];
  writeFileSync(path, `${lines.join("\n")}\n`);
  const summary = await replay({
    config: parseConfig(yaml, {}),
    paths: [path],
    outFolder,
    detectors: BUILT_IN_DETECTORS,
    clock: systemClock,
    telemetry: new Telemetry({ level: "error" }),
    asOfMs: START_MS + 400 * 24 * HOUR_MS,
  });
  const verdicts = readFileSync(join(outFolder, "verdicts.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
  return { summary, verdicts, outFolder };
}

async function rowsOf(outFolder: string, sql: string): Promise<readonly (readonly unknown[])[]> {
  const database = await DuckDBInstance.create(join(outFolder, "store.duckdb"), { access_mode: "READ_ONLY" });
  const connection = await database.connect();
  const rows = (await connection.runAndReadAll(sql)).getRows();
  connection.closeSync();
  database.closeSync();
  return rows;
}

const hoursOf = ({ window_start, window_end }: Line) =>
  (Date.parse(window_end) - Date.parse(window_start)) / HOUR_MS;
const CONFIG = "lanes: { defaults: { window: 1h, lateMax: 999d } }";
const alerts = (lines: readonly Line[]) =>
  lines.filter(
    ({ answer, severity, feature }) => answer === "anomalous" && severity !== "info" && feature === "score",
  );

// Four days late, a record of day 31 comes at the end: its day was merged and judged by then.
test("a shift too small for any hour is seen on the day, which holds what its hours hold, late data included", async () => {
  const lateMs = START_MS + 31 * 24 * HOUR_MS + 90_000;
  const { summary, verdicts, outFolder } = await run("days", [...records(), recordAt(lateMs, 0.5)], CONFIG);
  expect(summary.outcomes.ok).toBe(DAYS * 24 * RECORDS_PER_HOUR + 1);
  const found = alerts(verdicts);
  expect(found.filter((line) => hoursOf(line) === 1)).toEqual([]);
  const days = found.filter((line) => hoursOf(line) === 24).map((line) => line.window_start.slice(0, 10));
  expect(days[0]).toBe("2026-07-01");
  const sums = `SELECT a.window_start::VARCHAR, a.record_count::INT, sum(b.record_count)::INT, a.revision::INT
    FROM windows a JOIN windows b ON b.window_size_ms = ${HOUR_MS}
      AND b.window_start >= a.window_start AND b.window_start < a.window_start + INTERVAL 1 DAY
    WHERE a.window_size_ms = ${24 * HOUR_MS} GROUP BY ALL ORDER BY 1`;
  const merged = await rowsOf(outFolder, sums);
  expect(merged.length).toBe(DAYS);
  for (const [, ofDay, ofHours] of merged) expect(ofDay).toBe(ofHours);
  expect(merged.filter(([, , , revision]) => revision !== 1).map(([start, count]) => [start, count])).toEqual(
    [[expect.stringContaining("2026-07-02"), 24 * RECORDS_PER_HOUR + 1]],
  );
});

test("minutes that hold a handful of records leave drift to hours and days, and say so", async () => {
  const lines = records().filter((_, i) => i < 15 * 24 * RECORDS_PER_HOUR);
  const { verdicts } = await run("minutes", lines, CONFIG.replace("1h", "10m"));
  const left = verdicts.filter(({ summary }) => summary.includes("left to windows of"));
  expect(left.length).toBeGreaterThan(1_000);
  expect(left.every((line) => line.answer === "insufficient" && hoursOf(line) < 1)).toBe(true);
  expect(new Set(left.map(({ detector }) => detector))).toContain("ks");
  const judged = verdicts.filter(
    (line) => hoursOf(line) === 1 && line.detector === "ks" && line.answer === "ok",
  );
  expect(judged.length).toBeGreaterThan(24);
  expect(alerts(verdicts)).toEqual([]);
});

test("an empty list of larger sizes judges windows at their own size only", async () => {
  const lines = records().slice(0, 3 * 24 * RECORDS_PER_HOUR);
  const { outFolder } = await run("none", lines, CONFIG.replace("window: 1h", "window: 1h, coarser: []"));
  const sizes = await rowsOf(outFolder, "SELECT DISTINCT window_size_ms::INT FROM windows");
  expect(sizes).toEqual([[HOUR_MS]]);
});
