/**
 * One feature over time, by column, ready to draw. Pure: rows in, columns out.
 *
 * Where more windows are asked for than a chart has pixels, neighbours share a point: counts add up, means and
 * quantiles average by how many numbers they stand for. The answer says how wide a point is, and marks keep their
 * exact window, so an anomaly never disappears in a wide point.
 */
import { groupBy } from "../../base/group-by.ts";
import type { VerdictRow, WindowRow } from "../../store/contract.ts";
import { readExplanation } from "../verdicts/explanation.ts";
import type { MarkAnswer, Maybe, SeriesAnswer } from "../wire.ts";
import type { Point } from "./lean-reads.ts";

/** More than are drawn, so that a page that adds the newest points to those it has finds its lines again. */
const CATEGORY_LINES_MAX = 12;
const QUANTILES = ["p05", "p25", "p50", "p75", "p95"] as const;

/** Steps that people read off an axis without arithmetic. */
const STEPS_MS = [1, 2, 5, 10, 15, 30]
  .flatMap((n) => [n * 1_000, n * 60_000])
  .concat([1, 2, 3, 6, 12, 24, 48, 168, 336, 672].map((hours) => hours * 3_600_000))
  .sort((a, b) => a - b);

/** The width of a point: the window's own size, or the smallest step of whole windows that fits. */
export function stepFor(spanMs: number, windowSizeMs: number, pointsMax: number): number {
  const least = spanMs / pointsMax;
  if (least <= windowSizeMs) return windowSizeMs;
  const step = STEPS_MS.find((candidate) => candidate >= least && candidate % windowSizeMs === 0);
  return step ?? Math.ceil(least / windowSizeMs) * windowSizeMs;
}

/** The records of a source as a whole, from its merged windows and what the volume verdicts had expected. */
export function volumeSeries(
  windows: readonly WindowRow[],
  verdicts: readonly VerdictRow[],
  stepMs: number,
): SeriesAnswer {
  const groups = groupByStep(windows, (row) => row.windowStartMs, stepMs);
  const limits = limitsByWindow(verdicts);
  // A point that lacks some of its windows (the newest one, still filling) is no point yet: its sum would look like a drop.
  const whole = (rows: readonly WindowRow[]) => rows.length * rows[0]!.windowSizeMs >= stepMs;
  const sum = (rows: readonly WindowRow[], of: (row: WindowRow) => Maybe) =>
    whole(rows) ? sumWhole(rows.map(of)) : null;
  const expectation = (side: "expected" | "lower" | "upper") =>
    groups.map(([, rows]) => sum(rows, (row) => limits.get(row.windowStartMs)?.[side] ?? null));
  return {
    ...emptySeries("*"),
    startMs: groups.map(([startMs]) => startMs),
    count: groups.map(([, rows]) => sum(rows, (row) => row.recordCount)),
    expected: expectation("expected"),
    lower: expectation("lower"),
    upper: expectation("upper"),
    marks: marksOf(verdicts),
  };
}

export function featureSeries(
  feature: string,
  points: readonly Point[],
  verdicts: readonly VerdictRow[],
  stepMs: number,
): SeriesAnswer {
  const groups = groupByStep(points, (point) => point.startMs, stepMs);
  const limits = limitsByWindow(verdicts);
  const average = (of: (point: Point) => Maybe) => groups.map(([, members]) => weightedMean(members, of));
  const expectation = (side: "expected" | "lower" | "upper") =>
    average((point) => limits.get(point.startMs)?.[side] ?? null);
  const [p05, p25, p50, p75, p95] = QUANTILES.map((quantile) => average((point) => point[quantile]));
  return {
    ...emptySeries(feature),
    startMs: groups.map(([startMs]) => startMs),
    count: groups.map(([, members]) => total(members, (point) => point.presentCount)),
    nullShare: groups.map(([, members]) =>
      share(
        total(members, (point) => point.nullCount),
        total(members, (point) => point.presentCount),
      ),
    ),
    mean: average((point) => point.mean),
    p05: p05!,
    p25: p25!,
    p50: p50!,
    p75: p75!,
    p95: p95!,
    expected: expectation("expected"),
    lower: expectation("lower"),
    upper: expectation("upper"),
    categories: categoryLines(groups),
    marks: marksOf(verdicts),
  };
}

