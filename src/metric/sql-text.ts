/**
 * A user's line of SQL, from its text to a statement for one window: is it one SELECT, and what do its names stand for?
 *
 * Two relations stand ready, the same on every store: `this_lane` (the profiles of this lane and source in this
 * window) and `all_lanes` (those of every lane and source in it). Names with a colon are filled in as literals.
 */
import { toStoredText } from "../store/stored-text.ts";

/** The window that a metric is measured for. */
export interface MetricWindow {
  readonly swimlane: string;
  readonly source: string;
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
  /** Of its profiles, the ones that count: late data makes a new one. */
  readonly revision: number;
}

/** Columns of `this_lane` and `all_lanes`, explained in docs/reference/tables.md. */
const RELATION_COLUMNS = [
  "window_start",
  "swimlane",
  "source",
  "feature",
  "kind",
  "record_count",
  "present_count",
  "null_count",
  "number_count",
  "string_count",
  "boolean_count",
  "zero_count",
  "empty_count",
  "min",
  "max",
  "mean",
  "stddev",
  "p05",
  "p25",
  "p50",
  "p75",
  "p95",
  "p99",
  "distinct_count",
] as const;

const PARAMETERS = ["lane", "source", "start", "end", "window_ms"] as const;

const WRITES =
  /^(?:insert|update|delete|merge|create|drop|alter|truncate|copy|attach|detach|install|load|call|pragma|set|reset|vacuum|checkpoint|grant|revoke|into)$/i;
/** Texts, quoted names, comments, casts, parameters, words, and any other character. */
const TOKENS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|::|:[A-Za-z_]\w*|\w+|\s+|[^\s\w]/g;

interface Token {
  readonly text: string;
  readonly at: number;
}

function tokensOf(sql: string): readonly Token[] {
  return [...sql.matchAll(TOKENS)]
    .map(({ 0: text, index: at }) => ({ text, at }))
    .filter(({ text }) => !/^(?:\s|--|\/\*)/.test(text));
}

/** What is wrong with it, and where; undefined when it may be asked. */
export function sqlProblem(sql: string): string | undefined {
  const tokens = tokensOf(sql);
  const at = (token: Token) => `at character ${token.at + 1}`;
  const [first] = tokens;
  if (first === undefined) return "it is empty: write one SELECT that gives one number";
  if (!/^(?:select|with)$/i.test(first.text))
    return `it begins with "${first.text}" ${at(first)}: only one SELECT (or WITH … SELECT) may be asked`;
  if (/^with$/i.test(first.text) && /^recursive$/i.test(tokens[1]?.text ?? ""))
    return `WITH RECURSIVE ${at(tokens[1]!)} is not taken: it may never end`;
  for (const [i, token] of tokens.entries()) {
    if (token.text === ";" && i < tokens.length - 1)
      return `a second statement begins after ";" ${at(token)}`;
    if (WRITES.test(token.text)) return `"${token.text}" ${at(token)} does more than read`;
    if (token.text === "'" || token.text === '"') return `a quote ${at(token)} is not closed`;
    if (/^:\w/.test(token.text) && !(PARAMETERS as readonly string[]).includes(token.text.slice(1)))
      return `${token.text} ${at(token)} is no parameter: there are :${PARAMETERS.join(", :")}`;
  }
  return undefined;
}

/** Whether the line speaks of other lanes, which may not be merged as far as this one. */
export function readsAllLanes(sql: string): boolean {
  return tokensOf(sql).some(({ text }) => text.toLowerCase() === "all_lanes");
}

/**
 * One statement that cannot write and gives few rows, whatever the user's line does: it stands within another SELECT,
 * where no store takes anything but a query.
 * @param sql that {@link sqlProblem} has nothing against.
 * @param tablePrefix before every table's name, as the store's options say.
 */
export function boundSql(sql: string, window: MetricWindow, tablePrefix: string, rowsMax: number): string {
  const tokens = tokensOf(sql);
  const last = tokens.at(-1)!;
  const filled = fill(last.text === ";" ? sql.slice(0, last.at) : sql, window);
  const words = new Set(tokens.map(({ text }) => text.toLowerCase()));
  const relations = [
    ...(words.has("this_lane") ? [`this_lane AS (${laneSql(window, tablePrefix)})`] : []),
    ...(words.has("all_lanes") ? [`all_lanes AS (${relationSql(window, tablePrefix)})`] : []),
  ];
  return `SELECT * FROM (\n${withRelations(filled, tokens[0]!, relations)}\n) LIMIT ${rowsMax}`;
}

function withRelations(filled: string, first: Token, relations: readonly string[]): string {
  if (relations.length === 0) return filled;
  const head = `WITH ${relations.join(", ")}`;
  return /^with$/i.test(first.text)
    ? `${head},\n${filled.slice(first.at + first.text.length)}`
    : `${head}\n${filled}`;
}

function fill(sql: string, window: MetricWindow): string {
  const values: Readonly<Record<string, string>> = {
    lane: text(window.swimlane),
    source: text(window.source),
    start: time(window.windowStartMs),
    end: time(window.windowStartMs + window.windowSizeMs),
    window_ms: String(window.windowSizeMs),
  };
  return sql.replace(TOKENS, (token) => (/^:\w/.test(token) ? (values[token.slice(1)] ?? token) : token));
}

function laneSql(window: MetricWindow, tablePrefix: string): string {
  // An empty source is NULL in the tables.
  const source = window.source === "" ? "source IS NULL" : `source = ${text(window.source)}`;
  const lane = `swimlane = ${text(window.swimlane)} AND ${source}`;
  return `${relationSql(window, tablePrefix)} AND ${lane} AND revision = ${window.revision}`;
}

/**
 * What SQL metrics gave before is left out, or a window that is measured again would measure itself. DISTINCT, since
 * QuestDB has shown a row twice while it rewrote a partition.
 */
function relationSql(window: MetricWindow, tablePrefix: string): string {
  return (
    `SELECT DISTINCT ${RELATION_COLUMNS.join(", ")} FROM ${tablePrefix}profiles WHERE window_start = ` +
    `${time(window.windowStartMs)} AND window_size_ms = ${window.windowSizeMs} AND kind <> 'sql'`
  );
}

function time(epochMs: number): string {
  return text(new Date(epochMs).toISOString());
}

function text(value: string): string {
  return `'${toStoredText(value).replaceAll("'", "''")}'`;
}
