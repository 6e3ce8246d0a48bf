/**
 * Reads of a few plain columns where the store's own rows would be far too heavy: sketches are not decoded to draw a
 * line, nor stories of incidents to count them. Only SQL that every store here understands, over documented columns.
 */
import type { Severity } from "../../../detectors/contract.ts";
import { isOfLimitsAlone } from "../../audit/verdict/verdict-name.ts";
import type { IncidentState, Store } from "../../store/contract.ts";
import { maybe } from "../verdicts/explanation.ts";
import type { Maybe } from "../wire.ts";

/** One window of one feature, as the few numbers that a chart draws. */
export interface Point {
  readonly startMs: number;
  readonly kind: "feature" | "metric";
  readonly recordCount: number;
  readonly presentCount: number;
  readonly nullCount: number;
  readonly numberCount: number;
  /** Strings and booleans. */
  readonly nameCount: number;
  readonly mean: Maybe;
  readonly p05: Maybe;
  readonly p25: Maybe;
  readonly p50: Maybe;
  readonly p75: Maybe;
  readonly p95: Maybe;
  /** The most frequent strings and booleans with their counts. */
  readonly names: ReadonlyMap<string, number>;
}

/** Where the tables are. */
export interface PlainTables {
  readonly store: Pick<Store, "query">;
  /** Before every table's name, where several installations share a database. */
  readonly tablePrefix: string;
}

export interface FeatureOfLane {
  readonly swimlane: string;
  readonly source: string;
  readonly feature: string;
  readonly windowSizeMs: number;
}

type Row = Readonly<Record<string, unknown>>;

/** What a store gives back of one query at most, unless its configuration says otherwise. */
export const QUERY_ROWS_MAX = 10_000;

const POINT_COLUMNS =
  "window_start, kind, record_count, present_count, null_count, number_count, string_count, boolean_count, " +
  "mean, p05, p25, p50, p75, p95, category_names, category_counts";
/** Names read of each window; a chart draws fewer. */
const NAMES_MAX = 64;

/** Oldest first; of more than {@link QUERY_ROWS_MAX} windows the newest. */
export async function readPoints(
  { store, tablePrefix }: PlainTables,
  of: FeatureOfLane,
  span: Span,
): Promise<readonly Point[]> {
  const where = new Where(span)
    .equal("swimlane", of.swimlane)
    .equal("source", of.source)
    .equal("feature", of.feature);
  const sql = `SELECT ${POINT_COLUMNS} FROM ${tablePrefix}profiles ${where.text} AND window_size_ms = ${of.windowSizeMs} ORDER BY window_start DESC LIMIT ${QUERY_ROWS_MAX}`;
  const rows = await store.query(sql, where.parameters);
  return rows.map(pointOf).reverse();
}

