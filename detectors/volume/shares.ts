/**
 * Which channel has how much of the budget? That which can see something on this lane.
 *
 * The one-window channel asks how many sigmas a window is low. Where the noise is small it sees partial losses; on a
 * lane that weather halves a whole outage is few sigmas, so nearly all of its pages would be false and find nothing.
 */
import type { Judged } from "./alternatives.ts";
import type { ChannelName } from "./channels.ts";
import type { Innovation } from "./forecast.ts";
import type { VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";
import { countAtRoot, root } from "./noise.ts";

/** Shares of the budget by channel; they add up to 1. */
export function channelShares({ threshold }: VolumeMemory): Readonly<Record<ChannelName, number>> {
  const power = threshold.power ?? method.powerStart;
  const once = Math.max(method.onceShareMin, Math.min(method.onceShareMax, method.onceFactor * power ** 2));
  return { once, sums: method.shareSums, ratio: 1 - once - method.shareSums };
}

/** What a loss of `powerSigmas` would leave of a usual count, over the last hundreds of windows. */
export function learnPower(memory: VolumeMemory, judged: Judged, innovation: Innovation): void {
  if (judged.expected < method.expectedMin) return;
  const fall = method.powerSigmas * innovation.deviation * judged.deviation;
  const left = Math.max(0, countAtRoot(root(judged.expected) - fall)) / judged.expected;
  const rate = method.powerRate * Math.min(1, judged.expected / method.noiseFullAt);
  const before = memory.threshold.power ?? method.powerStart;
  memory.threshold.power = before + rate * (left - before);
}
