/**
 * Volume drop: did fewer records come than this hour of the week, the lane's level and the last hours foretell?
 *
 * Expected count = season × level. The residual, on a root scale, is freed of what a holiday, a clock change,
 * yesterday and the last hours explain. What is left is scored in three ways (at once, summed, as a ratio), and
 * each is held to a threshold that the lane's own past sets for the page budget. A spike is never a page.
 * Pure: no clock, no I/O, no randomness.
 */
import type { DetectorContext, SeriesDetector, SeriesPoint, SeriesStep, Verdict } from "../contract.ts";
import { type WallTime, wallTimeAt } from "../lib/series/wall-clock.ts";
import { considerAlternatives, type Judged, judgeAgainst } from "./alternatives.ts";
import { clip, type Footing, footingAt, learnBaseline, openDay, seasonAt } from "./baseline.ts";
import { type ChannelScore, ratioScore, sumScore } from "./channels.ts";
import { followEpisode } from "./episode.ts";
import { forecastResidual, type Innovation, learnForecast, learnInnovationVariance } from "./forecast.ts";
import { RECENT_WINDOWS, startMemory, type VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";
import { countAtRoot, learnNoise, root } from "./noise.ts";
import {
  noteScores,
  ownBudget,
  ownPastThresholds,
  type Scores,
  steerByPages,
  type Thresholds,
  theoryThresholds,
} from "./threshold.ts";
import { insufficient, judgedVerdict, leadingChannel } from "./verdict.ts";

export interface VolumeOptions {
  /** Windows that must have been seen before any is judged. @default 20 */
  readonly learningWindows: number;
  /** A lane that is still learning pages only below this share of the least it has seen. In (0, 1]. @default 0.7 */
  readonly learningLossShare: number;
}

export const volume: SeriesDetector<VolumeOptions, VolumeMemory> = {
  input: "series",
  name: "volume",
  summary: "fewer records than the season, the level and the last hours of this lane foretell",
  defaults: { learningWindows: 20, learningLossShare: 0.7 },
  start: (context) => startMemory(context),
  step(point, memory, context, options) {
    if (Number.isNaN(point.value)) return skipped(memory);
    const wall = wallTimeAt(point.startMs, context.timeZone, memory.clock);
    openDay(memory, wall.day);
    const step = judge(point, wall, memory, context, options);
    memory.seen++;
    memory.lastStartMs = point.startMs;
    return step;
  },
};

function skipped(memory: VolumeMemory): SeriesStep<VolumeMemory> {
  const verdict = insufficient("nothing was measured in this window");
  return { verdict, memory, expected: Number.NaN, lowerLimit: Number.NaN, upperLimit: Number.NaN };
}

function judge(
  point: SeriesPoint,
  wall: WallTime,
  memory: VolumeMemory,
  context: DetectorContext,
  options: VolumeOptions,
): SeriesStep<VolumeMemory> {
  const count = point.value;
  const slot = Math.min(memory.grid.slotsPerDay - 1, Math.floor(wall.timeOfDayMs / memory.grid.slotMs));
  const season = seasonAt(memory, wall.day, slot);
  const footing = footingAt(memory, wall.day, slot);
  const own = judgeAgainst(memory, slot, count, ownExpectation(memory, season));
  const explained = considerAlternatives(memory, wall, slot, count, own);
  const judged = compareWithYesterday(memory, wall.weekday, slot, explained);
  const innovation = forecastResidual(memory.forecast, slot, wall.weekday * memory.grid.slotsPerDay + slot);
  remember(memory, point, judged);
  const budget = ownBudget(context);
  const { raw, gated: scores } = scoreChannels(memory, count, judged, innovation, budget);
  const thresholds =
    footing === "level" ? theoryThresholds(memory, budget) : ownPastThresholds(memory, budget);
  if (judged.ambiguous && method.ambiguousLift)
    for (const n of ["once", "sums", "ratio"] as const) thresholds[n] *= 1 + method.ambiguousLift;
  const known = eventAt(context, point.startMs);
  const verdict = answer(memory, count, judged, scores, thresholds, footing, known, options);
  const limits = {
    expected: usualCount(judged, innovation),
    lowerLimit: lowerLimit(judged, innovation, thresholds),
  };
  learn(memory, {
    count,
    wall,
    slot,
    season,
    own,
    explained,
    judged,
    innovation,
    scores,
    thresholds,
    raw,
    verdict,
    budget,
    known,
  });
  return { verdict, memory, ...limits, upperLimit: Number.NaN };
}

function ownExpectation(memory: VolumeMemory, season: number): number {
  const { level, pooled } = memory.baseline;
  const log = Number.isNaN(season) ? pooled : season + level;
  return Number.isNaN(log) ? 0 : Math.max(0, Math.exp(log) - 0.5);
}

/** A slot that was as low yesterday is a new timetable: it paged once, now only a further loss counts. */
function compareWithYesterday(memory: VolumeMemory, weekday: number, slot: number, judged: Judged): Judged {
  const yesterday = method.sameKind
    ? memory.forecast.lastOfKind[kindRow(memory, weekday) + slot]!
    : memory.forecast.yesterday[slot]!;
  if (yesterday > method.yesterdayLow || memory.grid.slotsPerDay === 1) return judged;
  const expected = Math.max(0, countAtRoot(root(judged.expected) + yesterday * judged.deviation));
  return {
    expected: Math.min(expected, judged.expected),
    deviation: judged.deviation,
    ambiguous: judged.ambiguous,
    residual: Math.min(0, judged.residual - yesterday),
  };
}

function kindRow(memory: VolumeMemory, weekday: number): number {
  return memory.grid.slotsPerDay * Math.max(0, weekday - 4);
}

function remember(memory: VolumeMemory, point: SeriesPoint, judged: Judged): void {
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

function scoreChannels(
  memory: VolumeMemory,
  count: number,
  judged: Judged,
  innovation: Innovation,
  budget: number,
): { raw: Scores; gated: Scores } {
  const none = { score: 0, windows: 1, usual: 0, count: 0 };
  const usual = Math.min(judged.expected, usualCount(judged, innovation));
  const once = {
    score: Math.max(0, -(judged.residual - innovation.forecast) / innovation.deviation),
    windows: 1,
    usual,
    count,
  };
  const raw = {
    once: judged.expected >= method.expectedMin ? once : none,
    sums: sumScore(memory),
    ratio: ratioScore(memory),
  };
  const loss = 1 - (count + 0.5) / (judged.expected + 0.5);
  const low = judged.residual < method.gateResidual && loss >= method.gateLoss;
  const ratioLow = judged.residual < method.ratioGateResidual && loss >= method.ratioGateLoss;
  const chance = (budget * method.poissonGate) / (7 * memory.grid.windowsPerDay);
  const rare = (channel: ChannelScore) =>
    method.poissonGate === 0 || poissonTail(channel.count, channel.usual, chance);
  return {
    raw,
    gated: {
      once: low && rare(raw.once) ? raw.once : none,
      sums: low ? raw.sums : none,
      ratio: ratioLow && rare(raw.ratio) ? raw.ratio : none,
    },
  };
}

/** Is the chance of `count` or fewer, by counting noise alone, below `chance`? */
function poissonTail(count: number, expected: number, chance: number): boolean {
  if (expected > 500) return true;
  let term = Math.exp(-expected);
  let sum = term;
  for (let k = 1; k <= count && sum < chance; k++) {
    term *= expected / k;
    sum += term;
  }
  return sum < chance;
}

function answer(
  memory: VolumeMemory,
  count: number,
  judged: Judged,
  scores: Scores,
  thresholds: Thresholds,
  footing: Footing,
  known: string,
  options: VolumeOptions,
): Verdict {
  if (memory.seen < options.learningWindows)
    return insufficient(`learning: ${memory.seen} of ${options.learningWindows} windows seen`);
  if (footing === "level" && !(count <= options.learningLossShare * memory.recent.countMin)) {
    const none = { score: 0, windows: 1, usual: 0, count: 0 };
    const quiet = { once: none, sums: none, ratio: none };
    return judgedVerdict(memory, count, judged, quiet, thresholds, known);
  }
  const still =
    method.stillLow > 0 &&
    memory.episode.open &&
    judged.residual < method.episodeEnd &&
    count < (1 - method.gateLoss) * judged.expected;
  return judgedVerdict(memory, count, judged, scores, thresholds, known, still);
}

function eventAt(context: DetectorContext, timeMs: number): string {
  for (const event of context.knownEvents) {
    if (timeMs >= event.startMs && timeMs < event.endMs) return event.name;
  }
  return "";
}

function usualCount(judged: Judged, innovation: Innovation): number {
  return Math.max(0, countAtRoot(root(judged.expected) + innovation.forecast * judged.deviation));
}

/** The count at which the one-window channel or the ratio would have paged, whichever is higher. */
function lowerLimit(judged: Judged, innovation: Innovation, thresholds: Thresholds): number {
  if (judged.expected < method.expectedMin) return Number.NaN;
  const residual = Math.min(
    method.gateResidual,
    innovation.forecast - thresholds.once * innovation.deviation,
  );
  const once = Math.min(
    (1 - method.gateLoss) * judged.expected,
    countAtRoot(root(judged.expected) + residual * judged.deviation),
  );
  const ratio = Math.min(
    (1 - method.ratioGateLoss) * judged.expected,
    (judged.expected + 0.5) * Math.exp(-thresholds.ratio) - 0.5,
  );
  return Math.max(0, once, ratio);
}

interface Outcome {
  readonly count: number;
  readonly wall: WallTime;
  readonly slot: number;
  readonly season: number;
  readonly own: Judged;
  readonly explained: Judged;
  readonly judged: Judged;
  readonly innovation: Innovation;
  readonly scores: Scores;
  readonly raw: Scores;
  readonly thresholds: Thresholds;
  readonly verdict: Verdict;
  readonly budget: number;
  readonly known: string;
}

/** Folds the window in: everything sees it, except that levels and forecast never learn from a frozen one. */
function learn(memory: VolumeMemory, seen: Outcome): void {
  const { judged, slot, verdict, innovation } = seen;
  memory.forecast.yesterday[slot] = seen.explained.residual;
  memory.forecast.lastWeek[seen.wall.weekday * memory.grid.slotsPerDay + slot] = seen.explained.residual;
  memory.forecast.lastOfKind[kindRow(memory, seen.wall.weekday) + slot] = seen.explained.residual;
  if (seen.known !== "") return;
  const paged = verdict.answer === "anomalous" && !verdict.summary.startsWith("still");
  const newPage = paged && !memory.episode.open;
  noteScores(
    memory,
    method.ungated ? seen.raw : seen.scores,
    (method.dropPagedBlocks && memory.episode.open) || paged,
  );
  steerByPages(
    memory,
    seen.budget,
    leadingChannel(seen.scores, seen.thresholds),
    newPage ? verdict.statistic : 0,
  );
  learnNoise(memory, slot, judged.residual, judged.deviation, judged.expected);
  learnInnovationVariance(memory, innovation, judged.residual);
  const newLevel = followEpisode(memory, judged.residual, paged);
  const frozen = memory.episode.open || verdict.statistic > method.freezeShare;
  if (newLevel) relearnLevel(memory, seen);
  else if (!frozen) learnLevelAndForecast(memory, seen);
}

function learnLevelAndForecast(memory: VolumeMemory, seen: Outcome): void {
  const { recent } = memory;
  learnBaseline(memory, seen.wall, seen.slot, seen.count, seen.own.expected, seen.season);
  learnForecast(memory, seen.innovation, seen.judged.residual);
  const logRatio = Math.log((seen.count + 0.5) / (seen.judged.expected + 0.5));
  recent.ratioMean += method.ratioMemory * (clip(logRatio, method.ratioClip) - recent.ratioMean);
  recent.countMin = Math.min(recent.countMin, seen.count);
  memory.learned++;
}

function relearnLevel(memory: VolumeMemory, seen: Outcome): void {
  const logCount = Math.log(seen.count + 0.5);
  memory.baseline.pooled = logCount;
  memory.recent.countMin = seen.count;
  if (!Number.isNaN(seen.season)) memory.baseline.level = logCount - seen.season;
}
