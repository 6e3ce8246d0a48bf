/**
 * How strong is the evidence of a loss in this window, channel by channel; and may it page at all?
 */
import type { Judged } from "./alternatives.ts";
import { type ChannelScore, NO_SCORE, ratioScore, sumScore } from "./channels.ts";
import type { Innovation } from "./forecast.ts";
import type { VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";
import { countAtRoot, root } from "./noise.ts";
import type { Scores } from "./threshold.ts";

export interface ScoredWindow {
  /** What joins the lane's past. */
  readonly raw: Scores;
  /** What may page: only a window that is itself low, by more than counting noise. */
  readonly gated: Scores;
}

export const NO_SCORES: Scores = { once: NO_SCORE, sums: NO_SCORE, ratio: NO_SCORE };

/** Above so many expected records counting noise explains no loss that passes the other gates. */
const COUNTING_EXPECTED_MAX = 500;

export function scoreWindow(
  memory: VolumeMemory,
  count: number,
  judged: Judged,
  innovation: Innovation,
  budget: number,
): ScoredWindow {
  const raw = {
    once: onceScore(count, judged, innovation),
    sums: sumScore(memory),
    ratio: ratioScore(memory),
  };
  const loss = 1 - (count + 0.5) / (judged.expected + 0.5);
  const low = judged.residual < method.gateResidual && loss >= method.gateLoss;
  const ratioLow = judged.residual < method.ratioGateResidual && loss >= method.ratioGateLoss;
  const chance = (budget * method.countingChance) / (7 * memory.grid.windowsPerDay);
  const gated = {
    once: low && isRarer(raw.once, chance) ? raw.once : NO_SCORE,
    sums: low && isRarer(raw.sums, chance) ? raw.sums : NO_SCORE,
    ratio: ratioLow && isRarer(raw.ratio, chance) ? raw.ratio : NO_SCORE,
  };
  return { raw, gated };
}

/** What the last hours make usual for this window, which is what charts show as expected. */
export function usualCount(judged: Judged, innovation: Innovation): number {
  return Math.max(0, countAtRoot(root(judged.expected) + innovation.forecast * judged.deviation));
}

function onceScore(count: number, judged: Judged, innovation: Innovation): ChannelScore {
  if (judged.expected < method.expectedMin) return NO_SCORE;
  const score = Math.max(0, (innovation.forecast - judged.residual) / innovation.deviation);
  return { score, windows: 1, usual: Math.min(judged.expected, usualCount(judged, innovation)), count };
}

/** Is the chance of `count` or fewer, by counting (Poisson) noise alone, below `chance`? */
function isRarer({ count, usual }: ChannelScore, chance: number): boolean {
  if (usual > COUNTING_EXPECTED_MAX) return true;
  let term = Math.exp(-usual);
  let sum = term;
  for (let k = 1; k <= count && sum < chance; k++) {
    term *= usual / k;
    sum += term;
  }
  return sum < chance;
}
