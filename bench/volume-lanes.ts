/**
 * Does the page budget hold on lanes that nobody tuned for, and is it used?
 *
 * `npm run bench:volume-lanes -- [--budgets 0.25,0.1] [--replicas 6] [--seed 1]`: made-up lanes of many kinds
 * (bench/volume/lane-kinds.ts), half of them without a fault and half with drops; prints pages a lane-week, the
 * share of lanes above twice the budget, recall of outages and of strong partial drops, kind by kind.
 */
import { parseArgs } from "node:util";
import { volume } from "../detectors/volume/volume.ts";
import { hashText, seededRandom } from "../src/base/random.ts";
import { type Drop, delayOf, falsePages, injectDrops } from "./volume/lane-faults.ts";
import { type LaneKind, laneKinds } from "./volume/lane-kinds.ts";

const START_MS = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

export interface Tally {
  clean: { pages: number; weeks: number };
  faulty: { pages: number; weeks: number };
  lanes: number;
  lanesOver: number;
  outages: number;
  outagesFound: number;
  delays: number[];
  strong: number;
  strongFound: number;
}

export function emptyTally(): Tally {
  return {
    clean: { pages: 0, weeks: 0 },
    faulty: { pages: 0, weeks: 0 },
    lanes: 0,
    lanesOver: 0,
    outages: 0,
    outagesFound: 0,
    delays: [],
    strong: 0,
    strongFound: 0,
  };
}

export function runKind(kind: LaneKind, budget: number, replicas: number, seed: number): Tally {
  const tally = emptyTally();
  for (let replica = 0; replica < replicas; replica++) {
    const random = seededRandom(hashText(`${kind.name}|${seed}|${replica}`));
    const windowsPerDay = Math.round(DAY_MS / kind.windowSizeMs);
    const clean = kind.build(random, kind.weeks * 7 * windowsPerDay, windowsPerDay);
    const warmup = windowsPerDay === 1 ? 84 : 28 * windowsPerDay;
    const { counts, drops } =
      replica % 2 === 0 ? { counts: clean, drops: [] } : injectDrops(random, clean, windowsPerDay, warmup);
    const alerts = alertsOf(counts, kind.windowSizeMs, budget).filter((at) => at >= warmup);
    count(tally, alerts, drops, kind.weeks - warmup / windowsPerDay / 7, budget);
  }
  return tally;
}

export function alertsOf(counts: Float64Array, windowSizeMs: number, pageBudgetPerWeek: number): number[] {
  const context = {
    swimlane: "lane",
    source: "*",
    feature: "*",
    windowSizeMs,
    timeZone: "UTC",
    pageBudgetPerWeek,
    familySize: 1,
    knownEvents: [],
  };
  let memory = volume.start(context, volume.defaults);
  const alerts: number[] = [];
  counts.forEach((value, at) => {
    const startMs = START_MS + at * windowSizeMs;
    const step = volume.step(
      { startMs, endMs: startMs + windowSizeMs, value },
      memory,
      context,
      volume.defaults,
    );
    memory = step.memory;
    if (step.verdict.answer === "anomalous") alerts.push(at);
  });
  return alerts;
}

function count(tally: Tally, alerts: number[], drops: readonly Drop[], weeks: number, budget: number): void {
  const pages = falsePages(alerts, drops);
  const part = drops.length === 0 ? tally.clean : tally.faulty;
  part.pages += pages;
  part.weeks += weeks;
  tally.lanes++;
  if (pages / weeks > 2 * budget) tally.lanesOver++;
  for (const drop of drops) {
    const delay = delayOf(drop, alerts);
    if (drop.depth === 1) {
      tally.outages++;
      if (delay !== undefined) tally.outagesFound++;
      tally.delays.push(delay ?? Number.POSITIVE_INFINITY);
    } else if (drop.snr >= 10) {
      tally.strong++;
      if (delay !== undefined) tally.strongFound++;
    }
  }
}

export function add(total: Tally, tally: Tally): void {
  for (const part of ["clean", "faulty"] as const) {
    total[part].pages += tally[part].pages;
    total[part].weeks += tally[part].weeks;
  }
  for (const name of ["lanes", "lanesOver", "outages", "outagesFound", "strong", "strongFound"] as const)
    total[name] += tally[name];
  total.delays.push(...tally.delays);
}

export function row(name: string, tally: Tally): string {
  const rate = (part: { pages: number; weeks: number }) =>
    (part.pages / Math.max(1e-9, part.weeks)).toFixed(3);
  const share = (found: number, all: number) => (all === 0 ? "   - " : (found / all).toFixed(3));
  const delay = tally.delays.sort((a, b) => a - b)[Math.floor(0.9 * (tally.delays.length - 1))] ?? Number.NaN;
  return [
    name.padEnd(20),
    rate(tally.clean),
    rate(tally.faulty),
    `${tally.lanesOver}/${tally.lanes}`.padStart(6),
    `${share(tally.outagesFound, tally.outages)} (${tally.outages})`.padEnd(12),
    delay,
    `${share(tally.strongFound, tally.strong)} (${tally.strong})`,
  ].join(" | ");
}

function main(): void {
  const { values } = parseArgs({
    options: {
      budgets: { type: "string", default: "0.25,0.1" },
      replicas: { type: "string", default: "6" },
      seed: { type: "string", default: "1" },
    },
  });
  for (const budget of values.budgets.split(",").map(Number)) {
    console.log(
      `\nbudget ${budget} a lane-week\nkind                 | clean | faulty | over 2B | outages | p90 delay | partial snr>=10`,
    );
    const total = emptyTally();
    for (const kind of laneKinds) {
      const tally = runKind(kind, budget, Number(values.replicas), Number(values.seed));
      console.log(row(kind.name, tally));
      add(total, tally);
    }
    console.log(row("all", total));
  }
}

if (process.argv[1]?.endsWith("volume-lanes.ts")) main();
