/**
 * Reads a harness's input folder: `series.csv` (timestamp,swimlane,value) and, if there, `lanes.csv`
 * (swimlane,step_seconds,warmup_until,windows). Times without a zone are UTC. Nothing else is ever read.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface SeriesRow {
  readonly timestamp: string;
  readonly startMs: number;
  readonly value: number;
}

export interface SeriesLane {
  readonly name: string;
  readonly windowSizeMs: number;
  readonly rows: readonly SeriesRow[];
}

export function readSeries(folder: string): readonly SeriesLane[] {
  const rows = new Map<string, SeriesRow[]>();
  for (const [timestamp, lane, value] of readCsv(join(folder, "series.csv"))) {
    const row = { timestamp: timestamp!, startMs: timeOf(timestamp!), value: Number(value) };
    const known = rows.get(lane!);
    if (known) known.push(row);
    else rows.set(lane!, [row]);
  }
  const sizes = readWindowSizes(folder);
  return [...rows].map(([name, laneRows]) => ({
    name,
    rows: laneRows,
    windowSizeMs: sizes.get(name) ?? usualStepMs(laneRows),
  }));
}

function readWindowSizes(folder: string): Map<string, number> {
  const path = join(folder, "lanes.csv");
  const sizes = new Map<string, number>();
  if (!existsSync(path)) return sizes;
  for (const [lane, stepSeconds] of readCsv(path)) sizes.set(lane!, Number(stepSeconds) * 1000);
  return sizes;
}

function usualStepMs(rows: readonly SeriesRow[]): number {
  const steps = rows
    .slice(1)
    .map((row, i) => row.startMs - rows[i]!.startMs)
    .sort((a, b) => a - b);
  return Math.max(1_000, steps[steps.length >> 1] ?? 60_000);
}

/** The harness quotes nothing and puts no comma in a name. */
function readCsv(path: string): string[][] {
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(","));
}

function timeOf(timestamp: string): number {
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(timestamp) ? timestamp : `${timestamp.replace(" ", "T")}Z`);
}
