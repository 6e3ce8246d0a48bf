/**
 * What the audit of the auditor is counted from: pages, what people said of them, and what rules answered. A lane may
 * have a year of minute verdicts, so verdicts are counted by the store, and never more of them than a bound.
 */
import { isOfLimitsAlone } from "../../audit/verdict/verdict-name.ts";
import type { FeedbackLabel, Store, TimeSpan } from "../../store/contract.ts";
import { iso, OPENED, type PlainTables, QUERY_ROWS_MAX, text, time } from "../history/lean-reads.ts";
import { readMembers } from "../incidents/incident-story.ts";
import { listOf, readFields } from "../verdicts/explanation.ts";

/** Verdicts that the store may pass over for one answer: a second or two of a column scan. */
export const VERDICTS_SCANNED_MAX = 20_000_000;
/** Rows of feedback that one answer reads, newest first. */
export const FEEDBACK_ROWS_MAX = 20_000;
/** A series that fires in this share of the windows it answers for says nothing any more. */
export const NEARLY_ALWAYS_SHARE = 0.9;
/** Windows that it must have answered for: a fault may last a few. */
export const NEARLY_ALWAYS_WINDOWS_MIN = 50;
/** Series that are named; the count is of all. */
const SERIES_NAMED_MAX = 500;
/** Incidents above several lanes that one answer reads, newest first: their rows carry a story each. */
const GROUPS_MAX = 1_000;
/** Lanes of one cause begin within a few windows of one another, and no window is longer than a day. */
const GROUP_SPREAD_MS = 7 * 86_400_000;

/** An incident that paged: of severity page, and open at some time. */
export interface PageBrief {
  readonly id: string;
  readonly swimlane: string;
  readonly startMs: number;
  /** As in verdicts, each once. */
  readonly detectors: readonly string[];
  /** The incident above it and other lanes', of which people were told once; "" for none. */
  readonly groupId: string;
  /** Its owner's fixed limits alone were broken, which costs no page budget. */
  readonly ofLimitsAlone: boolean;
}

export interface RuleCount {
  readonly swimlane: string;
  readonly detector: string;
  readonly verdictCount: number;
  readonly insufficientCount: number;
  readonly firedCount: number;
  readonly seriesCount: number;
  readonly insufficientSeriesCount: number;
  readonly nearlyAlwaysSeriesCount: number;
}

export interface NamedSeries {
  readonly swimlane: string;
  readonly detector: string;
  readonly source: string;
  readonly feature: string;
}

export interface Bounded<T> {
  readonly rows: readonly T[];
  readonly truncated: boolean;
}

/** What was said of an incident, and when by the wall clock. */
export interface Said {
  readonly label: FeedbackLabel;
  readonly atMs: number;
}

type Row = Readonly<Record<string, unknown>>;

/** Newest first. A store may show an older state of one beside the newest: that it paged once is enough. */
export async function readPages(
  { store, tablePrefix }: PlainTables,
  { sinceMs, untilMs }: TimeSpan,
  swimlane: string | undefined,
): Promise<Bounded<PageBrief>> {
  const lane = laneCondition(swimlane);
  const sql =
    `SELECT id, swimlane, started_at, members FROM ${tablePrefix}incidents WHERE started_at >= '${iso(sinceMs)}' AND started_at < '${iso(untilMs)}' ` +
    `AND severity = 'page' AND state <> 'pending' AND ${OPENED}${lane.text} ORDER BY started_at DESC LIMIT ${QUERY_ROWS_MAX}`;
  const rows = await store.query(sql, lane.parameters);
  const groups = await readGroups({ store, tablePrefix }, { sinceMs: sinceMs - GROUP_SPREAD_MS, untilMs });
  const pages = new Map(rows.map((row) => [text(row["id"]), pageOf(row, groups.above)]));
  return { rows: [...pages.values()], truncated: groups.truncated || rows.length >= QUERY_ROWS_MAX };
}

