/**
 * Is a number that a pipeline computed unlike its own past? Two-sided: spikes, level shifts, a changed rhythm, a
 * value that is stuck.
 *
 * Four kinds of evidence are each turned into a surprise (how rare among the lane's own past), added, and the sum
 * is held to its own past again. So a surprise of 3 comes once in 1,000 windows whatever the metric's distribution,
 * and the page budget is a rate of windows. Within an episode only a new height counts.
 * Pure: no clock, no I/O, no randomness.
 */
import type { DetectorContext, SeriesDetector, SeriesPoint, SeriesStep } from "../contract.ts";
import { addToPast, surpriseOf } from "../lib/series/own-past.ts";
import { unmeasured } from "../lib/series/unmeasured.ts";
import { type WallTime, wallTimeAt } from "../lib/series/wall-clock.ts";
import { insufficient } from "../lib/verdicts.ts";
import { compareWithDays, learnDay } from "./days.ts";
import { departureOf, learnDeparture } from "./departure.ts";
import { type Evidence, evidenceOf, learnEvidence } from "./evidence.ts";
import { complete, EVIDENCE, type MetricMemory, startMemory } from "./memory.ts";
import { metricVerdict, type Surprise } from "./verdict.ts";

export interface MetricOptions {
  /** Windows that must have been seen before any is judged. @default 20 */
  readonly learningWindows: number;
  /** Windows of one and the same value, of a metric that never stood still so long, that are an anomaly. @default 24 */
  readonly stuckWindows: number;
  /** On which side of the expected a deviation is an anomaly. @default "both" */
  readonly sides: "both" | "low" | "high";
}

/** An episode's peak fades by half over this share of the windows seen so far, so that a long past needs news. */
const PEAK_HALF_LIFE_SHARE = 0.3;
const PEAK_HALF_LIFE_MIN = 50;

export const metric: SeriesDetector<MetricOptions, MetricMemory> = {
  input: "series",
  name: "metric",
  summary: "a computed number unlike its own past: spike, shift, changed rhythm, stuck",
  subjects: ["gauge"],
  defaults: { learningWindows: 20, stuckWindows: 24, sides: "both" },
  start: (context) => startMemory(context),
  step(point, memory, context, options) {
    if (!Number.isFinite(point.value)) return unmeasured(memory);
    return judge(point, memory, context, options);
  },
};

function judge(
  point: SeriesPoint,
  memory: MetricMemory,
  context: DetectorContext,
  options: MetricOptions,
): SeriesStep<MetricMemory> {
  const { value } = point;
  complete(memory);
  const wall = wallTimeAt(point.startMs, context.timeZone, memory.clock);
  const days = compareWithDays(memory, wall, value);
  const evidence = evidenceOf(memory, value, days);
  const surprise = surpriseOfAll(memory, evidence);
  const departure = departureOf(memory, value, days.rhythmDistance);
  const learning = memory.seen <= options.learningWindows;
  const expected = Number.isNaN(days.median) ? memory.mean : days.median;
  followRun(memory, value);
  const verdict = learning
    ? insufficient(`learning: ${memory.seen} of ${options.learningWindows} windows seen`)
    : metricVerdict(
        memory,
        { point, expected, evidence, surprise, departure, wanted: isWanted(value - expected, options) },
        context,
        options,
      );
  const limits = learning
    ? { expected: Number.NaN, lowerLimit: Number.NaN, upperLimit: Number.NaN }
    : { expected, lowerLimit: memory.min, upperLimit: memory.max };
  learnDeparture(memory, value, departure, verdict.answer === "anomalous");
  learn(memory, wall, value, evidence, surprise, learning);
  return { verdict, memory, ...limits, idle: learning };
}

function isWanted(departure: number, { sides }: MetricOptions): boolean {
  return sides === "both" || (sides === "low" ? departure < 0 : departure > 0);
}

function surpriseOfAll(memory: MetricMemory, evidence: Evidence): Surprise {
  const parts = { range: 0, day: 0, stretch: 0, level: 0 };
  let sum = 0;
  for (const name of EVIDENCE) {
    parts[name] = surpriseOf(memory.pasts[name], evidence[name]);
    sum += parts[name];
  }
  return { parts, sum, total: surpriseOf(memory.total, sum), peak: fadedPeak(memory) };
}

function fadedPeak(memory: MetricMemory): number {
  const halfLife = PEAK_HALF_LIFE_SHARE * Math.min(memory.seen, memory.momentWindowsMax) + PEAK_HALF_LIFE_MIN;
  return memory.peak * 0.5 ** (1 / halfLife);
}

function followRun(memory: MetricMemory, value: number): void {
  if (value === memory.previous) {
    memory.run++;
    return;
  }
  memory.longestRun = Math.max(memory.longestRun, memory.run);
  memory.run = 1;
  memory.previous = value;
}

function learn(
  memory: MetricMemory,
  wall: WallTime,
  value: number,
  evidence: Evidence,
  surprise: Surprise,
  learning: boolean,
): void {
  memory.peak = learning ? 0 : Math.max(surprise.peak, surprise.total);
  // The first windows surprise by being first: they'd fill the past with surprises that mean nothing.
  for (const name of EVIDENCE) addToPast(memory.pasts[name], evidence[name], memory.pastWindowsMax);
  addToPast(memory.total, learning ? 0 : surprise.sum, memory.pastWindowsMax);
  learnEvidence(memory, value);
  learnDay(memory, wall, value);
  memory.seen++;
}
