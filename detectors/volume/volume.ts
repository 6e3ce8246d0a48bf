/**
 * Volume drop: did fewer records come than this hour of the week, the lane's level and the last hours foretell?
 *
 * Expected count = season × level. The residual, on a root scale, is freed of what a holiday, a clock change, the
 * last day of its kind and the last hours explain. What is left is scored in three ways (at once, summed, as a
 * ratio), and each is held to a threshold that the lane's own past sets for the page budget. A spike is never a page.
 * Pure: no clock, no I/O, no randomness.
 */
import type { DetectorContext, SeriesDetector, SeriesPoint, SeriesStep, Verdict } from "../contract.ts";
import { unmeasured } from "../lib/series/unmeasured.ts";
import { type WallTime, wallTimeAt } from "../lib/series/wall-clock.ts";
import { insufficient } from "../lib/verdicts.ts";
import type { Judged } from "./alternatives.ts";
import { openDay } from "./baseline.ts";
import { RECENT_WINDOWS } from "./channels.ts";
import { explain } from "./explain.ts";
import { forecastResidual } from "./forecast.ts";
import { learn, rememberResiduals } from "./learn.ts";
import { lowerLimit } from "./limits.ts";
import { startMemory, type VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";
import { root } from "./noise.ts";
import { NO_SCORES, scoreWindow, usualCount } from "./scores.ts";
import { ownBudget, type Scores, type Thresholds, thresholdsFor } from "./threshold.ts";
import { judgedVerdict, leadingChannel } from "./verdict.ts";

export interface VolumeOptions {
  /** Windows that must have been seen before any is judged. @default 20 */
  readonly learningWindows: number;
  /** A lane that is still learning pages only below this share of the least it has seen. In (0, 1]. @default 0.7 */
  readonly learningLossShare: number;
}

export const volume: SeriesDetector<VolumeOptions, VolumeMemory> = {
  input: "series",
  name: "volume",
  subjects: ["records", "count"],
  summary: "fewer records than the season, the level and the last hours of this lane foretell",
  defaults: { learningWindows: 20, learningLossShare: 0.7 },
  memoryVersion: 3,
  start: (context) => startMemory(context),
  step(point, memory, context, options) {
    if (Number.isNaN(point.value)) return unmeasured(memory);
    const wall = wallTimeAt(point.startMs, context.timeZone, memory.clock);
    openDay(memory, wall.day);
    const step = judge(point, wall, memory, context, options);
    memory.seen++;
    return step;
  },
};

function judge(
  point: SeriesPoint,
  wall: WallTime,
  memory: VolumeMemory,
  context: DetectorContext,
  options: VolumeOptions,
): SeriesStep<VolumeMemory> {
  const count = point.value;
  const slot = Math.min(memory.grid.slotsPerDay - 1, Math.floor(wall.timeOfDayMs / memory.grid.slotMs));
  const explained = explain(memory, wall, slot, count);
  const { judged, season } = explained;
  const innovation = forecastResidual(memory.forecast, wall.weekday, slot);
  rememberWindow(memory, point, judged);
  const budget = ownBudget(context);
  const scores = scoreWindow(memory, count, judged, innovation, budget);
  const thresholds = thresholdsFor(memory, season.footing, budget, judged.ambiguous);
  const known = eventAt(context, point.startMs);
  const learning = memory.seen < options.learningWindows;
  const barred = season.footing === "level" && !(count < options.learningLossShare * memory.recent.countMin);
  const gated = barred ? NO_SCORES : scores.gated;
  const verdict = learning
    ? insufficient(`learning: ${memory.seen} of ${options.learningWindows} windows seen`)
    : judgedVerdict(memory, {
        count,
        judged,
        scores: gated,
        thresholds,
        known,
        counted: context.feature === "*" ? "records" : context.feature,
        still: isStillLow(memory, count, judged),
      });
  const shown = learning
    ? { expected: Number.NaN, lowerLimit: Number.NaN }
    : { expected: usualCount(judged, innovation), lowerLimit: lowerLimit(judged, innovation, thresholds) };
  rememberResiduals(memory, wall, slot, explained.excused.residual);
  if (known === "") {
    const paged = isPage(verdict, gated, thresholds);
    learn(memory, {
      explained,
      count,
      wall,
      slot,
      innovation,
      scores,
      thresholds,
      verdict,
      paged,
      budget,
    });
  }
  return { verdict, memory, ...shown, upperLimit: Number.NaN, idle: learning || isTooSparse(memory) };
}

/** So few records in a day of windows that not even their sum is judged. */
function isTooSparse(memory: VolumeMemory): boolean {
  return memory.recent.expected.reduce((sum, expected) => sum + expected, 0) < method.expectedMin;
}

function rememberWindow(memory: VolumeMemory, point: SeriesPoint, judged: Judged): void {
  const { recent } = memory;
  const at = memory.seen % RECENT_WINDOWS;
  recent.residual[at] = judged.residual;
  recent.weight[at] = (root(judged.expected) - root(0)) / judged.deviation;
  recent.count[at] = point.value;
  recent.expected[at] = judged.expected;
  recent.startMs[at] = point.startMs;
  recent.ratioBefore[at] = recent.ratioMean;
  recent.reach = Math.min(RECENT_WINDOWS, recent.reach + 1);
}

/** The rest of a stretch that paged is anomalous too, until a window is as usual: one incident, not several. */
function isStillLow(memory: VolumeMemory, count: number, judged: Judged): boolean {
  return (
    memory.episode.open &&
    judged.residual < method.episodeEnd &&
    count < (1 - method.gateLoss) * judged.expected
  );
}

function isPage(verdict: Verdict, scores: Scores, thresholds: Thresholds): boolean {
  const leader = leadingChannel(scores, thresholds);
  return verdict.answer === "anomalous" && scores[leader].score > thresholds[leader];
}

function eventAt(context: DetectorContext, timeMs: number): string {
  return context.knownEvents.find((event) => timeMs >= event.startMs && timeMs < event.endMs)?.name ?? "";
}
