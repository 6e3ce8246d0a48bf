/**
 * Our side, as a process of its own: the whole of `replay` on one file, verdicts and store included; with a third word
 * "unjudged" without detectors and larger windows, which is what DuckDB's query answers, and the store besides.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
// Loaded here, as on DuckDB's side, so that what loading takes is in neither clock.
import "@duckdb/node-api";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { replay } from "../../src/app/replay.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";

const [path, count, what] = process.argv.slice(2);
const isJudged = what !== "unjudged";
const coarser = isJudged ? "" : ", coarser: []";
const config = parseConfig(
  `lanes: { defaults: { window: 1m, allowedLateness: 1s, lateMax: 9999d, futureMax: 9999d${coarser} } }`,
  {},
);
const outFolder = mkdtempSync(join(tmpdir(), "lanewatch-bench-"));
const startCpu = process.cpuUsage();
const startMs = performance.now();
const summary = await replay({
  config,
  paths: [path!],
  outFolder,
  detectors: isJudged ? BUILT_IN_DETECTORS : [],
  clock: systemClock,
  telemetry: new Telemetry({ level: "warn" }),
});
const { user, system } = process.cpuUsage(startCpu);
const wallMs = performance.now() - startMs;
rmSync(outFolder, { recursive: true });
if (summary.outcomes.ok !== Number(count)) throw new Error(`${summary.outcomes.ok} of ${count} counted`);
console.log(JSON.stringify({ cpuUs: user + system, wallMs, groups: summary.windowCount }));
