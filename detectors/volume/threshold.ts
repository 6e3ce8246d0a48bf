/**
 * How high is the bar? Set by the page budget through the lane's own past; by theory while there is none.
 */
import type { DetectorContext } from "../contract.ts";
import { closeBlock, noteScore, tailThreshold } from "../lib/series/block-tail.ts";
import type { Footing } from "./baseline.ts";
import { CHANNELS, type ChannelName, type ChannelScore, tailOptions } from "./channels.ts";
import type { VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";
import { channelShares } from "./shares.ts";

export type Scores = Record<ChannelName, ChannelScore>;
export type Thresholds = Record<ChannelName, number>;

/** The budget, in pages a week, at which the tail's factor was fitted. */
const QUARTER = 0.25;

/** False pages a week that this detector may cause on this series; never quite none. */
export function ownBudget(context: DetectorContext): number {
  return Math.max(1e-6, context.pageBudgetPerWeek);
}

/** @param ambiguous a clock shift would explain the loss as well, so it takes more. */
export function thresholdsFor(
  memory: VolumeMemory,
  footing: Footing,
  budget: number,
  ambiguous: boolean,
): Thresholds {
  const thresholds =
    footing === "level" ? theoryThresholds(memory, budget) : ownPastThresholds(memory, budget);
  if (ambiguous) for (const name of CHANNELS) thresholds[name] *= method.ambiguousLift;
  return thresholds;
}

function ownPastThresholds(memory: VolumeMemory, budget: number): Thresholds {
  const power = budget < QUARTER ? method.budgetPower : 1;
  const perWeek = method.budgetFactor * QUARTER * (budget / QUARTER) ** power;
  const thresholds = {} as Thresholds;
  const shares = channelShares(memory);
  for (const name of CHANNELS) {
    const probability = Math.min(0.35, (shares[name] * perWeek) / memory.grid.blocksPerWeek);
    const lift = Math.exp(memory.threshold.lifts[name]);
    thresholds[name] = lift * tailThreshold(memory.threshold.tails[name], probability, tailOptions(name));
  }
  return thresholds;
}

/**
 * While learning: a bound on a normal tail, widened for how little is known of the noise. The ratio channel
 * has no theory that holds for every lane and stays silent.
 */
function theoryThresholds(memory: VolumeMemory, budget: number): Thresholds {
  const windowsPerWeek = 7 * memory.grid.windowsPerDay;
  const widened = 1 + 4 / Math.max(1, memory.learned);
  const bound = (share: number) =>
    widened * Math.sqrt(2 * Math.log(Math.max(20, windowsPerWeek / (share * budget))));
  return { once: bound(0.5), sums: bound(0.5), ratio: Number.POSITIVE_INFINITY };
}

/** A block that has run its length joins the lane's past. */
export function openBlock(memory: VolumeMemory): void {
  const { threshold, grid } = memory;
  const block = Math.floor(memory.seen / grid.blockWindows);
  if (threshold.block >= 0 && block !== threshold.block) {
    for (const name of CHANNELS) closeBlock(threshold.tails[name], tailOptions(name));
  }
  threshold.block = block;
}

export function noteScores(memory: VolumeMemory, scores: Readonly<Record<ChannelName, number>>): void {
  for (const name of CHANNELS) noteScore(memory.threshold.tails[name], scores[name]);
}

/**
 * Rate control: a page that was near the bar lifts it, and it falls back by as much as the budget allows pages, so
 * that in the long run such pages come as often as the budget says, whatever the fit of the tail. Pages far above
 * the bar, and dips that ended like faults, are taken for true and lift nothing.
 */
export function lift(memory: VolumeMemory, channel: ChannelName): void {
  // Outages live on the ratio: other faults' pages must not make a lane slow to see one.
  if (channel === "ratio") return;
  const { lifts } = memory.threshold;
  lifts[channel] = Math.min(method.liftMax, lifts[channel] + method.pageLift);
}

export function fallBack(memory: VolumeMemory, budget: number): void {
  const { threshold, grid } = memory;
  const shares = channelShares(memory);
  for (const name of CHANNELS) {
    if (name === "ratio") continue;
    const fall = (method.pageLift * method.pageLiftReturn * budget * shares[name]) / (7 * grid.windowsPerDay);
    threshold.lifts[name] = Math.max(method.liftMin, threshold.lifts[name] - fall);
  }
}
