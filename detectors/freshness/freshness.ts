/**
 * Has a source that writes in bursts, or once a day, become older than its own rhythm allows?
 *
 * Where most windows are empty by nature, a count says little and silence means nothing by itself. What counts is the
 * age of the newest record: at this hour of the week, how old had it ever become? Lateness beyond that is held to
 * the lane's own past of lateness. Lanes that write in every window are left to `volume`.
 * Pure: no clock, no I/O, no randomness; "now" is the end of the window.
 */
import type { DetectorContext, SeriesDetector, SeriesPoint, SeriesStep, Verdict } from "../contract.ts";
import { type WallTime, wallTimeAt } from "../lib/series/wall-clock.ts";
import { insufficient } from "../lib/verdicts.ts";
import { latenessThreshold, noteLateness } from "./lateness.ts";
import { type FreshnessMemory, learnAge, startMemory, usualAgeMs } from "./memory.ts";

export interface FreshnessOptions {
  /** Silences that must have ended before one is judged. @default 5 */
  readonly silencesMin: number;
  /** Below this share of empty windows the lane is dense, and `volume` judges it. @default 0.25 */
  readonly emptyShareMin: number;
}

const EMPTY_RATE = 0.01;
const SIGNIFICANCE_MAX = 12;

export const freshness: SeriesDetector<FreshnessOptions, FreshnessMemory> = {
  input: "series",
  name: "freshness",
  subjects: ["records"],
  summary: "no new record for longer than this source's own rhythm allows",
  defaults: { silencesMin: 5, emptyShareMin: 0.25 },
  start: (context) => startMemory(context),
  step(point, memory, context, options) {
    if (Number.isNaN(point.value))
      return stepOf(insufficient("nothing was measured in this window"), memory, true);
    const wall = wallTimeAt(point.startMs, context.timeZone, memory.clock);
    const ageMs = ageAt(memory, point);
    const usualMs = usualOf(memory, wall, point);
    const verdict = judge(point, ageMs, usualMs, memory, context, options, wall);
    learn(memory, point, wall, ageMs, verdict);
    return stepOf(verdict, memory, verdict.answer === "insufficient" || isDense(memory, options));
  },
};

function stepOf(verdict: Verdict, memory: FreshnessMemory, idle: boolean): SeriesStep<FreshnessMemory> {
  // The series shown is the count of records, which this detector neither expects nor limits.
  return { verdict, memory, expected: Number.NaN, lowerLimit: Number.NaN, upperLimit: Number.NaN, idle };
}

function isDense(memory: FreshnessMemory, options: FreshnessOptions): boolean {
  return memory.emptyShare < options.emptyShareMin;
}

/** Age of the newest record at the end of the window; 0 when the window brought one. NaN before the first. */
function ageAt(memory: FreshnessMemory, point: SeriesPoint): number {
  return point.value > 0 ? 0 : point.endMs - memory.newestMs;
}

/** Greatest usual age, at least a window; without three weeks of season the longest silence so far. */
function usualOf(memory: FreshnessMemory, wall: WallTime, point: SeriesPoint): number {
  const seasonal = usualAgeMs(memory, wall);
  return Math.max(point.endMs - point.startMs, Number.isNaN(seasonal) ? memory.longestMs : seasonal);
}

function judge(
  point: SeriesPoint,
  ageMs: number,
  usualMs: number,
  memory: FreshnessMemory,
  context: DetectorContext,
  options: FreshnessOptions,
  wall: WallTime,
): Verdict {
  if (Number.isNaN(memory.newestMs)) return insufficient("no record has come yet");
  if (memory.silences < options.silencesMin && !isDense(memory, options)) {
    return insufficient(`learning: ${memory.silences} of ${options.silencesMin} silences have ended`);
  }
  const threshold = latenessThreshold(memory, !Number.isNaN(usualAgeMs(memory, wall)), context);
  const statistic = isDense(memory, options) ? 0 : ageMs / usualMs;
  if (statistic <= threshold) return verdictOf("ok", statistic, threshold, "", context, point);
  const summary = `no record for ${duration(ageMs)}; at this hour of the week it was at most ${duration(usualMs)}`;
  const part = {
    label: "age of the newest record, hours",
    reference: usualMs / 3_600_000,
    current: ageMs / 3_600_000,
    contribution: statistic,
  };
  return { ...verdictOf("anomalous", statistic, threshold, summary, context, point), parts: [part] };
}

function verdictOf(
  answer: "ok" | "anomalous",
  statistic: number,
  threshold: number,
  summary: string,
  context: DetectorContext,
  point: SeriesPoint,
): Verdict {
  const known = context.knownEvents.some(
    (event) => point.startMs >= event.startMs && point.startMs < event.endMs,
  );
  return {
    answer,
    statistic,
    threshold,
    effect: Math.max(0, statistic - 1),
    significance: Math.min(SIGNIFICANCE_MAX, statistic <= 1 ? 0 : (3 * statistic) / threshold),
    sketchError: 0,
    severity: answer === "anomalous" && !known ? "page" : "info",
    certain: false,
    summary,
    parts: [],
  };
}

function learn(
  memory: FreshnessMemory,
  point: SeriesPoint,
  wall: WallTime,
  ageMs: number,
  verdict: Verdict,
): void {
  memory.emptyShare += EMPTY_RATE * ((point.value > 0 ? 0 : 1) - memory.emptyShare);
  // Late silences join the past too (the tail is censored): a source that is often late must widen itself.
  noteLateness(memory, point.startMs, Number.isNaN(verdict.statistic) ? 0 : verdict.statistic);
  if (!Number.isNaN(ageMs) && verdict.answer !== "anomalous") learnAge(memory, wall, ageMs);
  if (point.value <= 0) return;
  endSilence(memory, point);
  memory.newestMs = point.endMs;
}

/** A silence that ended without a page is part of the rhythm; one that paged was a fault and isn't. */
function endSilence(memory: FreshnessMemory, point: SeriesPoint): void {
  const silentMs = point.startMs - memory.newestMs;
  if (!(silentMs > 0)) return;
  memory.silences++;
  const usable = memory.longestMs === 0 || silentMs <= 4 * memory.longestMs;
  if (usable) memory.longestMs = Math.max(memory.longestMs, silentMs);
}

function duration(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours < 2) return `${Math.round(ms / 60_000)} minutes`;
  return hours < 72 ? `${Math.round(hours)} hours` : `${Math.round(hours / 24)} days`;
}
