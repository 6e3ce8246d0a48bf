/**
 * `npm run bench:drift:speed [-- --json FILE --python FILE]`: feature-windows that one core audits in a second, all distribution
 * detectors, with the references cached, and the bytes that an auditor remembers of one feature.
 *
 * By CPU time of this process; neighbours on the same cores still cost it caches, so compare within one run. Beside it,
 * where a Python with SciPy is at hand (`--python FILE`), `ks_2samp` alone on the raw rows of a window.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { LaneAuditor } from "../../src/audit/lane-auditor.ts";
import { encodeMemory } from "../../src/audit/memory-codec.ts";
import type { CompleteWindow } from "../../src/rollup/complete-window.ts";
import { writeResult } from "../result.ts";
import { DRIFT_DETECTORS } from "./detectors.ts";
import { WindowFolder } from "./fold-windows.ts";
import { madeLanes } from "./made/lanes.ts";

const WARM_UP_WINDOWS = 300;
const { values } = parseArgs({ options: { json: { type: "string" }, python: { type: "string" } } });

const lanes = ["fixed_50", "fixed_200", "season_150"].map(measure);
writeResult(values.json, "drift-speed", { detectors: DRIFT_DETECTORS.length, lanes });

function measure(name: string) {
  const lane = madeLanes(1).find((each) => each.name === name)!;
  const folder = new WindowFolder(lane.name, lane.windowSizeMs);
  const windows: CompleteWindow[] = [];
  for (let index = 0; index < lane.windowCount; index++) {
    const tsMs = index * lane.windowSizeMs;
    windows.push(...lane.rows(index).flatMap((features) => folder.add({ tsMs, swimlane: name, features })));
  }
  const options = {
    swimlane: name,
    source: "",
    windowSizeMs: lane.windowSizeMs,
    detectors: DRIFT_DETECTORS,
    detectorOptions: {},
    pageBudgetPerWeek: 0.25,
    timeZone: "UTC",
    knownEvents: [],
  };
  // A service judges for days: what the engine spends on compiling the code in its first seconds is left out.
  const compiling = new LaneAuditor(options);
  for (const window of windows) compiling.audit(window);
  const auditor = new LaneAuditor(options);
  for (const window of windows.slice(0, WARM_UP_WINDOWS)) auditor.audit(window);
  const before = process.cpuUsage();
  let judged = 0;
  for (const window of windows.slice(WARM_UP_WINDOWS)) {
    auditor.audit(window);
    judged += window.profiles.length;
  }
  const { user, system } = process.cpuUsage(before);
  const perCpuSecond = Math.round((judged * 1e6) / (user + system));
  const rows = Math.round(windows.at(-1)!.window.recordCount);
  const scipyPerCpuSecond = values.python === undefined ? undefined : scipyRate(values.python, rows);
  const featureCount = Object.keys(auditor.memory().features).length;
  const encodedKiB = Math.round(encodeMemory(auditor.memory()).length / featureCount / 1024);
  const beside =
    scipyPerCpuSecond === undefined ? "" : `; scipy ks_2samp alone: ${scipyPerCpuSecond} on raw rows`;
  process.stdout.write(
    `${name}: ${perCpuSecond} feature-windows a CPU second; ${encodedKiB} KiB encoded a feature${beside}\n`,
  );
  return {
    lane: name,
    perCpuSecond,
    encodedKiB,
    ...(scipyPerCpuSecond === undefined ? {} : { scipyPerCpuSecond }),
  };
}

/** Windows of `rows` rows against 14,400 of the reference, which is sorted once by nobody: SciPy sorts it every time. */
function scipyRate(python: string, rows: number): number {
  const program = `
import time, numpy as np
from scipy.stats import ks_2samp
r = np.random.default_rng(1); ref = r.normal(size=14400); w = [r.normal(size=${rows}) for _ in range(300)]
ks_2samp(w[0], ref, method="asymp"); t = time.process_time()
for x in w: ks_2samp(x, ref, method="asymp")
print(300 / (time.process_time() - t))`;
  const { stdout, status, stderr } = spawnSync(python, ["-c", program], { encoding: "utf8" });
  if (status !== 0) throw new Error(`SciPy could not be run by ${python}: ${stderr}`);
  return Math.round(Number(stdout));
}
