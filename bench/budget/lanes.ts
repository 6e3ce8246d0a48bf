/** Lanes without a fault, real and made up, as the windows that the auditor judges. All seeded. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { MetricOptions } from "../../src/audit/series-audit.ts";
import { hashText, type Random, seededRandom } from "../../src/base/random.ts";
import type { CompleteWindow } from "../../src/rollup/complete-window.ts";
import { ProfileArena } from "../../src/sketch/arena.ts";
import type { ProfileRow } from "../../src/store/contract.ts";
import { madeLanes } from "../drift/made/lanes.ts";
import { laneKinds, normal } from "../volume/lane-kinds.ts";

export interface CleanLane {
  readonly group: string;
  readonly name: string;
  readonly windowSizeMs: number;
  readonly windowCount: number;
  /** Windows at the start in which nobody is paged: the lane is learning. */
  readonly learningWindows: number;
  readonly metrics: Readonly<Record<string, MetricOptions>>;
  /** Half-open spans in which real lanes were disturbed: pages there are neither false nor counted. */
  readonly disturbed: readonly (readonly [startMs: number, endMs: number])[];
  readonly windows: () => Iterable<CompleteWindow>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Monday. */
const START_MS = Date.UTC(2024, 0, 1);

export function cleanLanes(seed: number, replicas: number): CleanLane[] {
  const lanes = [...realLanes()];
  for (let replica = 0; replica < replicas; replica++) {
    lanes.push(...countLanes(seed, replica), ...metricLanes(seed, replica));
  }
  // Folding rows costs most of the bench's time, and these lanes are judged by the drift benches too: once is enough.
  return [...lanes, ...featureLanes(seed)];
}

function realLanes(): CleanLane[] {
  const days = readFileSync(new URL("../data/series/events.csv", import.meta.url), "utf8")
    .trim()
    .split("\n");
  const disturbed = days.slice(1).map((row) => {
    const [first, last] = row.split(",").map((day) => Date.parse(`${day}T00:00:00Z`));
    return [first!, last! + DAY_MS] as const;
  });
  return ["bike_casual", "bike_registered", "nyc_taxi"].map((name) => {
    const path = new URL(`../data/series/${name}.csv.gz`, import.meta.url);
    const rows = gunzipSync(readFileSync(path)).toString().trim().split("\n").slice(1);
    const times = rows.map((row) => Date.parse(`${row.slice(0, 19)}Z`));
    const windowSizeMs = times[1]! - times[0]!;
    const counts = new Float64Array(Math.round((times.at(-1)! - times[0]!) / windowSizeMs) + 1);
    for (const [i, row] of rows.entries())
      counts[Math.round((times[i]! - times[0]!) / windowSizeMs)] = Number(row.slice(20));
    return { ...countLane("real counts", name, windowSizeMs, counts, times[0]!), disturbed };
  });
}

function countLanes(seed: number, replica: number): CleanLane[] {
  return laneKinds.map((kind) => {
    const random = seededRandom(hashText(`budget|${kind.name}|${seed}|${replica}`));
    const windowsPerDay = Math.round(DAY_MS / kind.windowSizeMs);
    const counts = kind.build(random, kind.weeks * 7 * windowsPerDay, windowsPerDay);
    return countLane("made counts", `${kind.name}#${replica}`, kind.windowSizeMs, counts, START_MS);
  });
}

function countLane(
  group: string,
  name: string,
  windowSizeMs: number,
  counts: Float64Array,
  startMs: number,
): CleanLane {
  const windowsPerDay = Math.round(DAY_MS / windowSizeMs);
  return {
    group,
    name,
    windowSizeMs,
    windowCount: counts.length,
    learningWindows: windowsPerDay === 1 ? 84 : 28 * windowsPerDay,
    metrics: {},
    disturbed: [],
    *windows() {
      for (const [i, count] of counts.entries())
        yield windowOf(name, startMs + i * windowSizeMs, windowSizeMs, count, []);
    },
  };
}

/** A number that a pipeline computed, window by window. */
type Draw = (at: number, random: Random, state: { value: number }) => number;