/** Incidents above several lanes: by the id of each lane's own, the id of the one above it. */
async function readGroups(
  { store, tablePrefix }: PlainTables,
  { sinceMs, untilMs }: TimeSpan,
): Promise<{ readonly above: ReadonlyMap<string, string>; readonly truncated: boolean }> {
  const rows = await store.query(
    `SELECT id, explanation FROM ${tablePrefix}incidents WHERE started_at >= '${iso(sinceMs)}' AND started_at < '${iso(untilMs)}' ` +
      `AND swimlane = '*' ORDER BY started_at DESC LIMIT ${GROUPS_MAX}`,
  );
  const above = new Map<string, string>();
  for (const row of rows)
    for (const child of listOf(readFields(text(row["explanation"]))["children"]))
      above.set(text(child), text(row["id"]));
  return { above, truncated: rows.length >= GROUPS_MAX };
}

/** The newest that was said of each incident; of one lane's, and of those above several. */
export async function readLabels(
  store: Pick<Store, "readFeedback">,
  swimlane: string | undefined,
): Promise<{ readonly said: ReadonlyMap<string, Said>; readonly truncated: boolean }> {
  const lanes = swimlane === undefined ? [{}] : [{ swimlane }, { swimlane: "*" }];
  const read = await Promise.all(
    lanes.map((lane) => store.readFeedback({ ...lane, descending: true, limit: FEEDBACK_ROWS_MAX })),
  );
  const said = new Map<string, Said>();
  for (const { incidentId, label, atMs } of read.flat())
    if (!said.has(incidentId)) said.set(incidentId, { label, atMs });
  return { said, truncated: read.some((rows) => rows.length >= FEEDBACK_ROWS_MAX) };
}

/** What holds of each page: the newest that was said of it, or of the incident above it. */
export function labelPages(
  pages: readonly PageBrief[],
  said: ReadonlyMap<string, Said>,
): ReadonlyMap<string, FeedbackLabel> {
  const labels = new Map<string, FeedbackLabel>();
  for (const { id, groupId } of pages) {
    const [own, above] = [said.get(id), said.get(groupId)];
    const newest = own !== undefined && (above === undefined || own.atMs >= above.atMs) ? own : above;
    if (newest !== undefined) labels.set(id, newest.label);
  }
  return labels;
}

/** As much of the span, from its end backwards, as holds no more verdicts than may be passed over. */
export async function ruleSpan(
  { store, tablePrefix }: PlainTables,
  span: TimeSpan,
  scannedMax: number,
): Promise<TimeSpan> {
  let { sinceMs } = span;
  // Verdicts may be denser towards the end: a second look takes that into account, and the last halving is blind.
  for (let look = 0; look < LOOKS_MAX; look++) {
    const sql = `SELECT count(*) AS verdict_count FROM ${tablePrefix}verdicts WHERE ${spanCondition({ sinceMs, untilMs: span.untilMs })}`;
    const [row] = await store.query(sql);
    const count = number(row?.["verdict_count"]);
    if (count <= scannedMax) break;
    const share = (scannedMax / count) * (look === LOOKS_MAX - 1 ? 0.5 : 0.95);
    sinceMs = span.untilMs - Math.floor((span.untilMs - sinceMs) * share);
  }
  return { sinceMs, untilMs: span.untilMs };
}

const LOOKS_MAX = 4;

