/** The figures of a run: as a table for people, as JSON for whoever checks. */
import { cpus, totalmem } from "node:os";
import type { Conductor } from "./conductor.ts";
import type { Outcome, Stage } from "./run.ts";

interface ChaosRun {
  readonly minutes: number;
  readonly seed: number;
  readonly brokerCount: number;
  readonly conductor: Conductor;
  readonly stage: Stage;
  readonly outcome: Outcome;
}

export type ChaosFigures = ReturnType<typeof chaosFigures>;

/** No loss seen in n kills: with 95 % confidence a kill loses records in less than 3 of n cases (the rule of three). */
function lossPerKillMax(kills: number): number {
  return kills === 0 ? 1 : Math.min(1, Number((3 / kills).toPrecision(2)));
}

export function chaosFigures({ minutes, seed, brokerCount, conductor, stage, outcome }: ChaosRun) {
  const { comparison, pages, drops, stops } = outcome;
  const { done } = conductor;
  const clean = comparison.lost + comparison.doubled === 0;
  return {
    kills: done.kills,
    records_lost: comparison.lost,
    records_doubled: comparison.doubled,
    false_pages: pages.falsePages.length,
    drops_injected: drops.length,
    drops_paged: pages.dropsPaged,
    loss_per_kill_max_95: clean ? lossPerKillMax(done.kills) : null,
    records: outcome.recordCount,
    windows_compared: comparison.windowsCompared,
    windows_missing: comparison.windowsMissing,
    windows_unjudged: comparison.windowsUnjudged,
    profiles_compared: comparison.profilesCompared,
    profiles_differing: comparison.profilesDiffering,
    segments: comparison.segmentCount,
    segments_on_the_path: comparison.pathSegmentCount,
    pauses: done.pauses,
    connection_cuts: done.cuts,
    engine_restarts: done.restarts,
    exits_by_itself: stage.endings.length,
    monitor_alerts: pages.monitorAlerts,
    misrouted_alerts: pages.misrouted,
    false_warnings: pages.falseWarnings,
    false_page_names: pages.falsePages,
    settle_seconds: Math.round(outcome.settleMs / 1_000),
    stop_seconds_max: Math.max(...stops.map(({ ms }) => ms)) / 1_000,
    rss_mb_max: Object.fromEntries(
      stage.members.map(({ name, rssBytesMax }) => [name, Math.round(rssBytesMax / 1_048_576)]),
    ),
    minutes,
    brokers: brokerCount,
    seed,
    ...machine(),
  };
}

export function machine() {
  return {
    machine: `${cpus().length} cores, ${Math.round(totalmem() / 1_073_741_824)} GB`,
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
}

export function chaosTable(figures: ChaosFigures): string {
  const { kafka, questdb, redis } = figures.engine_restarts;
  const rows: readonly (readonly [string, string | number])[] = [
    ["kills (SIGKILL)", figures.kills],
    ["pauses (SIGSTOP, SIGCONT)", figures.pauses],
    ["connections cut, stalled or reset", figures.connection_cuts],
    ["restarts of Kafka, QuestDB, Redis", `${kafka}, ${questdb}, ${redis}`],
    ["exits by itself", figures.exits_by_itself],
    ["records in the log", figures.records.toLocaleString("en")],
    ["segments, of them on the path", `${figures.segments}, ${figures.segments_on_the_path}`],
    ["windows compared, profiles compared", `${figures.windows_compared}, ${figures.profiles_compared}`],
    ["records lost", figures.records_lost],
    ["records doubled", figures.records_doubled],
    ["windows missing, not judged", `${figures.windows_missing}, ${figures.windows_unjudged}`],
    ["profiles differing", figures.profiles_differing],
    ["false pages", figures.false_pages],
    ["real drops injected, paged", `${figures.drops_injected}, ${figures.drops_paged}`],
    ["loss in a kill, 95 % upper bound", figures.loss_per_kill_max_95 ?? "records were lost or doubled"],
    ["settled after the last fault, s", figures.settle_seconds],
    ["longest stop by SIGTERM, s", figures.stop_seconds_max],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const pages = figures.false_page_names.map((name) => `  false page: ${name}`);
  return [
    `${figures.minutes} minutes of faults, ${figures.brokers} broker(s), seed ${figures.seed}`,
    "",
    ...lines,
    ...pages,
  ].join("\n");
}
