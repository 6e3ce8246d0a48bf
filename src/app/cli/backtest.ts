/** `lanewatch backtest`: what the configured rules would have said, before anyone is paged by them. */
import { dirname, resolve } from "node:path";
import { compilePattern } from "../../assign/lane.ts";
import { systemClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { References } from "../audit/references.ts";
import { auditorOptionsOf } from "../auditor-options.ts";
import { type BacktestOptions, backtest } from "../backtest/backtest.ts";
import { DEFAULT_FAULTS, type Fault, parseFaults } from "../backtest/faults.ts";
import { loadConfig } from "../config/load.ts";
import { loadDetectors } from "../detectors.ts";
import { compareWithOf, incidentOptionsOf } from "../lane-settings.ts";
import { backtestJson, backtestTable } from "./backtest-table.ts";
import { EXIT } from "./exit.ts";
import { progressBar } from "./progress.ts";
import { openHistory, sinceOf } from "./stored-history.ts";

interface Flags {
  readonly config: string;
  readonly store?: string;
  readonly swimlane: string;
  readonly since?: string;
  readonly until?: string;
  readonly budget?: string;
  readonly faults?: string;
  readonly trials: string;
  readonly horizon: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

type Asked = Pick<BacktestOptions, "budgets" | "faults" | "trials" | "horizonWindows" | "untilMs">;

const TRIALS_MAX = 1_000;
const HORIZON_MAX = 10_000;

export async function backtestCommand(flags: Flags): Promise<number> {
  const asked = readFlags(flags);
  if (typeof asked === "string") {
    process.stderr.write(`lanewatch: ${asked}\n`);
    return EXIT.usage;
  }
  const config = await loadConfig(flags.config, process.env);
  const detectors = await loadDetectors(config, dirname(resolve(flags.config)));
  const telemetry = new Telemetry({ level: "warn" });
  const store = await openHistory(config, flags.store, telemetry);
  const bar = progressBar(process.stderr, flags.quiet !== true);
  try {
    const lastMs = Math.max(...(await store.readLanes()).map(({ lastWindowMs }) => lastWindowMs));
    const pattern = compilePattern(flags.swimlane);
    const results = await backtest({
      ...asked,
      store,
      references: new References({
        store,
        clock: systemClock,
        telemetry,
        compareWith: compareWithOf(config),
        onThePast: true,
      }),
      auditorOptions: auditorOptionsOf(config, detectors),
      incidents: incidentOptionsOf(config),
      isWanted: (swimlane) => pattern.test(swimlane),
      sinceMs: sinceOf(flags.since, Math.min(asked.untilMs, lastMs)),
      onProgress: (text) => bar.show(undefined, text),
    });
    bar.end();
    if (results.length === 0) {
      process.stderr.write(
        `lanewatch: the store has no windows of swimlane "${flags.swimlane}" in that span\n`,
      );
      return EXIT.failed;
    }
    process.stdout.write(
      flags.json ? `${JSON.stringify(results.map(backtestJson), null, 2)}\n` : backtestTable(results),
    );
    return EXIT.ok;
  } finally {
    bar.end();
    await store.close();
  }
}

/** @returns what is wrong with them, when something is. */
function readFlags(flags: Flags): Asked | string {
  const untilMs = flags.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(flags.until);
  if (Number.isNaN(untilMs))
    return `--until "${flags.until}" is not a time; write one such as 2026-11-23T09:00:00Z`;
  if (Number.isNaN(sinceOf(flags.since, 0)))
    return `--since "${flags.since}" is neither a time such as 2026-11-23T09:00:00Z nor a length such as 8w`;
  const budgets = (flags.budget ?? "")
    .split(",")
    .filter((each) => each !== "")
    .map(Number);
  if (budgets.some((budget) => !(budget > 0 && budget <= 10_000)))
    return `--budget "${flags.budget}": false pages a lane-week are numbers above 0, such as 0.1,0.25,1`;
  const faults = faultsOf(flags.faults);
  if (typeof faults === "string") return `--faults: ${faults}`;
  const [trials, horizonWindows] = [Number(flags.trials), Number(flags.horizon)];
  if (!isWhole(trials, TRIALS_MAX)) return `--trials takes a whole number from 1 to ${TRIALS_MAX}`;
  if (!isWhole(horizonWindows, HORIZON_MAX)) return `--horizon takes a whole number from 1 to ${HORIZON_MAX}`;
  return { budgets, faults, trials, horizonWindows, untilMs };
}

function faultsOf(text: string | undefined): readonly Fault[] | string {
  if (text === undefined) return DEFAULT_FAULTS;
  return text.trim() === "none" ? [] : parseFaults(text);
}

function isWhole(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}