function emptySeries(feature: string): SeriesAnswer {
  const none: readonly Maybe[] = [];
  const columns = { nullShare: none, mean: none, p05: none, p25: none, p50: none, p75: none, p95: none };
  return {
    feature,
    startMs: [],
    count: none,
    ...columns,
    expected: none,
    lower: none,
    upper: none,
    categories: [],
    marks: [],
  };
}

type Groups<Row> = readonly (readonly [startMs: number, rows: readonly Row[]])[];

function groupByStep<Row>(rows: readonly Row[], startOf: (row: Row) => number, stepMs: number): Groups<Row> {
  const groups = groupBy(rows, (row) => Math.floor(startOf(row) / stepMs) * stepMs);
  return [...groups].sort(([a], [b]) => a - b);
}

type Limits = ReadonlyMap<number, { readonly expected: Maybe; readonly lower: Maybe; readonly upper: Maybe }>;

/** Several detectors may have had an expectation of a window; the first by name is drawn, always the same one. */
function limitsByWindow(verdicts: readonly VerdictRow[]): Limits {
  const limits = new Map<number, { expected: Maybe; lower: Maybe; upper: Maybe }>();
  for (const verdict of [...verdicts].sort((a, b) => (a.detector < b.detector ? -1 : 1))) {
    const { expected, lower, upper } = readExplanation(verdict.explanation);
    if (limits.has(verdict.windowStartMs) || (expected === null && lower === null && upper === null))
      continue;
    limits.set(verdict.windowStartMs, { expected, lower, upper });
  }
  return limits;
}

function marksOf(verdicts: readonly VerdictRow[]): readonly MarkAnswer[] {
  return verdicts
    .filter((verdict) => verdict.answer === "anomalous")
    .sort((a, b) => a.windowStartMs - b.windowStartMs)
    .map((verdict) => ({
      startMs: verdict.windowStartMs,
      endMs: verdict.windowStartMs + verdict.windowSizeMs,
      detector: verdict.detector,
      severity: verdict.severity,
      summary: verdict.summary,
      incidentId: verdict.incidentId,
    }));
}

/** Ranked by their share of the whole span and of the point where they stood highest: what is new counts too. */
function categoryLines(groups: Groups<Point>): SeriesAnswer["categories"] {
  const ranks = new Map<string, number>();
  const highest = new Map<string, number>();
  const all = groups.reduce((sum, [, points]) => sum + total(points, (point) => point.nameCount), 0);
  for (const [, points] of groups) {
    const whole = total(points, (point) => point.nameCount);
    for (const [name, count] of sumOfNames(points)) {
      ranks.set(name, (ranks.get(name) ?? 0) + count / all);
      highest.set(name, Math.max(highest.get(name) ?? 0, count / whole));
    }
  }
  const rank = (name: string) => (ranks.get(name) ?? 0) + (highest.get(name) ?? 0);
  const names = [...ranks.keys()]
    .sort((a, b) => rank(b) - rank(a) || (a < b ? -1 : 1))
    .slice(0, CATEGORY_LINES_MAX);
  const inPoints = (points: readonly Point[], name: string) =>
    share(
      total(points, (point) => point.names.get(name) ?? 0),
      total(points, (point) => point.nameCount),
    );
  return names.map((name) => ({ name, share: groups.map(([, points]) => inPoints(points, name)) }));
}

function sumOfNames(points: readonly Point[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const point of points)
    for (const [name, count] of point.names) sums.set(name, (sums.get(name) ?? 0) + count);
  return sums;
}

/** `null` when one of them is missing: half a sum would look like a drop. */
function sumWhole(values: readonly Maybe[]): Maybe {
  let sum = 0;
  for (const value of values) {
    if (value === null) return null;
    sum += value;
  }
  return sum;
}

function weightedMean(points: readonly Point[], of: (point: Point) => Maybe): Maybe {
  let sum = 0;
  let weight = 0;
  for (const point of points) {
    const value = of(point);
    if (value === null) continue;
    sum += value * Math.max(1, point.numberCount);
    weight += Math.max(1, point.numberCount);
  }
  return weight === 0 ? null : sum / weight;
}

const total = (points: readonly Point[], of: (point: Point) => number) =>
  points.reduce((sum, point) => sum + of(point), 0);
const share = (part: number, whole: number): Maybe => (whole === 0 ? null : part / whole);
