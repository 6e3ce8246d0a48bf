/** What the store says, held against the log: offsets, counts by window, and each profile. Read with SQL, not through our own code. */
import pg from "pg";
import { type LogTruth, windowKey } from "./log-truth.ts";

export interface Comparison {
  /** Records of the log that are in no count. */
  readonly lost: number;
  /** Records that are counted more than once. */
  readonly doubled: number;
  /** Windows that hold records and have no row. */
  readonly windowsMissing: number;
  /** Profiles whose counts, extremes or bins differ from the log's. */
  readonly profilesDiffering: number;
  /** Windows that are merged and have no verdict on their volume. */
  readonly windowsUnjudged: number;
  readonly windowsCompared: number;
  readonly profilesCompared: number;
  /** Segments in the store, and those of them that tile the log. */
  readonly segmentCount: number;
  readonly pathSegmentCount: number;
}

interface Row {
  readonly [name: string]: unknown;
}

/** Bins that both sides are counted into: any edges will do, for windows of this size are kept exactly. */
const EDGES = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 1, 2, 5, 10, 50, 100, 200, 500];

export async function compare(port: number, truth: LogTruth, untilMs: number): Promise<Comparison> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port,
    user: "admin",
    password: "quest",
    database: "qdb",
  });
  await client.connect();
  try {
    const rows = async (sql: string) => (await client.query(sql)).rows as Row[];
    const segments = comparePaths(
      await rows("SELECT topic_partition, start_offset, end_offset, records_ok FROM segments"),
      await rows(
        "SELECT topic_partition, start_offset, end_offset, swimlane, window_start, record_count FROM segment_windows WHERE part = 0",
      ),
      truth,
    );
    const windows = compareWindows(
      await rows(`SELECT swimlane, window_start, record_count FROM windows WHERE ${OWN_SIZE}`),
      truth,
      untilMs,
    );
    const profiles = compareProfiles(
      await rows(`SELECT * FROM profiles WHERE feature <> '*' AND ${OWN_SIZE}`),
      truth,
      untilMs,
    );
    const judged = await rows(
      "SELECT swimlane, window_start FROM verdicts WHERE feature = '*' AND detector = 'volume'",
    );
    return {
      windowsUnjudged: countUnjudged(judged, truth, untilMs),
      lost: Math.max(segments.lost, windows.lost),
      doubled: Math.max(segments.doubled, windows.doubled),
      windowsMissing: windows.missing,
      windowsCompared: windows.compared,
      profilesDiffering: profiles.differing,
      profilesCompared: profiles.compared,
      segmentCount: segments.count,
      pathSegmentCount: segments.pathCount,
    };
  } finally {
    await client.end();
  }
}

/** The lanes' own windows; the hours merged from them are not in the truth. */
const OWN_SIZE = "window_size_ms < 3600000";

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Along a tiling of each partition, the counts by window must be the log's; what no tiling reaches is lost. */
function comparePaths(manifests: readonly Row[], counts: readonly Row[], truth: LogTruth) {
  let lost = 0;
  let doubled = 0;
  let pathCount = 0;
  for (const [partition, places] of truth.places.entries()) {
    const ranges = manifests
      .filter((row) => Number(row["topic_partition"]) === partition)
      .map((row) => ({ start: Number(row["start_offset"]), end: Number(row["end_offset"]) }));
    const path = tiling(ranges);
    pathCount += path.size;
    const reached = Math.max(0, ...[...path].map((name) => Number(name.split("-")[1])));
    lost += Math.max(0, places.length - reached);
    const expected = countBy(places.slice(0, reached));
    const counted = new Map<string, number>();
    const seen = new Set<string>();
    for (const row of counts) {
      if (Number(row["topic_partition"]) !== partition) continue;
      const name = `${row["start_offset"]}-${row["end_offset"]}`;
      const key = windowKey(String(row["swimlane"]), (row["window_start"] as Date).getTime());
      if (!path.has(name) || seen.has(`${name}|${key}`)) continue;
      seen.add(`${name}|${key}`);
      counted.set(key, (counted.get(key) ?? 0) + Number(row["record_count"]));
    }
    const difference = differences(expected, counted);
    lost += difference.lost;
    doubled += difference.doubled;
  }
  return { lost, doubled, pathCount, count: manifests.length };
}

