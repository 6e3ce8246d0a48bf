/**
 * Three ways in which a loss shows: at once, by adding up, and as a ratio. Each has a score, positive = low.
 */
import type { BlockTailOptions } from "../lib/series/block-tail.ts";
import { clip } from "./baseline.ts";
import type { VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";

/** Windows that sums may reach back over, and their lengths. */
export const RECENT_WINDOWS = 24;
export const SUM_LENGTHS = [1, 2, 4, 8, 16, 24] as const;

export type ChannelName = "once" | "sums" | "ratio";
export const CHANNELS: readonly ChannelName[] = ["once", "sums", "ratio"];

export interface ChannelScore {
  readonly score: number;
  /** Windows that the score adds up, this one included. */
  readonly windows: number;
  /** Records that these windows should have had, and had. */
  readonly usual: number;
  readonly count: number;
}

export const NO_SCORE: ChannelScore = { score: 0, windows: 1, usual: 0, count: 0 };

export function tailOptions(name: ChannelName): BlockTailOptions {
  const shape = method.tailShape;
  return name === "ratio"
    ? { basePrior: 0.3, scalePrior: 0.2, priorBlocks: 10, shape: method.ratioTailShape, thresholdMin: 0.4 }
    : { basePrior: 1.8, scalePrior: 0.9, priorBlocks: 10, shape, thresholdMin: 2.5 };
}

/** Sums of the last windows, each as a matched filter would weigh it, divided by that sum's own usual size. */
export function sumScore(memory: VolumeMemory): ChannelScore {
  const { recent } = memory;
  const sum = { weighted: 0, weights: 0, usual: 0, count: 0 };
  let best = NO_SCORE;
  let windows = 0;
  for (let i = 0; i < SUM_LENGTHS.length; i++) {
    const length = SUM_LENGTHS[i]!;
    if (length > recent.reach) break;
    for (; windows < length; windows++) {
      const at = (memory.seen - windows + RECENT_WINDOWS * 2) % RECENT_WINDOWS;
      sum.weighted -= recent.weight[at]! * recent.residual[at]!;
      sum.weights += recent.weight[at]! ** 2;
      sum.usual += recent.expected[at]!;
      sum.count += recent.count[at]!;
    }
    if (sum.weights === 0) continue;
    const score = sum.weighted / Math.sqrt(sum.weights) / Math.sqrt(recent.sumSquare[i]!);
    learnSumSquare(memory, i, score);
    if (score > best.score) best = { score, windows: length, usual: sum.usual, count: sum.count };
  }
  return best;
}

function learnSumSquare(memory: VolumeMemory, i: number, score: number): void {
  const { sumSquare } = memory.recent;
  const clipped = clip(score, method.varianceClip);
  const rate = Math.max(method.laneVarianceRate, 1 / (memory.noise.taught + 10));
  sumSquare[i] = sumSquare[i]! * (1 + rate * (clipped * clipped - 1));
}

/** Log of expected over actual for the last 1, 2 and 4 windows, less what the hours before had already lost. */
export function ratioScore(memory: VolumeMemory): ChannelScore {
  const { recent } = memory;
  let expected = 0;
  let count = 0;
  let best = 0;
  let bestWindows = 1;
  let bestUsual = 0;
  let bestCount = 0;
  for (let windows = 1; windows <= Math.min(4, recent.reach); windows++) {
    const at = (memory.seen - windows + 1 + RECENT_WINDOWS * 2) % RECENT_WINDOWS;
    expected += recent.expected[at]!;
    count += recent.count[at]!;
    if (windows === 3) continue;
    const usual = expected * Math.exp(method.ratioPersistence * Math.min(0, recent.ratioBefore[at]!));
    if (usual < method.expectedMin) continue;
    const score = Math.log((usual + 0.5) / (count + 0.5)) / Math.sqrt(1 + method.ratioCounting / usual);
    if (score > best) {
      best = score;
      bestWindows = windows;
      bestUsual = usual;
      bestCount = count;
    }
  }
  return { score: best, windows: bestWindows, usual: bestUsual, count: bestCount };
}
