/**
 * `npm run bench:drift:made [-- --seed N]`: the same auditor on lanes that the public tables have not.
 *
 * Each lane runs twice: healthy (every alert is false), and with a fault of one to three windows every few windows
 * (recall by kind). Printed: false alerts per 1,000 feature-windows, and the share of faults found.
 */
import { parseArgs } from "node:util";
import { LaneAuditor } from "../../../src/audit/lane-auditor.ts";
import { seededRandom } from "../../../src/base/random.ts";
import type { VerdictRow } from "../../../src/store/contract.ts";
import { alertsOf } from "../alerts.ts";
import { DRIFT_DETECTORS } from "../detectors.ts";
import { WindowFolder } from "../fold-windows.ts";
import { FAULTS } from "./faults.ts";
import { type MadeLane, madeLanes, type Row } from "./lanes.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    lanes: { type: "string", default: "" },
    show: { type: "boolean", default: false },
    unpinned: { type: "boolean", default: false },
  },
});

for (const lane of madeLanes(Number(values.seed))) {
  if (values.lanes !== "" && !values.lanes.split(",").includes(lane.name)) continue;
  report(lane, Number(values.seed));
}

function report(lane: MadeLane, seed: number): void {
  const healthy = run(lane, (_, rows) => rows);
  const clean = healthy.alerts.filter(
    (row) => row.windowStartMs >= lane.referenceWindows * lane.windowSizeMs,
  );
  const rate =
    (1000 * new Set(clean.map((row) => `${row.windowStartMs}|${row.feature}`)).size) / healthy.featureWindows;
  const pages = (1000 * clean.filter(({ severity }) => severity === "page").length) / healthy.featureWindows;
  const events = planFaults(lane, seed);
  const damaged = run(lane, (index, rows) => damage(rows, index, events, seed));
  const missed = events.filter((event) => !isFound(event, lane, damaged.alerts));
  const recall = 1 - missed.length / events.length;
  process.stdout.write(
    `${lane.name.padEnd(14)} false alerts ${rate.toFixed(2)} (pages ${pages.toFixed(2)}) per 1,000; ` +
      `found ${recall.toFixed(3)} of ${events.length}; ${Math.round(healthy.perSecond)} feature-windows/s\n`,
  );
  process.stdout.write(
    `  missed: ${tally(missed.map(({ fault }) => `${fault.kind} (${fault.features.join(", ")})`))}\n`,
  );
  process.stdout.write(`  slow drift said at window: ${firstSaid(healthy.slow, lane)}\n`);
  process.stdout.write(`  false: ${tally(clean.map((row) => `${row.feature}:${row.detector}`))}\n`);
  if (values.show)
    for (const row of clean)
      process.stdout.write(
        `    ${row.windowStartMs / lane.windowSizeMs} ${row.feature} ${row.detector} ${row.significance.toFixed(1)} ${row.summary}\n`,
      );
}

interface Event {
  readonly from: number;
  readonly until: number;
  readonly fault: (typeof FAULTS)[number];
}

/** Every fault in turn, one to three windows long, a few healthy windows between. */
function planFaults(lane: MadeLane, seed: number): Event[] {
  const random = seededRandom(seed * 31 + lane.name.length);
  const events: Event[] = [];
  let turn = 0;
  for (let from = lane.referenceWindows + 3; from < lane.windowCount - 4; turn++) {
    const until = from + 1 + Math.floor(3 * random());
    events.push({ from, until, fault: FAULTS[turn % FAULTS.length]! });
    from = until + 4 + Math.floor(4 * random());
  }
  return events;
}

function damage(rows: Row[], index: number, events: readonly Event[], seed: number): Row[] {
  const event = events.find(({ from, until }) => index >= from && index < until);
  if (event === undefined) return rows;
  const random = seededRandom(seed * 77 + index);
  for (const row of rows) if (random() < event.fault.share) event.fault.change(row, random);
  return rows;
}

function isFound({ from, until, fault }: Event, lane: MadeLane, alerts: readonly VerdictRow[]): boolean {
  return alerts.some((row) => {
    const index = row.windowStartMs / lane.windowSizeMs;
    return index >= from && index < until && fault.features.includes(row.feature);
  });
}

/** By feature, when slow drift against the pinned reference was first said, and how far it had come. */
function firstSaid(rows: readonly VerdictRow[], lane: MadeLane): string {
  const first = new Map<string, string>();
  for (const row of rows) {
    const said = `${row.windowStartMs / lane.windowSizeMs} (${row.feature} ${row.effect.toFixed(2)})`;
    if (!first.has(row.feature)) first.set(row.feature, said);
  }
  return first.size === 0 ? "never" : [...first.values()].join(", ");
}

interface Run {
  readonly alerts: VerdictRow[];
  /** Slow drift, said once a day and not alerted. */
  readonly slow: VerdictRow[];
  readonly featureWindows: number;
  readonly perSecond: number;
}

function run(lane: MadeLane, change: (index: number, rows: Row[]) => Row[]): Run {
  const folder = new WindowFolder(lane.name, lane.windowSizeMs);
  const auditor = new LaneAuditor({
    swimlane: lane.name,
    source: "",
    windowSizeMs: lane.windowSizeMs,
    detectors: DRIFT_DETECTORS,
    detectorOptions: {},
    pageBudgetPerWeek: 0.25,
    timeZone: "UTC",
    knownEvents: [],
    ...(values.unpinned ? {} : { referenceUntilMs: lane.referenceWindows * lane.windowSizeMs }),
  });
  const alerts: VerdictRow[] = [];
  const slow: VerdictRow[] = [];
  let judged = 0;
  let audited = 0;
  let spentMs = 0;
  for (let index = 0; index < lane.windowCount; index++) {
    const rows = change(index, lane.rows(index));
    const tsMs = index * lane.windowSizeMs;
    const windows = rows.flatMap((features) => folder.add({ tsMs, swimlane: lane.name, features }));
    for (const window of windows) {
      const before = cpuMs();
      const rows = auditor.audit(window);
      spentMs += cpuMs() - before;
      alerts.push(...alertsOf(rows));
      slow.push(...rows.filter((row) => row.detector === "slow-drift" && row.answer === "anomalous"));
      audited += window.profiles.length;
      if (index > lane.referenceWindows) judged += window.profiles.length;
    }
  }
  return { alerts, slow, featureWindows: judged, perSecond: (1000 * audited) / spentMs };
}

function tally(labels: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  return sorted.length === 0 ? "none" : sorted.map(([label, count]) => `${label} ×${count}`).join(", ");
}

/** CPU time of this process: a busy machine must not look like a slow auditor. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
