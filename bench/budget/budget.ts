/**
 * `npm run bench:budget -- [--budgets 0.1,0.25,1,5] [--replicas 3] [--seed 1] [--groups TEXT] [--json FILE]`: is the
 * page budget kept, and used? Lanes without a fault, real and made up, through the auditor that the service runs, with
 * all detectors. `--groups counts` keeps the groups with that in their name.
 *
 * A page is a lane's verdict of severity "page"; those less than four windows apart are one, whatever detector they
 * come from. Nothing counts while a lane is learning (four weeks; drift lanes: their reference).
 */
import { parseArgs } from "node:util";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { LaneAuditor } from "../../src/audit/lane-auditor.ts";
import { writeResult } from "../result.ts";
import { type CleanLane, cleanLanes } from "./lanes.ts";

const WEEK_MS = 7 * 86_400_000;
/** Alerting windows nearer than this to one another are one page. */
const PAGE_WINDOWS = 4;

interface Tally {
  lanes: number;
  weeks: number;
  pages: number;
  /** Lanes that page more than twice as often as the budget allows. */
  lanesOver: number;
  readonly byDetector: Record<string, number>;
}

const { values } = parseArgs({
  options: {
    budgets: { type: "string", default: "0.1,0.25,1,5" },
    replicas: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    groups: { type: "string", default: "" },
    json: { type: "string" },
  },
});

const results: object[] = [];
for (const budget of values.budgets.split(",").map(Number)) {
  const tallies = judgeAll(budget);
  print(budget, tallies);
  const figures = [...tallies].map(([group, tally]) => [group, figuresOf(tally, budget)]);
  results.push({ budget, ...Object.fromEntries(figures) });
  // Written after every budget, so that one that breaks loses nothing of those before it.
  writeResult(values.json, "budget", {
    seed: Number(values.seed),
    replicas: Number(values.replicas),
    results,
  });
}

function judgeAll(budget: number): Map<string, Tally> {
  const tallies = new Map<string, Tally>();
  const lanes = cleanLanes(Number(values.seed), Number(values.replicas));
  for (const lane of lanes.filter(({ group }) => group.includes(values.groups))) {
    const { pages, byDetector } = pagesOf(lane, budget);
    const weeks = ((lane.windowCount - lane.learningWindows) * lane.windowSizeMs) / WEEK_MS;
    for (const group of [lane.group, "all"]) {
      const tally = tallies.get(group) ?? { lanes: 0, weeks: 0, pages: 0, lanesOver: 0, byDetector: {} };
      tallies.set(group, tally);
      tally.lanes++;
      tally.weeks += weeks;
      tally.pages += pages;
      if (pages / weeks > 2 * budget) tally.lanesOver++;
      for (const [name, count] of byDetector) tally.byDetector[name] = (tally.byDetector[name] ?? 0) + count;
    }
  }
  return tallies;
}

/** Pages of the lane, and by the detector that began each. */
function pagesOf(lane: CleanLane, budget: number): { pages: number; byDetector: Map<string, number> } {
  const auditor = new LaneAuditor({
    swimlane: lane.name,
    source: "bench",
    windowSizeMs: lane.windowSizeMs,
    detectors: BUILT_IN_DETECTORS,
    detectorOptions: {},
    pageBudgetPerWeek: budget,
    timeZone: "UTC",
    knownEvents: [],
    metrics: lane.metrics,
  });
  const byDetector = new Map<string, number>();
  let pages = 0;
  let last = Number.NEGATIVE_INFINITY;
  let at = 0;
  for (const complete of lane.windows()) {
    const alert = auditor
      .audit(complete)
      .find((row) => row.answer === "anomalous" && row.severity === "page");
    const { windowStartMs } = complete.window;
    const disturbed = lane.disturbed.some(
      ([fromMs, untilMs]) => windowStartMs >= fromMs && windowStartMs < untilMs,
    );
    if (alert !== undefined && at >= lane.learningWindows && !disturbed) {
      if (at - last >= PAGE_WINDOWS) {
        pages++;
        byDetector.set(alert.detector, (byDetector.get(alert.detector) ?? 0) + 1);
      }
      last = at;
    }
    at++;
  }
  return { pages, byDetector };
}

function figuresOf({ lanes, weeks, pages, lanesOver, byDetector }: Tally, budget: number): object {
  const rate = pages / weeks;
  return {
    lanes,
    lane_weeks: Math.round(weeks),
    pages,
    pages_per_lane_week: rounded(rate),
    share_of_budget: rounded(rate / budget),
    lanes_above_twice: lanesOver,
    by_detector: byDetector,
  };
}

function print(budget: number, tallies: ReadonlyMap<string, Tally>): void {
  console.log(`\nbudget ${budget} false pages a lane-week`);
  console.log(
    "| lanes                    | lane-weeks | pages | a lane-week | of the budget | lanes above twice | by |",
  );
  console.log("| --- | --- | --- | --- | --- | --- | --- |");
  for (const [group, tally] of tallies) {
    const rate = tally.pages / tally.weeks;
    const by = Object.entries(tally.byDetector)
      .sort((a, b) => b[1] - a[1])
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
    console.log(
      `| ${group.padEnd(24)} | ${Math.round(tally.weeks)} | ${tally.pages} | ${rate.toFixed(3)} | ${(rate / budget).toFixed(2)} | ${tally.lanesOver} of ${tally.lanes} | ${by} |`,
    );
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
