/**
 * What a lane's volume detector remembers: plain numbers and typed arrays, so that structured clone keeps it.
 *
 * Its size is bounded by the window size alone: 63 days of slots at most (73 kB at 5 minutes), never by records.
 */
import type { DetectorContext } from "../contract.ts";
import { type BlockTailMemory, startBlockTail } from "../lib/series/block-tail.ts";
import { type LeastSquaresMemory, startLeastSquares } from "../lib/series/recursive-least-squares.ts";
import { type ClockMemory, startClock } from "../lib/series/wall-clock.ts";
import { CHANNELS, type ChannelName, RECENT_WINDOWS, SUM_LENGTHS, tailOptions } from "./channels.ts";
import { type DipMemory, startDip } from "./dips.ts";
import { type Grid, gridOf } from "./grid.ts";
import { method } from "./method.ts";

export const FORECAST_INPUTS = 7;

export interface VolumeMemory {
  readonly grid: Grid;
  readonly clock: ClockMemory;
  /** Windows seen, and of those the ones that were learned from. */
  seen: number;
  learned: number;
  baseline: BaselineMemory;
  noise: NoiseMemory;
  alternatives: AlternativesMemory;
  forecast: ForecastMemory;
  recent: RecentMemory;
  threshold: ThresholdMemory;
  episode: EpisodeMemory;
  newLevel: NewLevelMemory;
  dip: DipMemory;
}

export interface BaselineMemory {
  /** Ring of days by slots: log(count + ½) less the slow level of that time; NaN where nothing was learned. */
  readonly days: Float32Array;
  /** Local day of the newest row; −1 before the first. */
  day: number;
  /** Slow log level. */
  level: number;
  /** Level of the last windows, while no season is known. */
  pooled: number;
  /** Least and sum over the slot that is being filled, for windows shorter than a slot. */
  slot: number;
  slotSum: number;
  slotCount: number;
}

export interface NoiseMemory {
  /** What the noise was learned on: 0 the level alone, 1 the day, 2 the week. */
  footing: number;
  /** Windows that taught it since. */
  taught: number;
  laneVariance: number;
  /** Of windows that have only the level to rest on, the first weekend say: season and noise in one. */
  levelVariance: number;
  readonly slotVariance: Float32Array;
}

export interface AlternativesMemory {
  /** Evidence for: Sunday's profile, Saturday's, an hour early, an hour late. */
  readonly evidence: Float64Array;
  /** The same from this day's windows alone. */
  readonly sinceMidnight: Float64Array;
  day: number;
}

export interface ForecastMemory {
  squares: LeastSquaresMemory;
  /** The last three residuals, newest first, and their exponential mean. */
  readonly last: Float64Array;
  mean: number;
  slowMean: number;
  /** Mean square of the last innovations, in units of their variance. */
  volatility: number;
  /** Residual of each slot of the week when it was last seen. */
  readonly lastWeek: Float32Array;
  innovationVariance: number;
  /** Residual of each slot when it was last seen (yesterday). */
  readonly yesterday: Float32Array;
  /** The same for the last weekday, Saturday and Sunday, one after the other. */
  readonly lastOfKind: Float32Array;
  readonly lastButOneOfKind: Float32Array;
}

/** Rings over the last windows, at index `seen % RECENT_WINDOWS`. */
export interface RecentMemory {
  readonly residual: Float64Array;
  readonly weight: Float64Array;
  readonly count: Float64Array;
  readonly expected: Float64Array;
  readonly startMs: Float64Array;
  /** Exponential mean of the log ratio before that window. */
  readonly ratioBefore: Float64Array;
  ratioMean: number;
  /** Mean square of each sum, by which it is divided. */
  readonly sumSquare: Float64Array;
  /** Windows since the last episode ended: no sum reaches further back. */
  reach: number;
  /** Fewest records of any learned window so far; what a lane that is still learning is held to. */
  countMin: number;
}

export interface ThresholdMemory {
  readonly tails: Record<ChannelName, BlockTailMemory>;
  block: number;
  /** Log of the factor by which own pages have lifted (or their absence lowered) each threshold. */
  readonly lifts: Record<ChannelName, number>;
  /** See shares.ts. Missing in memories of before there was such a thing. */
  power?: number;
}

export interface EpisodeMemory {
  open: boolean;
  /** Windows since it last paged. */
  sincePage: number;
}

/** A run of windows all low, or all high, against the lane's own expectation. */
export interface LevelRun {
  windows: number;
  logRatioSum: number;
}

export interface NewLevelMemory {
  readonly low: LevelRun;
  readonly high: LevelRun;
}

export function startMemory(context: DetectorContext): VolumeMemory {
  const grid = gridOf(context.windowSizeMs);
  return {
    grid,
    clock: startClock(),
    seen: 0,
    learned: 0,
    baseline: {
      days: new Float32Array(grid.daysKept * grid.slotsPerDay).fill(Number.NaN),
      day: -1,
      level: 0,
      pooled: Number.NaN,
      slot: -1,
      slotSum: 0,
      slotCount: 0,
    },
    noise: {
      footing: 0,
      taught: 0,
      laneVariance: Number.NaN,
      levelVariance: Number.NaN,
      slotVariance: new Float32Array(grid.slotsPerDay).fill(Number.NaN),
    },
    alternatives: { evidence: new Float64Array(4), sinceMidnight: new Float64Array(4), day: -1 },
    forecast: {
      squares: startLeastSquares(FORECAST_INPUTS),
      last: new Float64Array(3),
      mean: 0,
      slowMean: 0,
      volatility: 1,
      lastWeek: new Float32Array(7 * grid.slotsPerDay),
      innovationVariance: 1,
      yesterday: new Float32Array(grid.slotsPerDay),
      lastOfKind: new Float32Array(3 * grid.slotsPerDay),
      lastButOneOfKind: new Float32Array(3 * grid.slotsPerDay),
    },
    recent: startRecent(),
    threshold: { tails: startTails(grid), block: -1, lifts: { once: 0, sums: 0, ratio: 0 } },
    episode: { open: false, sincePage: 0 },
    newLevel: { low: { windows: 0, logRatioSum: 0 }, high: { windows: 0, logRatioSum: 0 } },
    dip: startDip(),
  };
}

export function startRecent(): RecentMemory {
  const ring = () => new Float64Array(RECENT_WINDOWS);
  return {
    residual: ring(),
    weight: ring(),
    count: ring(),
    expected: ring(),
    startMs: ring(),
    ratioBefore: ring(),
    ratioMean: 0,
    sumSquare: new Float64Array(SUM_LENGTHS.length).fill(1),
    reach: 0,
    countMin: Number.POSITIVE_INFINITY,
  };
}

function startTails(grid: Grid): Record<ChannelName, BlockTailMemory> {
  const blocksMax = Math.ceil(grid.blocksPerWeek * method.tailWeeks);
  const tails = {} as Record<ChannelName, BlockTailMemory>;
  for (const name of CHANNELS) tails[name] = startBlockTail(blocksMax, tailOptions(name));
  return tails;
}
