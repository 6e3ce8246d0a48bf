/**
 * `npm run bench:volume -- --input DIR --alerts FILE [--budget 0.25] [--direct]`: a harness's counts through `replay`;
 * with `--direct` through the auditor alone, which answers the same twelve times as fast.
 *
 * Reads DIR/series.csv and DIR/lanes.csv, sets the page budget and nothing else, and writes
 * timestamp,swimlane,severity,kind, one row for every window that raised an alert.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { auditSeries } from "./volume/audit-series.ts";
import { readSeries } from "./volume/read-series.ts";
import { replaySeries } from "./volume/replay-series.ts";

const { values } = parseArgs({
  options: {
    input: { type: "string" },
    alerts: { type: "string" },
    budget: { type: "string", default: "0.25" },
    direct: { type: "boolean", default: false },
  },
});
if (!values.input || !values.alerts || !(Number(values.budget) > 0)) {
  console.error(
    "usage: npm run bench:volume -- --input DIR --alerts FILE [--budget PAGES_A_WEEK] [--direct]",
  );
  process.exit(64);
}

const pageBudgetPerWeek = Number(values.budget);
const alerts: string[] = [];
let windowCount = 0;
for (const lane of readSeries(values.input)) {
  const timestamps = new Map(lane.rows.map((row) => [row.startMs, row.timestamp]));
  const note = (startMs: number, verdict: { answer: string; severity: string }) => {
    windowCount++;
    if (verdict.answer !== "anomalous") return;
    const timestamp = timestamps.get(startMs) ?? new Date(startMs).toISOString().slice(0, 19);
    alerts.push(`${timestamp},${lane.name},${verdict.severity},volume_drop`);
  };
  const run = { as: "counts", pageBudgetPerWeek } as const;
  if (values.direct) auditSeries(lane, run, note);
  else await replaySeries(lane, run, note);
}
writeFileSync(values.alerts, `timestamp,swimlane,severity,kind\n${alerts.join("\n")}\n`);
console.log(
  `${alerts.length} alerting windows of ${windowCount}, at a budget of ${values.budget} false pages a lane-week`,
);
