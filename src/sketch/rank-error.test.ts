/** The bound on ranks, over a thousand seeded runs of data that is kind to sketches and data that is not. */
import { expect, test } from "vitest";
import { type Random, seededRandom } from "../base/random.ts";
import { ProfileArena } from "./arena.ts";
import { KllSketch } from "./kll.ts";
import { normalizedRankError } from "./kll-levels.ts";
import { sampleOfSketch, viewOf } from "./kll-view.ts";
import { mergeProfiles } from "./merge.ts";
import type { QuantileSummary } from "./profile.ts";
import { rankErrorOf, summaryOfSketch } from "./quantiles.ts";

const SHAPES: Readonly<Record<string, (random: Random, n: number) => Float64Array>> = {
  smooth: (random, n) => Float64Array.from({ length: n }, () => random() ** 3 / (1 - random() * 0.999)),
  tied: (random, n) => Float64Array.from({ length: n }, () => Math.floor(random() ** 2 * 700)),
  sorted: (random, n) => Float64Array.from({ length: n }, random).sort(),
  reversed: (random, n) => Float64Array.from({ length: n }, random).sort().reverse(),
  "zooming in": (_, n) => Float64Array.from({ length: n }, (__, i) => (i % 2 ? -1 : 1) / (1 + i)),
  sawtooth: (random, n) => Float64Array.from({ length: n }, (_, i) => (i % 97) + random() * 1e-6),
  "two heaps": (random, n) =>
    Float64Array.from({ length: n }, (_, i) => (i % 64 < 32 ? 0 : 1e9) + Math.floor(random() * 2_000)),
};

/** Widest distance between a sketch's rank and the true one, over all values that occurred. */
function rankErrorMax(summary: QuantileSummary, sorted: Float64Array): number {
  const { values, cumulativeCounts } = viewOf(summary, sorted[0]!, sorted[sorted.length - 1]!);
  let worst = 0;
  let at = 0;
  for (let i = 0; i < sorted.length; i++) {
    if (i + 1 < sorted.length && sorted[i + 1] === sorted[i]) continue;
    while (at < values.length && values[at]! <= sorted[i]!) at++;
    worst = Math.max(worst, Math.abs((at === 0 ? 0 : cumulativeCounts[at - 1]!) - (i + 1)) / sorted.length);
  }
  return worst;
}

const BUILDERS: Readonly<Record<string, (data: Float64Array, k: number, seed: number) => QuantileSummary>> = {
  updated: (data, k, seed) => {
    const sketch = new KllSketch({ k, seed });
    for (const value of data) sketch.update(value);
    return summaryOfSketch(sketch);
  },
  folded: (data, k, seed) => {
    const arena = new ProfileArena({ k });
    const series = arena.open(seed);
    for (const value of data) arena.addNumber(series, value);
    return arena.seal(series).quantiles;
  },
  merged: (data, k, seed) => {
    const arena = new ProfileArena({ k });
    const size = Math.ceil(data.length / 12);
    const parts = Array.from({ length: 12 }, (_, i) => {
      const series = arena.open(seed * 12 + i);
      for (const value of data.subarray(i * size, (i + 1) * size)) arena.addNumber(series, value);
      return arena.seal(series);
    });
    return mergeProfiles(parts, seed).quantiles;
  },
};

// 7 shapes × 3 ways × 48 seeds = 1,008 runs of 3,000 numbers.
test("ranks stay within the published bound, and within the one that a profile states, in 99 of 100 runs", () => {
  let [runs, beyondPublished, beyondStated] = [0, 0, 0];
  for (const [shape, make] of Object.entries(SHAPES)) {
    for (const [way, build] of Object.entries(BUILDERS)) {
      for (let seed = 1; seed <= 48; seed++) {
        const k = [32, 64, 200][seed % 3]!;
        const data = make(seededRandom(seed * 7_919), 3_000);
        const summary = build(data, k, seed);
        const label = `${shape}, ${way}, k=${k}, seed ${seed}`;
        expect(
          summary.weights.reduce((sum, w) => sum + w, 0),
          label,
        ).toBe(data.length);
        const error = rankErrorMax(summary, data.sort());
        const stated = rankErrorOf(summary, data.length);
        runs++;
        if (error > normalizedRankError(k, false)) beyondPublished++;
        if (error > stated) beyondStated++;
        // Not even the unlucky run is far out.
        expect(error, label).toBeLessThan(1.6 * normalizedRankError(k, false));
        expect(stated, label).toBeLessThan(1.5 * normalizedRankError(k, false));
      }
    }
  }
  expect(runs).toBeGreaterThanOrEqual(1_000);
  expect(beyondPublished).toBeLessThanOrEqual(runs / 100);
  expect(beyondStated).toBeLessThanOrEqual(runs / 100);
});

test("a sketch retains no more than its capacity, in sorted levels whose weights add up", () => {
  for (const k of [8, 20, 64, 200, 1_000]) {
    const sketch = new KllSketch({ k, seed: k });
    const random = seededRandom(k);
    for (let n = 1; n <= 30_000; n++) {
      sketch.update(random());
      if (n % 1_777 !== 0) continue;
      const { items, weights } = sampleOfSketch(sketch);
      expect(weights.reduce((sum, w) => sum + w, 0)).toBe(n);
      expect(items.every((item, i) => i === 0 || items[i - 1]! < item)).toBe(true);
      // The sum of a geometric series of levels, and 8 items for each level that is too small for it.
      expect(sketch.retainedCount).toBeLessThanOrEqual(3 * k + 8 * 20);
      if (n <= k) expect(sketch.retainedCount).toBe(n);
    }
  }
});
