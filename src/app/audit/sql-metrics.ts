/**
 * Metrics that are defined in SQL, for the windows that are about to be judged: each is measured, kept as a row of its
 * own beside the window's profiles, and judged like a metric that a pipeline sent. One that cannot be measured says so
 * in a verdict (`insufficient`: no page, no pass for the gate) and stops neither the others nor the window.
 *
 * What is stored for a window's newest revision is not measured again: after a restart the same windows have the same
 * numbers, whatever the line reads beside them. Late data makes a new revision, and a new number.
 */
import { compilePattern } from "../../assign/lane.ts";
import { verdictRow } from "../../audit/verdict/verdict-row.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import {
  countMeasured,
  evaluate,
  type Measured,
  type MetricContext,
  measure,
  type SqlMetric,
} from "../../metric/evaluate.ts";
import { readsAllLanes } from "../../metric/sql-text.ts";
import type { CompleteWindow } from "../../rollup/complete-window.ts";
import type { LaneName } from "../../rollup/lane-progress.ts";
import { ProfileArena } from "../../sketch/arena.ts";
import type { ProfileRow, Store, VerdictRow } from "../../store/contract.ts";
import type { Config } from "../config/schema.ts";
import { type LaggingLanes, laggingLanes } from "./lagging-lanes.ts";

/** After so many timeouts in a row a metric rests: a slow query must not keep windows from being judged. */
const TIMEOUTS_MAX = 3;
/** While it rests, it is tried in every so-manieth window. */
const RETRY_EVERY_WINDOWS = 20;
/** Lanes that a verdict names when a line would miss them. */
const LAGGING_NAMED_MAX = 3;
/** The detector's name in a verdict on what could not be measured. */
export const UNMEASURED = "sql";

export interface MeasuredWindow {
  readonly complete: CompleteWindow;
  /** On metrics that could not be measured. */
  readonly verdicts: readonly VerdictRow[];
}

interface Health {
  timeouts: number;
  rested: number;
  outcome: Measured["outcome"];
}

export type SqlMetricsOf = (lane: LaneName) => readonly SqlMetric[];

const EVERY = "*";

export function sqlMetricsOf(config: Config): SqlMetricsOf {
  const all = Object.entries(config.metrics).flatMap(([name, options]) => {
    const { sql, timeLimit: timeLimitMs, swimlane = EVERY, source = EVERY } = options;
    if (sql === undefined) return [];
    const metric = { name, sql, timeLimitMs };
    return [{ swimlane: compilePattern(swimlane), source: compilePattern(source), metric }];
  });
  return (lane) =>
    all
      .filter(({ swimlane, source }) => swimlane.test(lane.swimlane) && source.test(lane.source))
      .map(({ metric }) => metric);
}

/** A window that no store has: what a line says to it shows whether its columns and functions are there. */
const NO_WINDOW = { swimlane: "", source: "", windowStartMs: 0, windowSizeMs: 1, revision: 1 };

/** What is wrong with lines that only the store can know, by metric: a column that is not there, a function it has not. */
export async function trySqlMetrics(store: Store, config: Config): Promise<ReadonlyMap<string, string>> {
  const problems = new Map<string, string>();
  for (const [name, { sql, timeLimit }] of Object.entries(config.metrics)) {
    if (sql === undefined) continue;
    const measured = await measure(store, { name, sql, timeLimitMs: timeLimit }, NO_WINDOW);
    if ("problem" in measured) problems.set(name, measured.problem);
  }
  return problems;
}

/** A column that is not there is told now, not by the first window; everything else is judged all the same. */
export async function tellSqlProblems(store: Store, config: Config, telemetry: Telemetry): Promise<void> {
  for (const [name, problem] of await trySqlMetrics(store, config))
    telemetry.log("error", `metrics.${name}.sql cannot be measured until it is mended: ${problem}`);
}

export class SqlMetrics {
  readonly #options: MetricContext & { readonly sqlMetrics?: SqlMetricsOf };
  readonly #health = new Map<string, Health>();
  /** 4 MB of address space: only where there is something to measure. */
  #arena: ProfileArena | undefined;

  constructor(options: MetricContext & { readonly sqlMetrics?: SqlMetricsOf }) {
    this.#options = options;
  }

  /** True where windows must be visible in the store before they can be judged. */
  hasAny(lane: LaneName): boolean {
    return this.#of(lane).length > 0;
  }

  /** Keeps what it measures in the store. @throws what the store throws when it is away. */
  async measure(lane: LaneName, windows: readonly CompleteWindow[]): Promise<readonly MeasuredWindow[]> {
    const metrics = this.#of(lane);
    if (metrics.length === 0) return windows.map((complete) => ({ complete, verdicts: [] }));
    const lagging = await this.#lagging(metrics, windows);
    const measured: MeasuredWindow[] = [];
    const fresh: ProfileRow[] = [];
    for (const complete of windows) {
      const { rows, verdicts } = await this.#measureWindow(metrics, complete, lagging);
      fresh.push(...rows.filter((row) => !complete.profiles.includes(row)));
      const others = complete.profiles.filter(({ kind }) => kind !== "sql");
      measured.push({ complete: { window: complete.window, profiles: [...others, ...rows] }, verdicts });
    }
    if (fresh.length > 0) await this.#options.store.writeWindows([], fresh);
    return measured;
  }

