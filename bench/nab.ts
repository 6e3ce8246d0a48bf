/**
 * `npm run bench:nab -- --input DIR --scores FILE`: the metric detector over the Numenta corpus, in one run with
 * nothing chosen by file. Writes timestamp,swimlane,score; score = 1 − 10^(−surprise), so that 0.999 is a surprise
 * that the lane's own past saw once in 1,000 windows.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { metric } from "../detectors/metric/metric.ts";
import { readSeries } from "./volume/read-series.ts";
import { runDetector } from "./volume/run-detector.ts";

const { values } = parseArgs({ options: { input: { type: "string" }, scores: { type: "string" } } });
if (!values.input || !values.scores) {
  console.error("usage: npm run bench:nab -- --input DIR --scores FILE");
  process.exit(64);
}

const PAGE_BUDGET_PER_WEEK = 0.25;
const scores: string[] = [];
for (const lane of readSeries(values.input)) {
  runDetector(metric, lane, lane.rows, PAGE_BUDGET_PER_WEEK, (row, { verdict }) => {
    scores.push(`${row.timestamp},${lane.name},${1 - 10 ** -verdict.significance}`);
  });
}
writeFileSync(values.scores, `timestamp,swimlane,score\n${scores.join("\n")}\n`);
console.log(`${scores.length} scores`);
