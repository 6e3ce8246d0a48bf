/** Distances in the feature's own unit: how far values moved, not only how many. NaN when a side is empty. */
import { countsOf, eachMergedStep } from "./merged-steps.ts";
import type { Steps } from "./steps.ts";

/** Wasserstein-1: the mean distance that values would have to travel, ∫ |F − G|. */
export function wasserstein1(reference: Steps, current: Steps): number {
  return integrate(reference, current, Math.abs);
}

/** Energy distance, √(2 ∫ (F − G)²): like Wasserstein, less led by a few far values. */
export function energyDistance(reference: Steps, current: Steps): number {
  return Math.sqrt(2 * integrate(reference, current, (difference) => difference * difference));
}

function integrate(reference: Steps, current: Steps, height: (difference: number) => number): number {
  const counts = countsOf(reference, current);
  if (!counts) return Number.NaN;
  const [n, m] = counts;
  let sum = 0;
  eachMergedStep(reference, current, (step) => {
    sum += height(step.upToReference / n - step.upToCurrent / m) * step.width;
  });
  return sum;
}
