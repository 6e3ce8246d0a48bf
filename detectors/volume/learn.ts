/**
 * What is learned of a window, and of which windows nothing is?
 *
 * Variances and the past of scores see every window, clipped or censored; season, level and forecast never see one
 * that was anomalous, or the baseline would learn the fault.
 */
import type { Verdict } from "../contract.ts";
import type { WallTime } from "../lib/series/wall-clock.ts";
import { clip, learnBaseline } from "./baseline.ts";
import { followEpisode, type LevelMove } from "./episode.ts";
import { type Explained, kindRow } from "./explain.ts";
import { type Innovation, learnForecast, learnInnovationVariance } from "./forecast.ts";
import type { VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";
import { learnNoise } from "./noise.ts";
import type { ScoredWindow } from "./scores.ts";
import { noteScores, steerByPages, type Thresholds } from "./threshold.ts";
import { leadingChannel } from "./verdict.ts";

export interface Outcome extends Explained {
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
  const { judged, slot, innovation, paged, verdict } = seen;
  const newPageStatistic = paged && !memory.episode.open ? verdict.statistic : 0;
  noteScores(memory, seen.scores.raw);
  steerByPages(memory, seen.budget, leadingChannel(seen.scores.gated, seen.thresholds), newPageStatistic);
  learnNoise(memory, slot, judged.residual, judged.deviation, judged.expected);
  learnInnovationVariance(memory, innovation, judged.residual);
  const move = followEpisode(memory, { count: seen.count, judged, own: seen.own, paged });
  if (move) moveLevel(memory, seen, move);
  else if (!memory.episode.open && verdict.answer !== "anomalous") learnLevelAndForecast(memory, seen);
}

/** Kept of every window, anomalous or in a known event: tomorrow is compared with it. */
export function rememberResiduals(
  memory: VolumeMemory,
  wall: WallTime,
  slot: number,
  residual: number,
): void {
  memory.forecast.yesterday[slot] = residual;
  memory.forecast.lastWeek[wall.weekday * memory.grid.slotsPerDay + slot] = residual;
  memory.forecast.lastOfKind[kindRow(memory, wall.weekday) + slot] = residual;
}

function learnLevelAndForecast(memory: VolumeMemory, seen: Outcome): void {
  const { recent } = memory;
  learnBaseline(memory, seen.wall, seen.slot, seen.count, seen.own.expected, seen.season.log);
  learnForecast(memory, seen.innovation, seen.judged.residual);
  const logRatio = Math.log((seen.count + 0.5) / (seen.judged.expected + 0.5));
  recent.ratioMean += method.ratioMemory * (clip(logRatio, method.ratioClip) - recent.ratioMean);
  recent.countMin = Math.min(recent.countMin, seen.count);
  memory.learned++;
}

function moveLevel(memory: VolumeMemory, seen: Outcome, move: LevelMove): void {
  memory.baseline.pooled = Math.log(seen.count + 0.5);
  memory.recent.countMin = seen.count;
  if (seen.season.footing !== "level") memory.baseline.level += move.logRatio;
}
