/**
 * Population stability index: how far the shares of the reference's own bins or categories moved.
 *
 * Bins come from the reference alone, with cells of their own for absent, null, not finite, below, above, point
 * masses, other and unseen (`lib/cells.ts`). An empty cell counts as half a row, and never as more than the other
 * side holds there, so the score is never infinite and no made-up constant decides it.
 * Pure and without memory: a fixed rule that is safe before a lane has history. The audit calibrates on top.
 */
import type { DistributionDetector, ExplanationPart } from "../contract.ts";
import { logCellTest } from "../lib/cell-test.ts";
import { type Cell, type Counts, cellLabel, cutCells, totalOf } from "../lib/cells.ts";
import { significanceOf } from "../lib/tails.ts";
import { insufficient, judged, theoryLimit } from "../lib/verdicts.ts";
import { percent, spoken } from "../lib/words.ts";

export interface PsiOptions {
  /** Smallest PSI that matters, after sampling noise and sketch error are taken off. @default 0.1 */
  readonly effectMin: number;
  /** Quantile bins for numbers; fewer where a bin would hold less than `countPerBinMin`. At least 2. @default 10 */
  readonly binCount: number;
  /** Reference categories with a cell of their own. @default 48 */
  readonly categoryCountMax: number;
  /** Fewest rows a bin must expect; below twice that many rows the verdict is `insufficient`. @default 20 */
  readonly countPerBinMin: number;
}

export const psi: DistributionDetector<PsiOptions, null> = {
  input: "distribution",
  name: "psi",
  summary: "Shares of the reference's bins or categories that moved (population stability index)",
  defaults: { effectMin: 0.1, binCount: 10, categoryCountMax: 48, countPerBinMin: 20 },
  featureKinds: ["numeric", "discrete", "flag", "category"],
  needsMass: true,
  start: () => null,
  judge(reference, current, _memory, context, options) {
    const countMin = Math.min(reference.snapshot.recordCount, current.recordCount);
    const binCount = Math.min(options.binCount, Math.floor(countMin / options.countPerBinMin));
    if (binCount < 2) {
      const needed = 2 * options.countPerBinMin;
      return insufficient(`${countMin} records on one side; ${needed} are needed on each`);
    }
    const { cells, testCells } = cutCells(reference.snapshot, current, { ...options, binCount });
    const totals = totalOf(cells);
    const noise = noiseOf(cells, totals, reference.overdispersion?.cells ?? 0);
    const statistic = indexOf(cells, totals);
    const threshold = options.effectMin + noise.sampling + noise.sketch;
    const significance = significanceOf(logCellTest(testCells, noise.extra));
    const effect = Math.max(0, statistic - noise.sampling - noise.sketch);
    const anomalous = statistic > threshold && significance >= theoryLimit(context);
    return judged(anomalous, {
      statistic,
      threshold,
      effect,
      significance,
      sketchError: noise.sketch,
      // Where chance explains all of it there is nothing to explain, and most windows are so: no words are made.
      summary: effect > 0 ? describe(context.feature, reference.name, statistic, cells, totals) : "",
      parts: anomalous ? psiParts(cells) : [],
    });
  },
  learn: (_reference, _current, _verdict, memory) => memory,
};

function indexOf(cells: readonly Cell[], { reference: n, current: m }: Counts): number {
  let index = 0;
  for (const cell of cells) index += termOf(cell, n, m);
  return index;
}

/** (q − p)·ln(q / p), never negative: an empty cell is half a row, and no more than the other side's share. */
function termOf(cell: Cell, n: number, m: number): number {
  const p = cell.reference > 0 ? cell.reference / n : Math.min(cell.current / m, 0.5 / n);
  const q = cell.current > 0 ? cell.current / m : Math.min(cell.reference / n, 0.5 / m);
  return p === q ? 0 : (q - p) * Math.log(q / p);
}

/** Every cell with both shares and its term; the terms add up to the index. */
export function psiParts(cells: readonly Cell[]): ExplanationPart[] {
  const { reference: n, current: m } = totalOf(cells);
  return cells.map((cell) => ({
    label: cellLabel(cell),
    reference: cell.reference / n,
    current: cell.current / m,
    contribution: termOf(cell, n, m),
  }));
}

interface Noise {
  /** Expected index without any change: by sampling and the lane's own scatter, and by the sketches' errors. */
  readonly sampling: number;
  readonly sketch: number;
  /** Variance beyond plain sampling, as a share of it. */
  readonly extra: number;
}

/**
 * What the index comes to without any change: (B − 1)(1/n + 1/m + 1/ν) by sampling, and by the sketches some Σ σ²/p
 * with σ half of the error bound (errors are random within it; the bound is their 99th percentile).
 */
function noiseOf(
  cells: readonly Cell[],
  { reference: n, current: m }: Counts,
  overdispersion: number,
): Noise {
  let sketch = 0;
  for (const cell of cells) {
    const pooled = (cell.reference + cell.current) / (n + m);
    sketch += ((cell.referenceError / n) ** 2 + (cell.currentError / m) ** 2) / (4 * pooled);
  }
  const degrees = Math.max(1, cells.length - 1);
  const plain = degrees * (1 / n + 1 / m);
  const sampling = plain + degrees * overdispersion;
  return { sampling, sketch, extra: (sampling + sketch) / plain - 1 };
}

function describe(
  feature: string,
  name: string,
  statistic: number,
  cells: readonly Cell[],
  { reference: n, current: m }: Counts,
): string {
  let most = cells[0]!;
  for (const cell of cells) if (termOf(cell, n, m) > termOf(most, n, m)) most = cell;
  return (
    `${feature}: PSI ${spoken(statistic)} against ${name}; most of it from ${cellLabel(most)}: ` +
    `${percent(most.current / m)}, was ${percent(most.reference / n)}`
  );
}
