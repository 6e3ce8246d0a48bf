/**
 * How far from the expected may a count lie? Poisson noise plus a relative part that the lane and the slot taught.
 *
 * Residuals are taken on the square-root scale, on which the noise of counts hardly depends on their size.
 */
import type { Judged } from "./alternatives.ts";
import type { Footing } from "./baseline.ts";
import type { Lesson } from "./dips.ts";
import type { VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";

/** Of some fifty windows. */
const LEVEL_RATE = 0.02;

/** Twice the root, so that pure Poisson noise has a standard deviation of about 1. */
export function root(count: number): number {
  return 2 * Math.sqrt(count + 0.5);
}

export function countAtRoot(value: number): number {
  return (Math.max(0, value) / 2) ** 2 - 0.5;
}

/** Standard deviation on the root scale. There the Poisson part is 1 and the relative one grows with the count. */
export function noiseAt(memory: VolumeMemory, slot: number, expected: number, footing: Footing): number {
  const onLevel = footing === "level" && memory.noise.footing > 0;
  const variance = onLevel ? memory.noise.levelVariance : relativeVariance(memory, slot);
  return Math.sqrt(1 + variance * (expected + 0.5));
}

function relativeVariance(memory: VolumeMemory, slot: number): number {
  const { laneVariance, slotVariance } = memory.noise;
  if (Number.isNaN(laneVariance)) return 0;
  const slots = slotVariance.length;
  const own = orElse(slotVariance[slot]!, laneVariance);
  const before = orElse(slotVariance[(slot + slots - 1) % slots]!, laneVariance);
  const after = orElse(slotVariance[(slot + 1) % slots]!, laneVariance);
  const pooled = 0.5 * own + 0.25 * (before + after);
  return Math.max(0, method.laneVarianceShare * laneVariance + (1 - method.laneVarianceShare) * pooled);
}

/** Anomalies are clipped, not left out: a lane with bad days must widen itself, or every bad day pages. */
export function learnNoise(memory: VolumeMemory, { slot, residual, deviation, expected }: Lesson): void {
  // A few records say next to nothing about relative noise.
  const weight = Math.min(1, expected / method.noiseFullAt);
  if (expected < 1) return;
  const clipped = Math.max(-method.varianceClip, Math.min(method.varianceClip, residual)) * deviation;
  // Negative estimates are kept: cutting each at zero would bias the mean of a Poisson lane upwards.
  const relative = (clipped * clipped - 1) / (expected + 0.5);
  const { noise } = memory;
  const laneRate = Math.max(method.laneVarianceRate, 1 / (memory.noise.taught + 4)) * weight;
  noise.laneVariance = Number.isNaN(noise.laneVariance)
    ? Math.max(0.01, relative)
    : noise.laneVariance + laneRate * (relative - noise.laneVariance);
  noise.taught++;
  const before = orElse(noise.slotVariance[slot]!, noise.laneVariance);
  noise.slotVariance[slot] = before + method.slotVarianceRate * weight * (relative - before);
}

/** The same for a window that rests on the level alone, though the lane has days that rest on more. */
export function learnLevelNoise({ noise }: VolumeMemory, { residual, deviation, expected }: Judged): void {
  if (expected < 1) return;
  const clipped = Math.max(-method.varianceClip, Math.min(method.varianceClip, residual)) * deviation;
  const relative = (clipped * clipped - 1) / (expected + 0.5);
  noise.levelVariance = Math.max(0, noise.levelVariance + LEVEL_RATE * (relative - noise.levelVariance));
}

function orElse(value: number, fallback: number): number {
  return Number.isNaN(value) ? fallback : value;
}
