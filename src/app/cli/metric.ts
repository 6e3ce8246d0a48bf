/** `lanewatch metric test`: what a line of SQL would have measured over stored windows, how long it took, what is wrong. */
import { compilePattern } from "../../assign/lane.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { evaluate, type Measured, type SqlMetric } from "../../metric/evaluate.ts";
import { sqlProblem } from "../../metric/sql-text.ts";
import type { Store, WindowRow } from "../../store/contract.ts";
import { loadConfig } from "../config/load.ts";
import { laneWindows } from "../lane-settings.ts";
import { EXIT } from "./exit.ts";
import { openHistory, sinceOf } from "./stored-history.ts";
import { textTable } from "./text-table.ts";

interface Flags {
  readonly config: string;
  readonly store?: string;
  readonly sql?: string;
  readonly swimlane?: string;
  readonly since?: string;
  readonly limit: string;
  readonly json?: boolean;
}

interface Asked {
  /** Patterns. */
  readonly lane: string;
  readonly source: string;
  readonly since: string | undefined;
  /** Newest windows of each lane and source. */
  readonly limit: number;
}

const TIME_LIMIT_MS = 5_000;
const LANES_TOLD_MAX = 20;

interface Tested {
  readonly window: WindowRow;
  readonly measured: Measured;
  readonly tookMs: number;
}

export async function metricTestCommand(name: string | undefined, flags: Flags): Promise<number> {
  const config = await loadConfig(flags.config, process.env);
  const written = name === undefined ? undefined : config.metrics[name];
  const sql = flags.sql ?? written?.sql;
  const limit = Number(flags.limit);
  const wrong = sql === undefined ? noSql(name, Object.keys(config.metrics)) : sqlProblem(sql);
  if (sql === undefined || wrong !== undefined || !Number.isInteger(limit) || limit < 1) {
    process.stderr.write(
      `lanewatch: ${wrong ?? `--limit ${flags.limit}: a whole number from 1 on is needed`}\n`,
    );
    return EXIT.usage;
  }
  const metric = { name: name ?? "sql", sql, timeLimitMs: written?.timeLimit ?? TIME_LIMIT_MS };
  const telemetry = new Telemetry({ level: "warn" });
  const store = await openHistory(config, flags.store, telemetry);
  try {
    const rules = laneWindows(config);
    const where = { lane: flags.swimlane ?? written?.swimlane ?? "*", source: written?.source ?? "*" };
    const sizeOf = (lane: string) => rules.of(lane).windowSizeMs;
    const windows = await windowsOf(store, { ...where, since: flags.since, limit }, sizeOf);
    if (typeof windows === "string") {
      process.stderr.write(`lanewatch: ${windows}\n`);
      return EXIT.usage;
    }
    const tested: Tested[] = [];
    for (const window of windows) tested.push(await test({ store, telemetry }, metric, window));
    process.stdout.write(flags.json ? `${JSON.stringify(tested.map(plain), null, 2)}\n` : testedText(tested));
    return tested.some(({ measured }) => "problem" in measured) ? EXIT.hold : EXIT.ok;
  } finally {
    await store.close();
  }
}

async function test(
  context: { readonly store: Store; readonly telemetry: Telemetry },
  metric: SqlMetric,
  window: WindowRow,
): Promise<Tested> {
  const startMs = performance.now();
  const measured = await evaluate(context, metric, window);
  return { window, measured, tookMs: performance.now() - startMs };
}

function noSql(name: string | undefined, known: readonly string[]): string {
  if (name === undefined) return 'give the NAME of a metric of the configuration, or --sql "SELECT …"';
  if (known.includes(name)) return `the metric "${name}" has no sql: pipelines send it`;
  return `there is no metric "${name}" in the configuration; there are: ${known.join(", ") || "none"}`;
}

/** The newest, oldest first; or why there are none. */
async function windowsOf(
  store: Store,
  asked: Asked,
  sizeOf: (swimlane: string) => number,
): Promise<readonly WindowRow[] | string> {
  const { limit, since } = asked;
  const [lane, from] = [compilePattern(asked.lane), compilePattern(asked.source)];
  const stored = await store.readLanes();
  const lanes = stored.filter(
    ({ swimlane, source, windowSizeMs }) =>
      lane.test(swimlane) && from.test(source) && windowSizeMs === sizeOf(swimlane),
  );
  if (lanes.length === 0) {
    const known = [...new Set(stored.map(({ swimlane }) => swimlane))].slice(0, LANES_TOLD_MAX);
    return `no window of a lane "${asked.lane}" is stored; there are: ${known.join(", ") || "none"}`;
  }
  const endMs = Math.max(...lanes.map(({ lastWindowMs }) => lastWindowMs));
  const sinceMs = sinceOf(since, endMs);
  if (Number.isNaN(sinceMs)) return `--since ${since}: neither a time (ISO 8601) nor a duration such as 6h`;
  const windows: WindowRow[] = [];
  for (const { swimlane, source, windowSizeMs } of lanes)
    windows.push(
      ...(await store.readWindows({ swimlane, source, windowSizeMs, sinceMs, descending: true, limit })),
    );
  return windows.sort((a, b) => a.windowStartMs - b.windowStartMs);
}

function valueText(measured: Measured): string {
  if (measured.outcome === "ok") return String(Number(measured.value.toPrecision(6)));
  return measured.outcome === "empty" ? "–" : measured.outcome;
}

function testedText(tested: readonly Tested[]): string {
  const rows = tested.map(({ window, measured, tookMs }) => [
    new Date(window.windowStartMs).toISOString().slice(0, 16),
    window.swimlane,
    window.source,
    valueText(measured),
    tookMs.toFixed(1),
  ]);
  const problems = new Set(
    tested.flatMap(({ measured }) => ("problem" in measured ? [measured.problem] : [])),
  );
  const took = tested.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const measuredCount = tested.filter(({ measured }) => measured.outcome === "ok").length;
  const lines = [
    ...textTable(["window", "lane", "source", "value", "ms"], rows, 3),
    `${measuredCount} of ${tested.length} windows measured (– is nothing to measure); median ${(took[Math.floor(took.length / 2)] ?? 0).toFixed(1)} ms, most ${(took.at(-1) ?? 0).toFixed(1)} ms`,
    ...problems,
  ];
  return `${lines.join("\n")}\n`;
}

function plain({ window, measured, tookMs }: Tested): Readonly<Record<string, unknown>> {
  const { windowStartMs, swimlane, source } = window;
  return { window: new Date(windowStartMs).toISOString(), swimlane, source, ...measured, tookMs };
}