const GAUGES: Readonly<Record<string, Draw>> = {
  // A job's duration: a daily wave, noise that is skewed to the right.
  duration_s: (at, random) => (300 + 80 * wave(at)) * Math.exp(0.15 * normal(random)),
  // A price: a walk that is pulled back.
  price: (_at, random, state) => {
    state.value = 0.98 * state.value + normal(random);
    return 50 + state.value;
  },
  // A share near its ceiling.
  hit_rate: (at, random) => 1 - Math.min(1, Math.exp(-3.2 + 0.3 * wave(at) + 0.25 * normal(random))),
};

function metricLanes(seed: number, replica: number): CleanLane[] {
  const random = seededRandom(hashText(`budget|metrics|${seed}|${replica}`));
  const windowCount = 26 * 168;
  const name = `metrics#${replica}`;
  const rowsWritten: MetricOptions = { aggregate: "sum", missing: "zero" };
  return [
    {
      group: "made counts with metrics",
      name,
      windowSizeMs: HOUR_MS,
      windowCount,
      learningWindows: 28 * 24,
      metrics: { rows_written: rowsWritten },
      disturbed: [],
      *windows() {
        const states = new Map(Object.keys(GAUGES).map((gauge) => [gauge, { value: 0 }]));
        for (let at = 0; at < windowCount; at++) {
          const records = Math.round(400 * (1.3 + wave(at)) * Math.exp(0.08 * normal(random)));
          const values: [string, number][] = [["rows_written", 50 * records]];
          for (const [gauge, draw] of Object.entries(GAUGES))
            values.push([gauge, draw(at, random, states.get(gauge)!)]);
          yield windowOf(name, START_MS + at * HOUR_MS, HOUR_MS, records, values);
        }
      },
    },
  ];
}

function wave(hour: number): number {
  return Math.sin((2 * Math.PI * hour) / 24);
}

function featureLanes(seed: number): CleanLane[] {
  return madeLanes(seed).map((lane) => ({
    group: "made features",
    name: `${lane.name}@${seed}`,
    windowSizeMs: lane.windowSizeMs,
    windowCount: lane.windowCount,
    learningWindows: lane.referenceWindows,
    metrics: {},
    disturbed: [],
    *windows() {
      for (let at = 0; at < lane.windowCount; at++)
        yield rowsWindow(lane.name, START_MS + at * lane.windowSizeMs, lane.windowSizeMs, lane.rows(at));
    },
  }));
}

function rowsWindow(
  swimlane: string,
  windowStartMs: number,
  windowSizeMs: number,
  rows: readonly Readonly<Record<string, number | string | null>>[],
): CompleteWindow {
  const arena = new ProfileArena();
  const key = { windowStartMs, windowSizeMs, swimlane, source: "bench" };
  const features = [...new Set(rows.flatMap((row) => Object.keys(row)))].sort();
  const profiles = features.map((feature): ProfileRow => {
    const series = arena.open(hashText(feature));
    for (const row of rows) {
      const value = row[feature];
      if (value === null) arena.addNull(series);
      else if (typeof value === "number") arena.addNumber(series, value);
      else if (typeof value === "string") arena.addString(series, value);
    }
    const profile = arena.seal(series);
    return { ...key, feature, kind: "feature", revision: 1, recordCount: rows.length, profile };
  });
  return completeOf(key, rows.length, profiles);
}

function windowOf(
  swimlane: string,
  windowStartMs: number,
  windowSizeMs: number,
  recordCount: number,
  values: readonly (readonly [string, number])[],
): CompleteWindow {
  const key = { windowStartMs, windowSizeMs, swimlane, source: "bench" };
  const arena = values.length === 0 ? undefined : new ProfileArena();
  const profiles = values.map(([feature, value]): ProfileRow => {
    const series = arena!.open(hashText(feature));
    arena!.addNumber(series, value);
    return { ...key, feature, kind: "metric", revision: 1, recordCount: 1, profile: arena!.seal(series) };
  });
  return completeOf(key, recordCount, profiles);
}

function completeOf(
  key: { windowStartMs: number; windowSizeMs: number; swimlane: string; source: string },
  recordCount: number,
  profiles: readonly ProfileRow[],
): CompleteWindow {
  const counts = { recordCount, profileCount: profiles.length, segmentCount: 1 };
  return { window: { ...key, revision: 1, ...counts, mergedAtMs: 0 }, profiles };
}
