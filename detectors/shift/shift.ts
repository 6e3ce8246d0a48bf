/**
 * Shift: do the values fall differently over the feature's cells than they did, by more than this lane's windows
 * differ anyway?
 *
 * The Kolmogorov–Smirnov gap and Pearson's square at the size that sampling *and the lane's own movement* leave
 * (Reference.overdispersion), so that a lane with seasons or batches keeps its false-alarm rate where `ks` and `psi`,
 * which know only sampling, must be discounted to silence. Pure and without memory.
 */
import type {
  DistributionDetector,
  DistributionSnapshot,
  ExplanationPart,
  Reference,
  Verdict,
} from "../contract.ts";
import { countsOfNames } from "../lib/category-counts.ts";
import { cdfGap } from "../lib/cdf-gap.ts";
import { logStephensTail } from "../lib/kolmogorov.ts";
import { logShareTest, type ShareSquare, shareSquare } from "../lib/share-test.ts";
import { countOf } from "../lib/steps.ts";
import { sum } from "../lib/sum.ts";
import { significanceOf } from "../lib/tails.ts";
import { insufficient, judged } from "../lib/verdicts.ts";
import { percent, spoken } from "../lib/words.ts";

export interface ShiftOptions {
  /** Fewest values in the window. @default 5 */
  readonly valueCountMin: number;
  /** Smallest share of records that must have moved (total variation over the cells, above chance). @default 0.02 */
  readonly effectMin: number;
  /** −log10 p from which it is anomalous in theory; the page budget asks for more. @default 3 */
  readonly significanceMin: number;
}

/** Coarse cells: so many at most, and so few that the window expects a handful of values in each. */
const GROUPS_MAX = 16;
const EXPECTED_PER_GROUP = 6;

export const shift: DistributionDetector<ShiftOptions, null> = {
  input: "distribution",
  name: "shift",
  summary: "Values that fall differently than before, by more than the lane's windows differ anyway.",
  defaults: { valueCountMin: 5, effectMin: 0.02, significanceMin: 3 },
  featureKinds: ["numeric", "discrete", "flag", "category"],
  needsMass: true,
  start: () => null,
  judge: (reference, current, _memory, _context, options) => judgeShift(reference, current, options),
  learn: (_reference, _current, _verdict, memory) => memory,
};

interface Cells {
  readonly reference: readonly number[];
  readonly current: readonly number[];
  /** In words: made only where something is said of a cell. */
  readonly labelOf: (cell: number) => string;
}

function judgeShift(reference: Reference, current: DistributionSnapshot, options: ShiftOptions): Verdict {
  const numbers = reference.snapshot.values.length > 0;
  const cells = numbers ? numberCells(reference.snapshot, current) : nameCells(reference.snapshot, current);
  const n = sum(cells.current);
  const before = sum(cells.reference);
  if (n < options.valueCountMin || before === 0) return insufficient("too few values");
  const sampling = 1 / n + 1 / before;
  const sketchError = numbers
    ? current.rankErrorMax + reference.snapshot.rankErrorMax
    : current.categoryErrorMax / n;
  const square = shareSquare(cells.reference, cells.current);
  const cellScale = sampling + (reference.overdispersion?.cells ?? 0) + sketchError ** 2;
  let logP = logShareTest(square, cellScale);
  if (numbers) {
    const gap = Math.max(0, cdfGap(reference.snapshot, current).gap - sketchError);
    const size = 1 / (sampling + (reference.overdispersion?.ranks ?? 0));
    logP = Math.min(0, Math.LN2 + Math.min(logP, logStephensTail(gap, size)));
  }
  const moved = totalVariation(cells, before, n);
  const effect = Math.max(0, moved - byChance(square, n, before));
  const significance = significanceOf(logP);
  return judged(effect >= options.effectMin && significance >= options.significanceMin, {
    statistic: moved,
    threshold: options.effectMin + moved - effect,
    effect,
    significance,
    sketchError,
    summary: "",
    parts: [],
    ...(significance >= options.significanceMin ? described(cells, before, n, moved) : {}),
  });
}

/** The total variation that sampling leaves over B cells: about half of √(2(B − 1)/π · (1/n + 1/N)) at most. */
function byChance(square: ShareSquare, n: number, before: number): number {
  return 0.5 * Math.sqrt(((2 * square.degrees) / Math.PI) * (1 / n + 1 / before));
}

function totalVariation(cells: Cells, before: number, n: number): number {
  let moved = 0;
  for (let i = 0; i < cells.reference.length; i++) {
    moved += Math.abs(cells.current[i]! / n - cells.reference[i]! / before);
  }
  return moved / 2;
}

function described(
  cells: Cells,
  before: number,
  n: number,
  moved: number,
): { summary: string; parts: ExplanationPart[] } {
  const parts = cells.reference.map((count, i) => {
    const reference = count / before;
    const share = cells.current[i]! / n;
    const label = cells.labelOf(i);
    return { label, reference, current: share, contribution: Math.abs(share - reference) / 2 };
  });
  const most = parts.reduce((a, b) => (b.contribution > a.contribution ? b : a));
  const summary =
    `${percent(moved)} of the values moved; most of it at ${most.label}: ` +
    `${percent(most.current)}, was ${percent(most.reference)}`;
  return { summary, parts };
}

/** Neighbouring cells joined until each holds about an equal share of the reference. */
function numberCells(reference: DistributionSnapshot, current: DistributionSnapshot): Cells {
  const groups = Math.min(GROUPS_MAX, Math.max(2, countOf(current) / EXPECTED_PER_GROUP));
  const groupMass = countOf(reference) / groups;
  const edges: number[] = [];
  const counts: [number[], number[]] = [[], []];
  let start = 0;
  let startCurrent = 0;
  let currentIndex = 0;
  for (let i = 0; i < reference.values.length; i++) {
    const edge = reference.values[i]!;
    while (currentIndex < current.values.length && current.values[currentIndex]! <= edge) currentIndex++;
    const last = i === reference.values.length - 1;
    const mass = reference.cumulativeCounts[i]! - start;
    const next = last ? 0 : reference.cumulativeCounts[i + 1]! - reference.cumulativeCounts[i]!;
    if (!last && (mass === 0 || mass + next / 2 <= groupMass)) continue;
    const currentCount = last
      ? countOf(current)
      : currentIndex === 0
        ? 0
        : current.cumulativeCounts[currentIndex - 1]!;
    counts[0].push(mass);
    counts[1].push(currentCount - startCurrent);
    edges.push(edge);
    start = reference.cumulativeCounts[i]!;
    startCurrent = currentCount;
  }
  const last = edges.length - 1;
  const labelOf = (cell: number) => (cell === last ? "the largest values" : `up to ${spoken(edges[cell]!)}`);
  return { reference: counts[0], current: counts[1], labelOf };
}

/** The reference's names in its order, then all others. */
function nameCells(reference: DistributionSnapshot, current: DistributionSnapshot): Cells {
  const own = reference.categories.map(({ count }) => count);
  const theirs = countsOfNames(reference.categories, current.categories);
  const others = current.stringCount + current.booleanCount - sum(theirs);
  return {
    reference: [...own, reference.categoryOtherCount],
    current: [...theirs, Math.max(0, others)],
    labelOf: (i) => reference.categories[i]?.name ?? "other",
  };
}
