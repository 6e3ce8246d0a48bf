/**
 * bench:replay: `replay` of a JSONL file beside DuckDB, which answers approximate quantiles and distinct counts by lane
 * and minute on the same file; alternating in one run, by CPU time of the process over all its threads.
 *
 *   npm run bench:replay -- [--records 1000000] [--rounds 5] [--step-ms 1] [--json FILE]
 *
 * The records are those of bench:ingest. A larger step between them makes more and smaller windows, so that judging
 * weighs more; DuckDB's query judges nothing.
 */
import { spawnSync } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { makeRecords } from "../ingest/records.ts";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "1000000" },
    rounds: { type: "string", default: "5" },
    "step-ms": { type: "string", default: "1" },
    json: { type: "string" },
  },
});
const count = Number(values.records);
const rounds = Number(values.rounds);

interface Run {
  readonly cpuUs: number;
  readonly wallMs: number;
  readonly groups: number;
}

const folder = mkdtempSync(join(tmpdir(), "lanewatch-bench-"));
try {
  const path = join(folder, "records.jsonl");
  await pipeline(Readable.from(lines()), createWriteStream(path));
  const own: Run[] = [];
  const duckdb: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    own.push(run("bench/replay/own.ts", path));
    duckdb.push(run("bench/replay/duckdb.ts", path));
    console.error(
      `round ${round + 1} of ${rounds}: replay ${perRecord(own.at(-1)!)} µs, DuckDB ${perRecord(duckdb.at(-1)!)} µs a record`,
    );
  }
  report(own, duckdb, statSync(path).size / count);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function* lines(): Generator<string> {
  let block = "";
  for (const { text } of makeRecords(count, 0, Date.UTC(2026, 0, 1), Number(values["step-ms"]))) {
    block += `${text}\n`;
    if (block.length < 1_048_576) continue;
    yield block;
    block = "";
  }
  yield block;
}

function run(script: string, path: string): Run {
  const words = ["--import", "tsx", script, path, String(count)];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Run;
}

function report(own: readonly Run[], duckdb: readonly Run[], recordBytes: number): void {
  const ratios = own.map((one, i) => duckdb[i]!.cpuUs / one.cpuUs);
  const figures = {
    ratio_to_duckdb: round(median(ratios)),
    ratios: ratios.map(round),
    replay: summary(own),
    duckdb: summary(duckdb),
    records: count,
    step_ms: Number(values["step-ms"]),
    record_bytes: Math.round(recordBytes),
    windows: own[0]!.groups,
    machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`,
    load: round(loadavg()[0]!),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
  console.log(
    [
      `${count.toLocaleString("en")} records of ten features in ${own[0]!.groups} windows of a lane and minute, ${rounds} rounds, alternating; medians`,
      "",
      "                                              CPU µs/record   records/s a core",
      row("replay: counts, sketches, verdicts, store", figures.replay),
      row("DuckDB: approx. quantiles and distinct counts", figures.duckdb),
      "",
      `ratio by CPU time: ${figures.ratio_to_duckdb} (above 1 = replay costs less)`,
    ].join("\n"),
  );
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
}

function row(name: string, side: ReturnType<typeof summary>): string {
  return `${name.padEnd(45)} ${side.cpu_us_per_record.toFixed(2).padStart(13)}   ${String(side.records_per_s_a_core).padStart(16)}`;
}

function summary(runs: readonly Run[]) {
  const cpuUs = median(runs.map((one) => one.cpuUs / count));
  return { cpu_us_per_record: round(cpuUs), records_per_s_a_core: Math.round(1e6 / cpuUs) };
}

function perRecord(one: Run): string {
  return (one.cpuUs / count).toFixed(2);
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
