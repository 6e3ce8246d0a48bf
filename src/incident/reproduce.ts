/**
 * Read-only queries over the documented tables that give an incident's and a verdict's numbers again. The text is the
 * same for QuestDB and DuckDB: times as ISO text, no function that only one of them has.
 */
import type { TimeSpan } from "../store/contract.ts";
import { toStoredText } from "../store/stored-text.ts";
import type { VerdictKey } from "../store/verdict-key.ts";
import type { Witness } from "./sighting.ts";

const QUERY_COUNT_MAX = 3;
/** Windows before the judged one that a query shows: what it was held to. */
const PAST_WINDOWS = 200;

const FEATURE_COLUMNS =
  "window_start, record_count, present_count, null_count, zero_count, min, max, mean, stddev, p05, p50, p95, " +
  "distinct_count, category_names, category_counts, kll_items, kll_weights";

/** The incident's verdicts, then the windows behind the worst of them. */
export function reproduceSql(
  incident: { readonly id: string; readonly swimlane: string },
  witnesses: readonly Witness[],
): readonly string[] {
  const verdicts = `SELECT * FROM verdicts WHERE incident_id = ${text(incident.id)} ORDER BY window_start`;
  const windows = witnesses
    .slice(0, QUERY_COUNT_MAX)
    .map((witness) => windowSql({ ...witness, swimlane: incident.swimlane }, ""));
  return [verdicts, ...new Set(windows)];
}

/** The incidents below one that stands above several. */
export function reproduceChildrenSql(ids: readonly string[]): string {
  return `SELECT * FROM incidents WHERE id IN (${ids.map(text).join(", ")}) ORDER BY started_at`;
}

/**
 * The stored verdict, the window that it judges, and the windows before it, newest first.
 * @param tablePrefix before every table's name, as the store's options say.
 * @param learned span of the windows that the detector had seen; only its end bounds the query.
 */
export function verdictSql(
  verdict: VerdictKey,
  tablePrefix: string,
  learned: Pick<TimeSpan, "untilMs">,
): readonly string[] {
  const { feature, detector } = verdict;
  const stored = `SELECT * FROM ${tablePrefix}verdicts WHERE ${atWindow(verdict)} AND feature = ${text(feature)} AND detector = ${text(detector)}`;
  const before = `window_start < ${time(learned.untilMs)} AND ${ofLane(verdict)}`;
  const past =
    feature === "*"
      ? `SELECT window_start, record_count FROM ${tablePrefix}windows WHERE ${before}`
      : `SELECT ${FEATURE_COLUMNS} FROM ${tablePrefix}profiles WHERE ${before} AND feature = ${text(feature)}`;
  return [
    stored,
    windowSql(verdict, tablePrefix),
    `${past} ORDER BY window_start DESC LIMIT ${PAST_WINDOWS}`,
  ];
}

function windowSql(of: Omit<VerdictKey, "detector">, tablePrefix: string): string {
  return of.feature === "*"
    ? `SELECT * FROM ${tablePrefix}windows WHERE ${atWindow(of)}`
    : `SELECT * FROM ${tablePrefix}profiles WHERE ${atWindow(of)} AND feature = ${text(of.feature)}`;
}

function atWindow(of: Omit<VerdictKey, "detector" | "feature">): string {
  return `window_start = ${time(of.windowStartMs)} AND ${ofLane(of)}`;
}

/** An empty source is NULL in the tables. */
function ofLane({ swimlane, source, windowSizeMs }: Omit<VerdictKey, "detector" | "feature">): string {
  const from = source === "" ? "source IS NULL" : `source = ${text(source)}`;
  return `window_size_ms = ${windowSizeMs} AND swimlane = ${text(swimlane)} AND ${from}`;
}

function time(epochMs: number): string {
  return text(new Date(epochMs).toISOString());
}

function text(value: string): string {
  return `'${toStoredText(value).replaceAll("'", "''")}'`;
}
