/** One metric in one window: its number, or why there is none. A metric that fails stops nothing but itself. */
import { errorText, OperationalError } from "../base/errors.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { Store } from "../store/contract.ts";
import { boundSql, type MetricWindow } from "./sql-text.ts";

export interface SqlMetric {
  readonly name: string;
  readonly sql: string;
  /** Longest that one window may take, ms. */
  readonly timeLimitMs: number;
}

export type Measured =
  | { readonly outcome: "ok"; readonly value: number }
  /** No row, or NULL: the window has nothing to measure. */
  | { readonly outcome: "empty" }
  | { readonly outcome: "error" | "timeout" | "clash" | "resting" | "lagging"; readonly problem: string };

export interface MetricContext {
  readonly store: Store;
  readonly telemetry: Telemetry;
}

/** One number is asked for; a second row shows that it is none. */
const ROWS_MAX = 2;
/** Times that a line is asked whose connection broke while the store was there. */
const ATTEMPTS_MAX = 2;
const SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 1, 5, 10];

/** @throws what the store throws when it is away: the window is judged later. */
export async function evaluate(
  { store, telemetry }: MetricContext,
  metric: SqlMetric,
  window: MetricWindow,
): Promise<Measured> {
  const startMs = performance.now();
  const measured = await measure(store, metric, window);
  const labels = { metric: metric.name };
  countMeasured(telemetry, metric.name, measured.outcome);
  telemetry
    .histogram("metric_seconds", "Time to measure an SQL metric in one window", SECONDS, ["metric"])
    .observe(labels, (performance.now() - startMs) / 1_000);
  return measured;
}

export function countMeasured(telemetry: Telemetry, metric: string, outcome: Measured["outcome"]): void {
  telemetry
    .counter("metric_windows_total", "Windows for which an SQL metric was asked, by what came", [
      "metric",
      "outcome",
    ])
    .inc({ metric, outcome });
}

/** As {@link evaluate}, uncounted. */
export async function measure(store: Store, metric: SqlMetric, window: MetricWindow): Promise<Measured> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask(store, metric, window);
    } catch (error) {
      // Where the store answers everyone but this line, it is the line that breaks the connection, and it would for ever.
      if (!(error instanceof OperationalError) || !(await store.ready())) throw error;
      if (attempt >= ATTEMPTS_MAX) return { outcome: "error", problem: errorText(error) };
    }
  }
}

async function ask(store: Store, { sql, timeLimitMs }: SqlMetric, window: MetricWindow): Promise<Measured> {
  const statement = boundSql(sql, window, store.tablePrefix, ROWS_MAX);
  try {
    return numberOf(await store.query(statement, [], { rowsMax: ROWS_MAX, timeLimitMs }));
  } catch (error) {
    const code = error instanceof OperationalError ? error.code : "";
    if (code === "STORE_QUERY_TIMEOUT") return { outcome: "timeout", problem: errorText(error) };
    if (code === "STORE_QUERY_REFUSED")
      return { outcome: "error", problem: `${refusalOf(error)}${placeOf(error, statement)}` };
    throw error;
  }
}

function numberOf(rows: readonly Readonly<Record<string, unknown>>[]): Measured {
  if (rows.length >= ROWS_MAX)
    return { outcome: "error", problem: "it gives more than one row: aggregate, or add a WHERE" };
  const columns = Object.values(rows[0] ?? {});
  if (columns.length > 1) return { outcome: "error", problem: `it gives ${columns.length} columns, not one` };
  const [value] = columns;
  if (value === undefined || value === null) return { outcome: "empty" };
  const number = typeof value === "string" && value.trim() === "" ? Number.NaN : Number(value);
  if (typeof value === "boolean" || value instanceof Date || Number.isNaN(number))
    return typeof value === "number"
      ? { outcome: "empty" }
      : { outcome: "error", problem: `it gives ${typeof value} ${String(value).slice(0, 50)}, not a number` };
  return Number.isFinite(number) ? { outcome: "ok", value: number } : { outcome: "empty" };
}

/** What the store itself says, on one line; DuckDB's drawing of the place is left out, as it names the word. */
function refusalOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return errorText(cause).split("\n\nLINE ")[0]!.replace(/\s+/g, " ");
}

/** QuestDB says where by the character. */
function placeOf(error: unknown, statement: string): string {
  const position = Number((error as { cause?: { position?: unknown } }).cause?.position);
  if (!Number.isInteger(position) || position < 1) return "";
  return ` Near: ${statement.slice(position - 1, position + 39).split("\n")[0]}`;
}
