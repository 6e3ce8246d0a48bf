/**
 * What is learned of a window, and of which windows nothing is?
 *
 * Variances and the past of scores see the windows that paged by a little, clipped or censored: a lane with bad days
 * must widen itself. They don't see those that paged by far, or the same outage thirty times over would hide the
 * next. Season, level and forecast never see an anomalous window, or the baseline would learn the fault.
 */
import type { Verdict } from "../contract.ts";
import type { WallTime } from "../lib/series/wall-clock.ts";
import { clip, learnBaseline } from "./baseline.ts";
import { type Lesson, settleLessons } from "./dips.ts";
import { endEpisode, followEpisode } from "./episode.ts";
import { type Explained, kindRow } from "./explain.ts";
import { teachesNoise } from "./footing.ts";
import { type Innovation, learnForecast, learnInnovationVariance } from "./forecast.ts";
import type { VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";
import { levelMove } from "./new-level.ts";
import { learnLevelNoise, learnNoise } from "./noise.ts";
import type { ScoredWindow } from "./scores.ts";
import { learnPower } from "./shares.ts";
import { fallBack, lift, noteScores, openBlock, type Thresholds } from "./threshold.ts";
import { leadingChannel } from "./verdict.ts";

export interface Outcome {
  readonly explained: Explained;
  readonly count: number;
  readonly wall: WallTime;
  readonly slot: number;
  readonly innovation: Innovation;
  readonly scores: ScoredWindow;
  readonly thresholds: Thresholds;
  readonly verdict: Verdict;
  /** The verdict's own score passed; false where it is only the rest of an open episode. */
  readonly paged: boolean;
  readonly budget: number;
}

export function learn(memory: VolumeMemory, seen: Outcome): void {
  const { slot, innovation, paged, verdict } = seen;
  const { judged, own, excused } = seen.explained;
  const { raw } = seen.scores;
  const newPageStatistic = paged && !memory.episode.open ? verdict.statistic : 0;
  const sure = paged && (verdict.certain || verdict.statistic > method.surePage);
  openBlock(memory);
  fallBack(memory, seen.budget);
  learnPower(memory, judged, innovation);
  if (!sure && teachesNoise(memory, seen.explained.season.footing)) {
    const near = newPageStatistic > 1 && newPageStatistic < method.nearPage;
    const leader = leadingChannel(seen.scores.gated, seen.thresholds);
    const lesson: Lesson = {
      scores: { once: raw.once.score, sums: raw.sums.score, ratio: raw.ratio.score },
      slot,
      residual: judged.residual,
      deviation: judged.deviation,
      expected: judged.expected,
      error: judged.residual - innovation.forecast,
      errorDeviation: innovation.deviation,
      nearPage: near ? leader : "",
    };
    for (const settled of settleLessons(memory, lesson)) learnLesson(memory, settled);
  } else if (!sure) learnLevelNoise(memory, judged);
  followEpisode(memory, judged.residual, paged);
  const logRatio = Math.log((seen.count + 0.5) / (own.expected + 0.5));
  const move = levelMove(memory, excused.residual, logRatio);
  if (move !== 0) moveLevel(memory, seen, move);
  else if (!memory.episode.open && verdict.answer !== "anomalous") learnLevelAndForecast(memory, seen);
}

function learnLesson(memory: VolumeMemory, lesson: Lesson): void {
  noteScores(memory, lesson.scores);
  learnNoise(memory, lesson);
  learnInnovationVariance(memory, lesson);
  if (lesson.nearPage !== "") lift(memory, lesson.nearPage);
}

/**
 * Kept of every window, anomalous or in a known event: tomorrow is compared with it. Nothing is kept of windows shorter
 * than a slot: the window before would stand for yesterday, and an outage would excuse itself by its third window.
 */
export function rememberResiduals(
  memory: VolumeMemory,
  wall: WallTime,
  slot: number,
  residual: number,
): void {
  if (memory.grid.windowsPerDay > memory.grid.slotsPerDay) return;
  memory.forecast.yesterday[slot] = residual;
  memory.forecast.lastWeek[wall.weekday * memory.grid.slotsPerDay + slot] = residual;
  const ofKind = kindRow(memory, wall.weekday) + slot;
  memory.forecast.lastButOneOfKind[ofKind] = memory.forecast.lastOfKind[ofKind]!;
  memory.forecast.lastOfKind[ofKind] = residual;
}

function learnLevelAndForecast(memory: VolumeMemory, seen: Outcome): void {
  const { recent } = memory;
  learnBaseline(
    memory,
    seen.wall,
    seen.slot,
    seen.count,
    seen.explained.own.expected,
    seen.explained.season.log,
  );
  learnForecast(memory, seen.innovation, seen.explained.judged.residual);
  const logRatio = Math.log((seen.count + 0.5) / (seen.explained.judged.expected + 0.5));
  recent.ratioMean += method.ratioMemory * (clip(logRatio, method.ratioClip) - recent.ratioMean);
  recent.countMin = Math.min(recent.countMin, seen.count);
  memory.learned++;
}

function moveLevel(memory: VolumeMemory, seen: Outcome, move: number): void {
  endEpisode(memory);
  memory.baseline.pooled = Math.log(seen.count + 0.5);
  memory.recent.countMin = seen.count;
  memory.forecast.lastOfKind.fill(0);
  memory.forecast.lastButOneOfKind.fill(0);
  if (seen.explained.season.footing !== "level") memory.baseline.level += move;
}
