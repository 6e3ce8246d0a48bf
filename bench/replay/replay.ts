/**
 * bench:replay: `replay` of a JSONL file beside DuckDB, which answers approximate quantiles and distinct counts by lane
 * and minute on the same file; alternating in one run, by CPU time of the process over all its threads.
 *
 *   npm run bench:replay -- [--records 1000000] [--rounds 5] [--step-ms 1] [--json FILE]
 *
 * The records are those of bench:ingest. A larger step between them makes more and smaller windows, so that judging
 * weighs more; DuckDB's query judges nothing, so a third side replays without detectors. All sides run as plain JavaScript,
 * as installed; all clocks start once the modules are loaded and before a database is open.
 */
import { createWriteStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { exitOnSignals } from "../children.ts";
import { compiled } from "../compiled.ts";
import { makeRecords } from "../ingest/records.ts";
import { alternate, conditions, type Run, ratiosOf, run, summary, table } from "../rounds.ts";

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

interface ReplayRun extends Run {
  readonly groups: number;
}

const folder = mkdtempSync(join(tmpdir(), "lanewatch-bench-"));
// Hundreds of megabytes, also when the bench is broken off.
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
exitOnSignals();
const path = join(folder, "records.jsonl");
await pipeline(Readable.from(lines()), createWriteStream(path));
const own = await compiled("bench/replay/own.ts");
const duckDb = await compiled("bench/replay/duckdb.ts");
const runs = await alternate(rounds, count, {
  replay: () => run<ReplayRun>([own, path, String(count)]),
  unjudged: () => run<ReplayRun>([own, path, String(count), "unjudged"]),
  DuckDB: () => run<ReplayRun>([duckDb, path, String(count)]),
});
report(runs, statSync(path).size / count);

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

function report(
  { replay, unjudged, DuckDB }: Readonly<Record<"replay" | "unjudged" | "DuckDB", readonly ReplayRun[]>>,
  recordBytes: number,
): void {
  const ratios = ratiosOf(replay, DuckDB);
  const ratiosUnjudged = ratiosOf(unjudged, DuckDB);
  const windows = replay[0]!.groups;
  const figures = {
    ratio_to_duckdb: ratios.median,
    ratios: ratios.all,
    ratio_to_duckdb_unjudged: ratiosUnjudged.median,
    ratios_unjudged: ratiosUnjudged.all,
    replay: summary(replay, count),
    replay_unjudged: summary(unjudged, count),
    duckdb: summary(DuckDB, count),
    records: count,
    step_ms: Number(values["step-ms"]),
    record_bytes: Math.round(recordBytes),
    windows,
    ...conditions(),
  };
  const sides = {
    "replay: counts, sketches, verdicts, store": figures.replay,
    "replay without verdicts": figures.replay_unjudged,
    "DuckDB: approx. quantiles and distinct counts": figures.duckdb,
  };
  console.log(
    `${count.toLocaleString("en")} records of ten features in ${windows} windows of a lane and minute, ` +
      `${rounds} rounds, alternating; medians\n\n${table(sides)}\n\n` +
      `ratio by CPU time: ${figures.ratio_to_duckdb} (above 1 = replay costs less), ` +
      `without verdicts ${figures.ratio_to_duckdb_unjudged}`,
  );
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
}
