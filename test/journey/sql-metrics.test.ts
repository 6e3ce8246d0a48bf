import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { replay } from "../../src/app/replay.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";

vi.setConfig({ testTimeout: 120_000 });
const folder = mkdtempSync(join(tmpdir(), "lanewatch-sql-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const START_MS = Date.parse("2026-10-01T00:00:00Z");
const WINDOWS = 300;
const FAULT_FROM = 280;
const NULLS = "SELECT sum(null_count) * 1.0 / sum(record_count) FROM this_lane WHERE feature IN ('a', 'b')";
const CONFIG = `
lanes: { defaults: { window: 1m, allowedLateness: 1s, lateMax: 9999d, futureMax: 1d, coarser: [] } }
detectors: { disable: [null-rate, share, schema] }
metrics:
  nulls-of-both: { sql: "${NULLS}" }
  broken: { sql: "SELECT no_such_column FROM this_lane" }
`;

/** 40 records a window; a handful of a and b are null by turns, from FAULT_FROM on half of both. */
const lines: string[] = [];
for (let window = 0; window < WINDOWS; window++)
  for (let i = 0; i < 40; i++) {
    const nulls = window >= FAULT_FROM ? 20 : 1 + ((window * 7) % 3);
    const value = i < nulls ? null : i % 7;
    const ts = new Date(START_MS + window * 60_000 + i * 1_200).toISOString();
    lines.push(JSON.stringify({ ts, swimlane: "prod", features: { a: value, b: value } }));
  }
writeFileSync(join(folder, "records.jsonl"), `${lines.join("\n")}\n`);

function lanewatch(...words: string[]) {
  const config = join(folder, "lanewatch.yaml");
  writeFileSync(config, CONFIG);
  const flags = ["--config", config, "--store", join(folder, "out", "store.duckdb")];
  return spawnSync(process.execPath, ["bin/lanewatch.mjs", ...words, ...flags], { encoding: "utf8" });
}

test("a fault in a number defined in SQL opens an incident that names it; a broken one stops nothing", async () => {
  const outFolder = join(folder, "out");
  const telemetry = new Telemetry({ level: "silent" });
  await replay({
    config: parseConfig(CONFIG, {}),
    paths: [join(folder, "records.jsonl")],
    outFolder,
    detectors: BUILT_IN_DETECTORS,
    clock: systemClock,
    telemetry,
    asOfMs: Date.parse("2026-10-02T00:00:00Z"),
  });
  const rows = (file: string) =>
    readFileSync(join(outFolder, file), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  const verdicts = rows("verdicts.jsonl");
  const anomalous = verdicts.filter((v) => v.feature === "nulls-of-both" && v.answer === "anomalous");
  expect(anomalous.length).toBeGreaterThan(0);
  // One window alone could be a spike: at a page a month, after 280 windows, the second tells.
  expect(Date.parse(anomalous[0].window_start)).toBe(START_MS + (FAULT_FROM + 1) * 60_000);
  expect(JSON.stringify(rows("incidents.jsonl"))).toContain("nulls-of-both");
  const broken = verdicts.filter((v) => v.feature === "broken");
  // The last window has not ended by the newest record.
  expect(broken).toHaveLength(WINDOWS - 1);
  expect(broken.every((v) => v.detector === "sql" && v.answer === "insufficient")).toBe(true);
  expect(broken[0].summary).toContain("no_such_column");
  expect(lanewatch("explain", broken[0].verdict).stdout).toContain(
    "lanewatch metric test broken --swimlane prod",
  );
  const asked = lanewatch("metric", "test", "nulls-of-both", "--limit", "2");
  expect([asked.status, asked.stdout]).toEqual([
    0,
    expect.stringMatching(/prod +default +0\.5 .*\n2 of 2 windows measured/),
  ]);
  expect(lanewatch("metric", "test", "broken", "--limit", "1")).toMatchObject({
    status: 1,
    stdout: expect.stringContaining("no_such_column"),
  });
  expect(await telemetry.registry.metrics()).toMatch(
    /metric_windows_total\{metric="broken",outcome="error"\} 299/,
  );
});
