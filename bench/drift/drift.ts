/**
 * `npm run bench:drift -- --input DIR --alerts FILE [--budget B]`: a harness's records through `replay`.
 *
 * One configuration for all lanes: the lane table says only how long a window is and until when the records are
 * known to be clean (the pinned reference). Nothing is chosen by lane, feature or data set.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isoSeconds, replayVerdicts } from "../replay-verdicts.ts";
import { readLaneTable } from "./lane-table.ts";

const { values } = parseArgs({
  options: {
    input: { type: "string" },
    alerts: { type: "string" },
    budget: { type: "string", default: "0.25" },
  },
});
if (values.input === undefined || values.alerts === undefined || !(Number(values.budget) > 0)) {
  process.stderr.write("usage: npm run bench:drift -- --input DIR --alerts FILE [--budget PAGES_A_WEEK]\n");
  process.exit(64);
}

const lanes = readLaneTable(join(values.input, "lanes.csv"));
const sizes = new Map(lanes.map((lane) => [lane.swimlane, lane.windowSizeMs]));
const rules = lanes.map((lane) => ({
  match: lane.swimlane,
  window: `${lane.windowSizeMs}ms`,
  referenceUntil: new Date(lane.referenceUntilMs).toISOString(),
}));
const defaults = {
  window: "1h",
  allowedLateness: "1ms",
  lateMax: "36500d",
  futureMax: "36500d",
  pageBudget: Number(values.budget),
};
const config = {
  lanes: { defaults, rules },
  detectors: { disable: ["volume", "freshness"] },
  logLevel: "warn",
};

const alerts: string[] = [];
let verdictCount = 0;
await replayVerdicts(JSON.stringify(config), join(values.input, "records.jsonl"), (verdict) => {
  verdictCount++;
  // The harness knows windows of the lane's own size only: an hour's or a day's verdict has no row in its table.
  if (Date.parse(verdict.window_end) - Date.parse(verdict.window_start) !== sizes.get(verdict.swimlane))
    return;
  if (verdict.answer !== "anomalous" || verdict.severity === "info") return;
  alerts.push(
    [
      isoSeconds(verdict.window_start),
      verdict.swimlane,
      verdict.feature,
      verdict.detector,
      verdict.severity,
    ].join(","),
  );
});
writeFileSync(
  values.alerts,
  `ts,swimlane,feature,kind,severity\n${alerts.map((line) => `${line}\n`).join("")}`,
);
console.log(
  `${alerts.length} alerts among ${verdictCount} verdicts, at a budget of ${values.budget} false pages a lane-week`,
);
