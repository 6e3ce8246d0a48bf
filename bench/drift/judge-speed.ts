/**
 * `npm run bench:drift:speed`: feature-windows that one core audits in a second, all distribution detectors, with
 * the references cached, and the bytes that an auditor remembers of one feature.
 */
import { LaneAuditor } from "../../src/audit/lane-auditor.ts";
import { encodeMemory } from "../../src/audit/memory-codec.ts";
import type { CompleteWindow } from "../../src/rollup/complete-window.ts";
import { DRIFT_DETECTORS } from "./detectors.ts";
import { WindowFolder } from "./fold-windows.ts";
import { madeLanes } from "./made/lanes.ts";

const WARM_UP_WINDOWS = 300;

for (const name of ["fixed_50", "fixed_200", "season_150"]) {
  const lane = madeLanes(1).find((each) => each.name === name)!;
  const folder = new WindowFolder(lane.name, lane.windowSizeMs);
  const windows: CompleteWindow[] = [];
  for (let index = 0; index < lane.windowCount; index++) {
    const tsMs = index * lane.windowSizeMs;
    windows.push(...lane.rows(index).flatMap((features) => folder.add({ tsMs, swimlane: name, features })));
  }
  const auditor = new LaneAuditor({
    swimlane: name,
    source: "",
    windowSizeMs: lane.windowSizeMs,
    detectors: DRIFT_DETECTORS,
    detectorOptions: {},
    pageBudgetPerWeek: 0.25,
    timeZone: "UTC",
    knownEvents: [],
  });
  for (const window of windows.slice(0, WARM_UP_WINDOWS)) auditor.audit(window);
  const before = process.cpuUsage();
  let judged = 0;
  for (const window of windows.slice(WARM_UP_WINDOWS)) {
    auditor.audit(window);
    judged += window.profiles.length;
  }
  const { user, system } = process.cpuUsage(before);
  const rate = Math.round((judged * 1e6) / (user + system));
  const featureCount = Object.keys(auditor.memory().features).length;
  const bytes = Math.round(encodeMemory(auditor.memory()).length / featureCount / 1024);
  process.stdout.write(`${name}: ${rate} feature-windows a CPU second; ${bytes} KiB encoded a feature\n`);
}