  #of(lane: LaneName): readonly SqlMetric[] {
    return this.#options.sqlMetrics?.(lane) ?? [];
  }

  async #lagging(metrics: readonly SqlMetric[], windows: readonly CompleteWindow[]): Promise<LaggingLanes> {
    if (windows.length === 0 || !metrics.some(({ sql }) => readsAllLanes(sql))) return () => [];
    return await laggingLanes(
      this.#options.store,
      windows.map(({ window }) => window),
    );
  }

  async #measureWindow(metrics: readonly SqlMetric[], complete: CompleteWindow, lagging: LaggingLanes) {
    const { window, profiles } = complete;
    const rows: ProfileRow[] = [];
    const verdicts: VerdictRow[] = [];
    for (const metric of metrics) {
      const known = profiles.find(({ feature }) => feature === metric.name);
      if (known?.kind === "sql") {
        rows.push(known);
        continue;
      }
      const missing = readsAllLanes(metric.sql) ? lagging(window.windowStartMs) : [];
      if (known === undefined && missing.length > 0) {
        verdicts.push(notMeasured(window, metric.name, this.#without(metric, missing)));
        continue;
      }
      const measured = known === undefined ? await this.#ask(metric, window) : this.#clash(metric);
      this.#note(metric, measured);
      if (measured.outcome === "ok") rows.push(this.#row(metric.name, measured.value, complete));
      else if (measured.outcome !== "empty")
        verdicts.push(notMeasured(window, metric.name, measured.problem));
    }
    return { rows, verdicts };
  }

  /** Not logged: lanes may be a moment apart in every other window. */
  #without({ name }: SqlMetric, missing: readonly LaneName[]): string {
    countMeasured(this.#options.telemetry, name, "lagging");
    const named = missing
      .slice(0, LAGGING_NAMED_MAX)
      .map(({ swimlane, source }) => `${swimlane} / ${source}`);
    const more = missing.length > named.length ? ` and ${missing.length - named.length} more` : "";
    return `all_lanes would lack ${named.join(", ")}${more}, not merged up to this window yet`;
  }

  #clash({ name }: SqlMetric): Measured {
    countMeasured(this.#options.telemetry, name, "clash");
    return {
      outcome: "clash",
      problem: `records carry a feature or metric "${name}" already: name one of them anew`,
    };
  }

  async #ask(metric: SqlMetric, window: CompleteWindow["window"]): Promise<Measured> {
    const health = this.#healthOf(metric);
    if (health.timeouts >= TIMEOUTS_MAX && ++health.rested % RETRY_EVERY_WINDOWS !== 0) {
      countMeasured(this.#options.telemetry, metric.name, "resting");
      return {
        outcome: "resting",
        problem: `not asked: it ran into its time limit ${health.timeouts} times in a row`,
      };
    }
    const measured = await evaluate(this.#options, metric, window);
    if (measured.outcome !== "timeout") health.rested = 0;
    health.timeouts = measured.outcome === "timeout" ? health.timeouts + 1 : 0;
    return measured;
  }

  #healthOf({ name }: SqlMetric): Health {
    let health = this.#health.get(name);
    if (health === undefined) {
      health = { timeouts: 0, rested: 0, outcome: "ok" };
      this.#health.set(name, health);
    }
    return health;
  }

  /** Logged when it begins and when it ends, not for every window. */
  #note(metric: SqlMetric, measured: Measured): void {
    const health = this.#healthOf(metric);
    const failed = (outcome: Measured["outcome"]) => outcome !== "ok" && outcome !== "empty";
    if ("problem" in measured && !failed(health.outcome))
      this.#options.telemetry.log(
        "warn",
        `the SQL metric ${metric.name} cannot be measured; all else goes on`,
        {
          metric: metric.name,
          problem: measured.problem,
        },
      );
    if (failed(health.outcome) && !failed(measured.outcome))
      this.#options.telemetry.log("info", `the SQL metric ${metric.name} is measured again`);
    health.outcome = measured.outcome;
  }

  #row(feature: string, value: number, { window }: CompleteWindow): ProfileRow {
    this.#arena ??= new ProfileArena();
    const arena = this.#arena;
    const series = arena.open(0);
    arena.addPresent(series);
    arena.addNumber(series, value);
    const profile = arena.seal(series);
    arena.release(series);
    const { windowStartMs, windowSizeMs, swimlane, source, revision, recordCount } = window;
    const key = { windowStartMs, windowSizeMs, swimlane, source, feature };
    return { ...key, kind: "sql", revision, recordCount, profile };
  }
}

function notMeasured(window: CompleteWindow["window"], feature: string, problem: string): VerdictRow {
  const subject = { window, feature, detector: UNMEASURED, muted: false };
  const nothing = {
    statistic: Number.NaN,
    threshold: Number.NaN,
    effect: 0,
    significance: 0,
    sketchError: 0,
  };
  const summary = `the SQL metric was not measured: ${problem}`;
  const said = { ...nothing, severity: "info", certain: false, summary, parts: [] } as const;
  return verdictRow(subject, { ...said, answer: "insufficient" }, 0, undefined, {});
}
