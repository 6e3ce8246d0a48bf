/**
 * `npm run bench:nab -- --input DIR --scores FILE [--direct]`: the Numenta corpus as metric records through `replay`
 * (with `--direct` through the auditor alone), in one run with nothing chosen by file. Writes timestamp,swimlane,score; score = 1 − 10^(−significance), so that 0.999 is a
 * surprise that the lane's own past saw once in 1,000 windows.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { auditSeries } from "./volume/audit-series.ts";
import { readSeries } from "./volume/read-series.ts";
import { replaySeries } from "./volume/replay-series.ts";

const { values } = parseArgs({
  options: {
    input: { type: "string" },
    scores: { type: "string" },
    direct: { type: "boolean", default: false },
  },
});
if (!values.input || !values.scores) {
  console.error("usage: npm run bench:nab -- --input DIR --scores FILE [--direct]");
  process.exit(64);
}

const scores: string[] = [];
for (const lane of readSeries(values.input)) {
  const byWindow = new Map<number, number>();
  const note = (startMs: number, { significance }: { significance: number | null }) =>
    byWindow.set(startMs, 1 - 10 ** -(significance ?? 0));
  const run = { as: "values", pageBudgetPerWeek: 0.25 } as const;
  if (values.direct) auditSeries(lane, run, note);
  else await replaySeries(lane, run, note);
  for (const row of lane.rows) {
    const score = byWindow.get(Math.floor(row.startMs / lane.windowSizeMs) * lane.windowSizeMs) ?? 0;
    scores.push(`${row.timestamp},${lane.name},${score}`);
  }
}
writeFileSync(values.scores, `timestamp,swimlane,score\n${scores.join("\n")}\n`);
console.log(`${scores.length} scores`);
