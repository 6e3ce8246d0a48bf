/**
 * `npm run bench:volume -- --input DIR --alerts FILE [--budget 0.25]`: the volume detector over a harness's counts.
 *
 * Reads DIR/series.csv and DIR/lanes.csv, sets the page budget and nothing else, and writes
 * timestamp,swimlane,severity,kind, one row for every window that raised an alert.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { volume } from "../detectors/volume/volume.ts";
import { readSeries, withSilentWindows } from "./volume/read-series.ts";
import { runDetector } from "./volume/run-detector.ts";

const { values } = parseArgs({
  options: {
    input: { type: "string" },
    alerts: { type: "string" },
    budget: { type: "string", default: "0.25" },
  },
});
if (!values.input || !values.alerts || !(Number(values.budget) > 0)) {
  console.error("usage: npm run bench:volume -- --input DIR --alerts FILE [--budget PAGES_A_WEEK]");
  process.exit(64);
}

const alerts: string[] = [];
let windowCount = 0;
for (const lane of readSeries(values.input)) {
  const rows = withSilentWindows(lane);
  windowCount += rows.length;
  runDetector(volume, lane, rows, Number(values.budget), (row, { verdict }) => {
    if (verdict.answer === "anomalous")
      alerts.push(`${row.timestamp},${lane.name},${verdict.severity},volume_drop`);
  });
}
writeFileSync(values.alerts, `timestamp,swimlane,severity,kind\n${alerts.join("\n")}\n`);
console.log(
  `${alerts.length} alerting windows of ${windowCount}, at a budget of ${values.budget} false pages a lane-week`,
);