export async function readRuleCounts(
  { store, tablePrefix }: PlainTables,
  span: TimeSpan,
  swimlane: string | undefined,
): Promise<Bounded<RuleCount>> {
  const { from, parameters } = seriesQuery(tablePrefix, span, swimlane);
  const sql =
    "SELECT swimlane, detector, count(*) AS series_count, sum(verdict_count) AS verdict_count, sum(insufficient_count) AS insufficient_count, " +
    "sum(fired_count) AS fired_count, sum(CASE WHEN insufficient_count = verdict_count THEN 1 ELSE 0 END) AS insufficient_series, " +
    `sum(CASE WHEN ${NEARLY_ALWAYS} THEN 1 ELSE 0 END) AS nearly_always_series FROM (${from}) ` +
    `GROUP BY swimlane, detector ORDER BY swimlane, detector LIMIT ${QUERY_ROWS_MAX}`;
  const rows = await store.query(sql, parameters);
  return { rows: rows.map(ruleOf), truncated: rows.length >= QUERY_ROWS_MAX };
}

export async function readNearlyAlways(
  { store, tablePrefix }: PlainTables,
  span: TimeSpan,
  swimlane: string | undefined,
): Promise<readonly NamedSeries[]> {
  const { from, parameters } = seriesQuery(tablePrefix, span, swimlane);
  const sql =
    `SELECT swimlane, detector, source, feature FROM (${from}) WHERE ${NEARLY_ALWAYS} ` +
    `ORDER BY swimlane, detector, source, feature LIMIT ${SERIES_NAMED_MAX}`;
  return (await store.query(sql, parameters)).map((row) => ({
    swimlane: text(row["swimlane"]),
    detector: text(row["detector"]),
    source: text(row["source"]),
    feature: text(row["feature"]),
  }));
}

const NEARLY_ALWAYS =
  `verdict_count - insufficient_count >= ${NEARLY_ALWAYS_WINDOWS_MIN} AND ` +
  `fired_count >= ${NEARLY_ALWAYS_SHARE} * (verdict_count - insufficient_count)`;

/** One row for each series under each detector. Stores keep no two verdicts of one window, feature and detector. */
function seriesQuery(tablePrefix: string, span: TimeSpan, swimlane: string | undefined) {
  const lane = laneCondition(swimlane);
  const from =
    "SELECT swimlane, source, feature, detector, window_size_ms, count(*) AS verdict_count, " +
    "sum(CASE WHEN answer = 'insufficient' THEN 1 ELSE 0 END) AS insufficient_count, " +
    `sum(CASE WHEN answer = 'anomalous' THEN 1 ELSE 0 END) AS fired_count FROM ${tablePrefix}verdicts ` +
    `WHERE ${spanCondition(span)}${lane.text} GROUP BY swimlane, source, feature, detector, window_size_ms`;
  return { from, parameters: lane.parameters };
}

function spanCondition({ sinceMs, untilMs }: TimeSpan): string {
  return `window_start >= '${iso(sinceMs)}' AND window_start < '${iso(untilMs)}'`;
}

function laneCondition(swimlane: string | undefined): { text: string; parameters: readonly string[] } {
  return swimlane === undefined
    ? { text: "", parameters: [] }
    : { text: " AND swimlane = $1", parameters: [swimlane] };
}

function pageOf(row: Row, above: ReadonlyMap<string, string>): PageBrief {
  const detectors = readMembers(text(row["members"])).map(({ detector }) => detector);
  return {
    id: text(row["id"]),
    swimlane: text(row["swimlane"]),
    startMs: time(row["started_at"]),
    detectors: [...new Set(detectors)].filter((detector) => detector !== ""),
    groupId: above.get(text(row["id"])) ?? "",
    ofLimitsAlone: isOfLimitsAlone(text(row["members"])),
  };
}

function ruleOf(row: Row): RuleCount {
  return {
    swimlane: text(row["swimlane"]),
    detector: text(row["detector"]),
    verdictCount: number(row["verdict_count"]),
    insufficientCount: number(row["insufficient_count"]),
    firedCount: number(row["fired_count"]),
    seriesCount: number(row["series_count"]),
    insufficientSeriesCount: number(row["insufficient_series"]),
    nearlyAlwaysSeriesCount: number(row["nearly_always_series"]),
  };
}

const number = (value: unknown) => Number(value ?? 0);