interface Span {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** A feature as all its windows in a span tell it. */
export interface FeatureBrief {
  readonly source: string;
  readonly feature: string;
  readonly kind: "feature" | "metric";
  readonly presentCount: number;
  readonly nullCount: number;
  readonly numberCount: number;
  readonly stringCount: number;
  readonly booleanCount: number;
  /** Of the window that had most. */
  readonly distinctCount: Maybe;
  readonly windowCount: number;
}

const BRIEF_COLUMNS =
  "source, feature, kind, sum(present_count) AS present_count, sum(null_count) AS null_count, sum(number_count) AS number_count, " +
  "sum(string_count) AS string_count, sum(boolean_count) AS boolean_count, max(distinct_count) AS distinct_count, count(*) AS window_count";

/** Features and metrics of a lane that had a profile in the span. */
export async function readFeatureBriefs(
  { store, tablePrefix }: PlainTables,
  swimlane: string,
  windowSizeMs: number,
  span: Span,
): Promise<readonly FeatureBrief[]> {
  const where = new Where(span).equal("swimlane", swimlane);
  const sql =
    `SELECT ${BRIEF_COLUMNS} FROM ${tablePrefix}profiles ${where.text} AND window_size_ms = ${windowSizeMs} AND feature <> '*' ` +
    `GROUP BY source, feature, kind ORDER BY source, feature LIMIT ${QUERY_ROWS_MAX}`;
  return (await store.query(sql, where.parameters)).map(briefOf);
}

/** An incident without its story. */
export interface IncidentBrief {
  readonly id: string;
  readonly swimlane: string;
  readonly state: IncidentState;
  readonly severity: Severity;
  readonly title: string;
  readonly startMs: number;
  /** It was open at some time; one that never was paged nobody. */
  readonly opened: boolean;
  /** Its owner's fixed limits alone were broken, which costs no page budget. */
  readonly ofLimitsAlone: boolean;
}

/** Unresolved ones of any age, and all that began since. A store may show an older state of one beside the newest. */
export async function readIncidentBriefs(
  { store, tablePrefix }: PlainTables,
  sinceMs: number,
): Promise<readonly IncidentBrief[]> {
  const sql =
    `SELECT id, swimlane, state, severity, title, started_at, changed_at, members, CASE WHEN ${OPENED} THEN 1 ELSE 0 END AS opened ` +
    `FROM ${tablePrefix}incidents WHERE started_at >= '${iso(sinceMs)}' OR state <> 'resolved' ORDER BY started_at DESC LIMIT ${QUERY_ROWS_MAX}`;
  const newest = new Map<string, IncidentBrief & { readonly changedAtMs: number }>();
  for (const row of await store.query(sql)) {
    const incident = {
      id: text(row["id"]),
      swimlane: text(row["swimlane"]),
      state: text(row["state"]) as IncidentState,
      severity: text(row["severity"]) as Severity,
      title: text(row["title"]),
      startMs: time(row["started_at"]),
      opened: number(row["opened"]) === 1,
      ofLimitsAlone: isOfLimitsAlone(text(row["members"])),
      changedAtMs: time(row["changed_at"]),
    };
    const known = newest.get(incident.id);
    if (known === undefined || known.changedAtMs <= incident.changedAtMs) newest.set(incident.id, incident);
  }
  return [...newest.values()];
}

/** Conditions on a span and on texts; stores keep an empty text as NULL. */
class Where {
  text: string;
  readonly parameters: string[] = [];

  constructor({ sinceMs, untilMs }: Span) {
    this.text = `WHERE window_start >= '${iso(sinceMs)}' AND window_start < '${iso(untilMs)}'`;
  }

  equal(column: string, value: string): this {
    if (value === "") this.text += ` AND ${column} IS NULL`;
    else this.text += ` AND ${column} = $${this.parameters.push(value)}`;
    return this;
  }
}

/** Of incidents: true for one that was open at some time; one that never persisted paged nobody. */
export const OPENED = `explanation NOT LIKE '%"openedAtMs":null%'`;

/** Stores keep years 1970 to 9999; beyond them there is nothing to find. */
export function iso(timeMs: number): string {
  return new Date(Math.min(Math.max(Math.floor(timeMs), 0), 253_402_300_799_000)).toISOString();
}

function pointOf(row: Row): Point {
  const column = (name: string) => number(row[name]);
  return {
    startMs: time(row["window_start"]),
    kind: kindOf(row),
    recordCount: column("record_count") ?? 0,
    presentCount: column("present_count") ?? 0,
    nullCount: column("null_count") ?? 0,
    numberCount: column("number_count") ?? 0,
    nameCount: (column("string_count") ?? 0) + (column("boolean_count") ?? 0),
    mean: column("mean"),
    p05: column("p05"),
    p25: column("p25"),
    p50: column("p50"),
    p75: column("p75"),
    p95: column("p95"),
    names: namesOf(row["category_names"], row["category_counts"]),
  };
}

function briefOf(row: Row): FeatureBrief {
  const count = (name: string) => number(row[name]) ?? 0;
  return {
    source: text(row["source"]),
    feature: text(row["feature"]),
    kind: kindOf(row),
    presentCount: count("present_count"),
    nullCount: count("null_count"),
    numberCount: count("number_count"),
    stringCount: count("string_count"),
    booleanCount: count("boolean_count"),
    distinctCount: number(row["distinct_count"]),
    windowCount: count("window_count"),
  };
}

function namesOf(names: unknown, counts: unknown): ReadonlyMap<string, number> {
  if (typeof names !== "string") return new Map();
  const list = JSON.parse(names) as readonly string[];
  const numbers = Array.from((counts ?? []) as ArrayLike<number>).slice(0, NAMES_MAX);
  return new Map(numbers.map((count, i) => [list[i] ?? "", count]));
}

const kindOf = ({ kind }: Row) => (kind === "metric" || kind === "sql" ? "metric" : "feature");
export const text = (value: unknown) => (typeof value === "string" ? value : "");
export const time = (value: unknown) => (value instanceof Date ? value.getTime() : Number(value));
const number = (value: unknown): Maybe =>
  value === null || value === undefined ? null : maybe(Number(value));
