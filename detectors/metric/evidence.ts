/**
 * Four questions to a new value, each answered by a number that is 0 when nothing is unusual:
 * is it beyond all seen (spike)? unlike this hour on any of the last seven days (rhythm)? were the last 48 windows
 * unlike each of those days (shape)? and has the level of the last 96 windows left the usual (shift)?
 */
import type { DayView } from "./days.ts";
import { type EvidenceName, LEVEL_WINDOWS, type MetricMemory } from "./memory.ts";
import { learnTail } from "./tail.ts";

export type Evidence = Record<EvidenceName, number>;

/** Extremes shrink towards the mean over a year of windows, so that a record isn't the measure for ever. */
const EXTREMES_WEEKS = 52;

export function evidenceOf(memory: MetricMemory, value: number, days: DayView): Evidence {
  const unit = spreadOf(memory);
  const span = memory.max - memory.min;
  const beyond = Math.max(0, value - memory.max, memory.min - value);
  return {
    range: memory.seen === 0 ? 0 : beyond / (span + floorOf(memory)),
    day: Number.isNaN(days.distance) ? 0 : days.distance / unit,
    stretch: Number.isNaN(days.stretchDistance) ? 0 : days.stretchDistance / unit,
    level: memory.seen === 0 ? 0 : Math.abs(recentMean(memory, value) - memory.mean) / unit,
  };
}

/** Standard deviation of the lane so far, never quite zero. */
export function spreadOf(memory: MetricMemory): number {
  return Math.sqrt(memory.variance) + floorOf(memory);
}

export function learnEvidence(memory: MetricMemory, value: number): void {
  learnExtremes(memory, value);
  learnMoments(memory, value);
  const at = memory.seen % LEVEL_WINDOWS;
  memory.lastSum += value - memory.last[at]!;
  memory.last[at] = value;
}

function recentMean(memory: MetricMemory, value: number): number {
  const known = Math.min(memory.seen + 1, LEVEL_WINDOWS);
  return (memory.lastSum - memory.last[memory.seen % LEVEL_WINDOWS]! + value) / known;
}

function learnExtremes(memory: MetricMemory, value: number): void {
  if (memory.seen === 0) {
    memory.min = value;
    memory.max = value;
    return;
  }
  const fade = 1 / (EXTREMES_WEEKS * memory.windowsPerWeek);
  memory.min = Math.min(value, memory.min + fade * (memory.mean - memory.min));
  memory.max = Math.max(value, memory.max - fade * (memory.max - memory.mean));
  learnTail(memory.tail, Math.abs(value - memory.mean), fade);
}

/** Welford's recursion; once the window limit is reached it turns into an exponential average. */
function learnMoments(memory: MetricMemory, value: number): void {
  const weight = 1 / Math.min(memory.seen + 1, memory.momentWindowsMax);
  const delta = value - memory.mean;
  memory.mean += weight * delta;
  memory.variance = (1 - weight) * (memory.variance + weight * delta * delta);
}

function floorOf(memory: MetricMemory): number {
  return 1e-9 + 1e-3 * Math.abs(memory.mean);
}
