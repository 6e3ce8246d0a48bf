/**
 * `npm run bench:blind [-- --json FILE --only NAME,…]`: incidents that hurt real models, written before any detector
 * was read, on a made-up serving log: found by which detector, and after how many windows?
 *
 * One lane per size learns four healthy weeks of hourly windows without a pinned reference. Each incident then begins
 * from that same memory and lasts a day, at several shares of the rows. All built-in detectors, the defaults, a page
 * budget of 0.25 a week. The same day without an incident is judged too: what speaks there is false.
 */
import { parseArgs } from "node:util";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { LaneAuditor } from "../../src/audit/lane-auditor.ts";
import type { LaneMemory } from "../../src/audit/lane-memory.ts";
import { decodeMemory, encodeMemory } from "../../src/audit/memory-codec.ts";
import { hashText, seededRandom } from "../../src/base/random.ts";
import type { VerdictRow } from "../../src/store/contract.ts";
import { alertsOf } from "../drift/alerts.ts";
import { WindowFolder } from "../drift/fold-windows.ts";
import { writeResult } from "../result.ts";
import { INCIDENTS, type Incident } from "./incidents.ts";
import { type Row, rowsOfWindow } from "./serving-log.ts";

const HOUR_MS = 3_600_000;
const LEARNING_HOURS = 28 * 24;
const INCIDENT_HOURS = 24;
const SIZES = [60, 600];
const SHARES = [1, 0.2, 0.05];
const SEED = 20_26;

const { values } = parseArgs({
  options: { json: { type: "string" }, only: { type: "string", default: "" } },
});

interface Outcome {
  readonly incident: string;
  readonly recordsPerWindow: number;
  readonly share: number;
  /** Windows from the incident's first to the first alert on what changed; undefined where none came in the day. */
  readonly delayWindows: number | undefined;
  /** What the first alert said. */
  readonly detectors: readonly string[];
  readonly summary: string;
}

const chosen = INCIDENTS.filter(({ name }) => values.only === "" || values.only.split(",").includes(name));
const outcomes: Outcome[] = [];
const falseAlerts: Record<string, number> = {};
for (const recordsPerWindow of SIZES) {
  const learned = learn(recordsPerWindow);
  const day = Array.from({ length: INCIDENT_HOURS }, (_, i) =>
    rowsOfWindow(SEED, LEARNING_HOURS + i, recordsPerWindow),
  );
  falseAlerts[recordsPerWindow] = judge(learned, day).length;
  for (const incident of chosen)
    for (const share of SHARES) outcomes.push(outcomeOf(incident, share, recordsPerWindow, learned, day));
}
print();
writeResult(values.json, "blind", { falseAlerts, outcomes });

function learn(recordsPerWindow: number): string {
  const auditor = auditorOf();
  const folder = new WindowFolder("serving", HOUR_MS);
  for (let hour = 0; hour < LEARNING_HOURS; hour++)
    for (const window of fold(folder, hour, rowsOfWindow(SEED, hour, recordsPerWindow)))
      auditor.audit(window);
  for (const window of folder.end()) auditor.audit(window);
  return encodeMemory(auditor.memory());
}

/** Alerts of a day that follows the four healthy weeks. */
function judge(learned: string, day: readonly (readonly Row[])[]): VerdictRow[] {
  const auditor = auditorOf(decodeMemory<LaneMemory>(learned));
  const folder = new WindowFolder("serving", HOUR_MS);
  const windows = day.flatMap((rows, i) => fold(folder, LEARNING_HOURS + i, rows));
  return [...windows, ...folder.end()].flatMap((window) => alertsOf(auditor.audit(window)));
}

function outcomeOf(
  incident: Incident,
  share: number,
  recordsPerWindow: number,
  learned: string,
  day: readonly (readonly Row[])[],
): Outcome {
  const random = seededRandom(hashText(`${incident.name}|${share}|${recordsPerWindow}`));
  const hurt = day.map((rows, i) => {
    const yesterday = rowsOfWindow(SEED, LEARNING_HOURS + i - 24, recordsPerWindow);
    return incident.apply(rows, { random, share, yesterday });
  });
  const alerts = judge(learned, hurt).filter(({ feature }) => isOf(incident, feature));
  const first = Math.min(...alerts.map(({ windowStartMs }) => windowStartMs));
  const said = alerts.filter(({ windowStartMs }) => windowStartMs === first);
  return {
    incident: incident.name,
    recordsPerWindow,
    share,
    delayWindows: said.length === 0 ? undefined : first / HOUR_MS - LEARNING_HOURS,
    detectors: [...new Set(said.map(({ detector }) => detector))].sort(),
    summary: said[0]?.summary ?? "",
  };
}

/** An alert counts when it names what changed, or the records as a whole where rows came or went. */
function isOf(incident: Incident, feature: string): boolean {
  return incident.features.includes(feature) || (incident.movesRows === true && feature === "*");
}

function fold(folder: WindowFolder, hour: number, rows: readonly Row[]) {
  return rows.flatMap((features) => folder.add({ tsMs: hour * HOUR_MS, swimlane: "serving", features }));
}

function auditorOf(memory?: LaneMemory): LaneAuditor {
  const options = {
    swimlane: "serving",
    source: "",
    windowSizeMs: HOUR_MS,
    detectors: BUILT_IN_DETECTORS,
    detectorOptions: {},
    pageBudgetPerWeek: 0.25,
    timeZone: "UTC",
    knownEvents: [],
  };
  return new LaneAuditor(options, memory);
}

function print(): void {
  const columns = SIZES.flatMap((size) => SHARES.map((share) => ({ size, share })));
  const head = columns.map(({ size, share }) => `${size} × ${share * 100} %`.padStart(11));
  process.stdout.write(`${"incident".padEnd(22)}${head.join("")}  by (whole, larger size)\n`);
  for (const { name, invisible } of chosen) {
    const cells = columns.map(({ size, share }) => {
      const { delayWindows } = find(name, size, share);
      return (delayWindows === undefined ? "–" : String(delayWindows)).padStart(11);
    });
    const { detectors } = find(name, SIZES.at(-1)!, 1);
    process.stdout.write(
      `${name.padEnd(22)}${cells.join("")}  ${detectors.join(", ") || (invisible ?? "")}\n`,
    );
  }
  process.stdout.write(
    "\nHours from the incident's first window to the first alert on what changed; – none in a day.\n",
  );
  for (const { size, share } of columns) {
    const found = chosen.filter(({ name }) => find(name, size, share).delayWindows !== undefined).length;
    process.stdout.write(
      `${size} records a window, ${share * 100} % of the rows: ${found} of ${chosen.length} found\n`,
    );
  }
  process.stdout.write(`alerts on the same day without an incident: ${JSON.stringify(falseAlerts)}\n`);
}

function find(incident: string, size: number, share: number): Outcome {
  return outcomes.find(
    (each) => each.incident === incident && each.recordsPerWindow === size && each.share === share,
  )!;
}