/** Names of the ranges on the path from 0 that reaches furthest. */
function tiling(ranges: readonly Range[]): Set<string> {
  const arrivals = new Map<number, Range | undefined>([[0, undefined]]);
  for (const range of [...ranges].sort((a, b) => a.start - b.start || a.end - b.end))
    if (arrivals.has(range.start) && !arrivals.has(range.end)) arrivals.set(range.end, range);
  const path = new Set<string>();
  for (let at = arrivals.get(Math.max(...arrivals.keys())); at !== undefined; at = arrivals.get(at.start))
    path.add(`${at.start}-${at.end}`);
  return path;
}

function compareWindows(rows: readonly Row[], truth: LogTruth, untilMs: number) {
  const counted = new Map<string, number>();
  for (const row of rows) {
    const startMs = (row["window_start"] as Date).getTime();
    if (startMs < untilMs)
      counted.set(windowKey(String(row["swimlane"]), startMs), Number(row["record_count"]));
  }
  const expected = new Map<string, number>();
  for (const [key, window] of truth.windows)
    if (startOf(key) < untilMs) expected.set(key, window.recordCount);
  const missing = [...expected.keys()].filter((key) => !counted.has(key)).length;
  return { ...differences(expected, counted), missing, compared: expected.size };
}

function countUnjudged(rows: readonly Row[], truth: LogTruth, untilMs: number): number {
  const judged = new Set(
    rows.map((row) => windowKey(String(row["swimlane"]), (row["window_start"] as Date).getTime())),
  );
  return [...truth.windows.keys()].filter((key) => startOf(key) < untilMs && !judged.has(key)).length;
}

function compareProfiles(rows: readonly Row[], truth: LogTruth, untilMs: number) {
  let compared = 0;
  let differing = 0;
  const seen = new Set<string>();
  for (const row of rows) {
    const startMs = (row["window_start"] as Date).getTime();
    const key = windowKey(String(row["swimlane"]), startMs);
    const feature = truth.windows.get(key)?.features.get(String(row["feature"]));
    const name = `${key}|${row["feature"]}`;
    if (startMs >= untilMs || feature === undefined || seen.has(name)) continue;
    seen.add(name);
    compared++;
    if (!isEqual(row, feature)) differing++;
  }
  return { compared, differing };
}

type FeatureTruth = ReturnType<NonNullable<ReturnType<LogTruth["windows"]["get"]>>["features"]["get"]> &
  object;

function isEqual(row: Row, truth: FeatureTruth): boolean {
  const strings = [...truth.categories.values()].reduce((sum, count) => sum + count, 0);
  const counts = [truth.presentCount, truth.nullCount, truth.numbers.length, strings];
  const stored = ["present_count", "null_count", "number_count", "string_count"].map((n) => Number(row[n]));
  if (counts.some((count, i) => count !== stored[i])) return false;
  if (truth.numbers.length === 0) return categoriesEqual(row, truth);
  const extremes = [Math.min(...truth.numbers), Math.max(...truth.numbers)];
  if (row["min"] !== extremes[0] || row["max"] !== extremes[1]) return false;
  const items = listOf(row["kll_items"]);
  const weights = row["kll_weights"] === null ? items.map(() => 1) : listOf(row["kll_weights"]);
  const ones = truth.numbers.map(() => 1);
  return binsOf(items, weights).join() === binsOf(truth.numbers, ones).join();
}

function categoriesEqual(row: Row, truth: FeatureTruth): boolean {
  const names = JSON.parse(String(row["category_names"] ?? "[]")) as string[];
  const counts = listOf(row["category_counts"]);
  return (
    names.length === truth.categories.size &&
    names.every((name, i) => truth.categories.get(name) === counts[i])
  );
}

function binsOf(values: readonly number[], weights: readonly number[]): number[] {
  const bins = new Array<number>(EDGES.length + 1).fill(0);
  for (const [i, value] of values.entries()) {
    const at = EDGES.findIndex((edge) => value < edge);
    bins[at < 0 ? EDGES.length : at]! += weights[i]!;
  }
  return bins;
}

function listOf(value: unknown): number[] {
  if (Array.isArray(value)) return value.map(Number);
  return String(value ?? "{}")
    .slice(1, -1)
    .split(",")
    .filter((text) => text !== "")
    .map(Number);
}

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function differences(expected: ReadonlyMap<string, number>, counted: ReadonlyMap<string, number>) {
  let lost = 0;
  let doubled = 0;
  for (const key of new Set([...expected.keys(), ...counted.keys()])) {
    const difference = (counted.get(key) ?? 0) - (expected.get(key) ?? 0);
    if (difference < 0) lost -= difference;
    else doubled += difference;
  }
  return { lost, doubled };
}

function startOf(key: string): number {
  return Number(key.slice(key.lastIndexOf("|") + 1));
}
