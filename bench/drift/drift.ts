/**
 * `npm run bench:drift -- --input DIR --alerts FILE [--budget B]`: a harness's records through the auditor.
 *
 * One configuration for all lanes: the lane table says only how long a window is and until when the records are
 * known to be clean (the pinned reference). Nothing is chosen by lane, feature or data set.
 */
import { parseArgs } from "node:util";
import { LaneAuditor } from "../../src/audit/lane-auditor.ts";
import type { VerdictRow } from "../../src/store/contract.ts";
import { alertsOf, writeAlerts } from "./alerts-file.ts";
import { DRIFT_DETECTORS } from "./detectors.ts";
import { readRecords, WindowFolder } from "./fold-windows.ts";
import { type BenchLane, readLaneTable } from "./lane-table.ts";

const DEFAULT_BUDGET = "0.25";

const { values } = parseArgs({
  options: {
    input: { type: "string" },
    alerts: { type: "string" },
    budget: { type: "string", default: DEFAULT_BUDGET },
  },
});
if (values.input === undefined || values.alerts === undefined) {
  process.stderr.write("usage: bench:drift --input DIR --alerts FILE [--budget PAGES_PER_WEEK]\n");
  process.exit(64);
}
await run(values.input, values.alerts, Number(values.budget));

async function run(input: string, alertsPath: string, pageBudgetPerWeek: number): Promise<void> {
  const tables = readLaneTable(`${input}/lanes.csv`);
  const lanes = new Map(tables.map((lane) => [lane.swimlane, laneOf(lane, pageBudgetPerWeek)]));
  const alerts: VerdictRow[] = [];
  let auditMs = 0;
  let judged = 0;
  const audit = (lane: Lane, windows: ReturnType<WindowFolder["end"]>): void => {
    for (const window of windows) {
      const before = cpuMs();
      const rows = lane.auditor.audit(window);
      auditMs += cpuMs() - before;
      judged += window.profiles.length;
      alerts.push(...alertsOf(rows));
    }
  };
  for await (const record of readRecords(`${input}/records.jsonl`)) {
    const lane = lanes.get(record.swimlane);
    if (lane !== undefined) audit(lane, lane.folder.add(record));
  }
  for (const lane of lanes.values()) audit(lane, lane.folder.end());
  writeAlerts(alertsPath, alerts);
  const rate = Math.round((judged / auditMs) * 1000);
  process.stdout.write(`${alerts.length} alerts; ${judged} feature-windows judged, ${rate} a second\n`);
}

interface Lane {
  readonly auditor: LaneAuditor;
  readonly folder: WindowFolder;
}

function laneOf(lane: BenchLane, pageBudgetPerWeek: number): Lane {
  const auditor = new LaneAuditor({
    swimlane: lane.swimlane,
    source: "",
    windowSizeMs: lane.windowSizeMs,
    detectors: DRIFT_DETECTORS,
    detectorOptions: {},
    pageBudgetPerWeek,
    timeZone: "UTC",
    knownEvents: [],
    referenceUntilMs: lane.referenceUntilMs,
  });
  return { auditor, folder: new WindowFolder(lane.swimlane, lane.windowSizeMs) };
}

/** CPU time of this process: a busy machine must not look like a slow auditor. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
