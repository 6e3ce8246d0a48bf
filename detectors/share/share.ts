/**
 * Share: has one value become rarer or more common than its own past allows?
 *
 * A test over all cells together (`psi`, `shift`) drowns one category's loss in the noise of the others, and takes
 * one measure of movement for all. Here every common value is held to how much *its own* share has moved in accepted
 * windows, relative to sampling: more than sampling where a cohort has moods, far less where a timetable or a
 * quota fixes it, so that a tenth of one category's rows can be missed by nobody.
 * Pure: no clock, no I/O, no randomness.
 */
import type { DistributionDetector, DistributionSnapshot, Reference, Verdict } from "../contract.ts";
import { countsOfNames } from "../lib/category-counts.ts";
import { onceForWindow } from "../lib/once.ts";
import { sum } from "../lib/sum.ts";
import { logStudentTwoSided, significanceOf } from "../lib/tails.ts";
import { insufficient, judged } from "../lib/verdicts.ts";
import { percent, spoken } from "../lib/words.ts";

export interface ShareOptions {
  /** Fewest values in the window. @default 20 */
  readonly valueCountMin: number;
  /** Smallest move of one value's share. @default 0.01 */
  readonly effectMin: number;
  /** −log10 p from which it is anomalous in theory; the page budget asks for more. @default 3 */
  readonly significanceMin: number;
}

/** How one value's share has moved in accepted windows, older ones forgotten bit by bit. */
interface Movement {
  /** Squared standard errors, each at most `SQUARE_MAX`, and the weight that they add up to. */
  squares: number;
  weight: number;
  /** Mean count of the windows' values. */
  count: number;
}

export interface ShareMemory {
  readonly movements: Map<string, Movement>;
}

/** Values followed: the most frequent. */
const VALUES_MAX = 16;
/** Numbers with more different cells than this are no discrete feature. */
const CELLS_MAX = 48;
/** Values that the reference must lead one to expect in the window. */
const EXPECTED_MIN = 5;
/** Windows' worth that plain sampling weighs against what was seen. */
const PRIOR_WEIGHT = 30;
/** What one window keeps of the weight of those before it: 200 windows or so are remembered. */
const KEPT = 1 - 1 / 200;
const SQUARE_MAX = 16;
/** Degrees of freedom: a variance from few windows is not known, and shares have fatter tails than the normal law. */
const DEGREES_MIN = 6;
const DEGREES_PER_WINDOW = 0.25;
/** By more than rounding can take back: both values of a flag lie equally far. */
const CLEARLY_LESS = 1 - 1e-6;

export const share: DistributionDetector<ShareOptions, ShareMemory> = {
  input: "distribution",
  name: "share",
  summary: "One value rarer or more common than its own past allows: a cohort lost, a category taken over.",
  defaults: { valueCountMin: 20, effectMin: 0.01, significanceMin: 3 },
  featureKinds: ["discrete", "flag", "category"],
  needsMass: true,
  start: () => ({ movements: new Map() }),
  judge: (reference, current, memory, _context, options) => judgeShare(reference, current, memory, options),
  learn: (reference, current, _verdict, memory) => learnShare(reference, current, memory),
};

interface Cell {
  readonly label: string;
  /** Shares of the reference and of the window. */
  readonly before: number;
  readonly now: number;
  /** Standard errors, were sampling all that moves it. */
  readonly errors: number;
}

function judgeShare(
  reference: Reference,
  current: DistributionSnapshot,
  memory: ShareMemory,
  options: ShareOptions,
): Verdict {
  const { cells, count } = cellsOf(current, reference.snapshot);
  if (count < options.valueCountMin) return insufficient("too few values");
  if (cells.length === 0) return insufficient("no value is common enough");
  let best = cells[0]!;
  let bestLogP = 0;
  // The tail is dear, and t decides: of two with as many degrees of freedom, that with the smaller is the likelier.
  let bestT = 0;
  let bestDegrees = 0;
  for (const cell of cells) {
    const { t, degrees } = studentOf(cell, memory.movements.get(cell.label), count);
    if (degrees <= bestDegrees && t < bestT * CLEARLY_LESS) continue;
    const logP = logStudentTwoSided(t, degrees);
    if (logP >= bestLogP) continue;
    best = cell;
    bestLogP = logP;
    bestT = t;
    bestDegrees = degrees;
  }
  const effect = Math.abs(best.now - best.before);
  const significance = significanceOf(bestLogP + Math.log(cells.length));
  return judged(effect >= options.effectMin && significance >= options.significanceMin, {
    statistic: best.now - best.before,
    threshold: options.effectMin,
    effect,
    significance,
    sketchError: current.categoryErrorMax / count,
    ...(significance < 1 ? SAID_NOTHING : said(best)),
  });
}

/** Most windows have nothing to say, and words cost more than the test. */
const SAID_NOTHING = { summary: "", parts: [] };

function said({ label, before, now }: Cell): Pick<Verdict, "summary" | "parts"> {
  const moved = now < before ? "rarer" : "more common";
  return {
    summary: `${label} is ${moved} than its past allows: ${percent(now)} of the values, was ${percent(before)}`,
    parts: [{ label, reference: before, current: now, contribution: now - before }],
  };
}

function studentOf(cell: Cell, movement: Movement | undefined, count: number) {
  const windows = movement?.weight ?? 0;
  const t = Math.abs(cell.errors / Math.sqrt(dispersion(movement, count)));
  return { t, degrees: DEGREES_MIN + DEGREES_PER_WINDOW * windows };
}

/**
 * The variance of the share relative to sampling. Movement beyond sampling does not shrink with the window's size, so
 * its part grows with it; a share steadier than sampling stays so at any size.
 */
function dispersion(movement: Movement | undefined, count: number): number {
  if (movement === undefined) return 1;
  const ratio = (movement.squares + PRIOR_WEIGHT) / (movement.weight + PRIOR_WEIGHT);
  return ratio <= 1 ? ratio : 1 + (ratio - 1) * Math.max(1, count / movement.count);
}

function learnShare(reference: Reference, current: DistributionSnapshot, memory: ShareMemory): ShareMemory {
  const { cells, count } = cellsOf(current, reference.snapshot);
  for (const { label, errors } of cells) {
    const known = memory.movements.get(label);
    if (known === undefined) {
      if (memory.movements.size >= 4 * VALUES_MAX) continue;
      memory.movements.set(label, { squares: Math.min(SQUARE_MAX, errors ** 2), weight: 1, count });
      continue;
    }
    known.squares = known.squares * KEPT + Math.min(SQUARE_MAX, errors ** 2);
    known.count = (known.count * known.weight * KEPT + count) / (known.weight * KEPT + 1);
    known.weight = known.weight * KEPT + 1;
  }
  return memory;
}

interface Cells {
  readonly cells: readonly Cell[];
  /** Of the window's values. */
  readonly count: number;
}

/** The most frequent values of the reference that the window should hold some of. */
const cellsOf = onceForWindow((current, reference: DistributionSnapshot): Cells => {
  const counted =
    reference.values.length > 0 ? numberCounts(reference, current) : nameCounts(reference, current);
  const { before, now, labelOf } = counted;
  const [total, count] = [sum(before), sum(now)];
  const cells: Cell[] = [];
  if (total === 0 || count === 0) return { cells, count };
  const scale = 1 / count + 1 / total;
  for (const i of mostFrequent(before)) {
    const p = before[i]! / total;
    if (p * count < EXPECTED_MIN || p > 1 - 1 / total) continue;
    const share = now[i]! / count;
    const errors = (share - p) / Math.sqrt(p * (1 - p) * scale);
    cells.push({ label: labelOf(i), before: p, now: share, errors });
  }
  return { cells, count };
});

interface Counted {
  readonly before: readonly number[];
  readonly now: readonly number[];
  /** Of a cell; made for those that are looked at. */
  readonly labelOf: (index: number) => string;
}

/** The reference's names in its order, then all others; the last has no say of its own but belongs to the total. */
function nameCounts(reference: DistributionSnapshot, current: DistributionSnapshot): Counted {
  const before = reference.categories.map(({ count }) => count);
  const now = countsOfNames(reference.categories, current.categories);
  const rest = current.stringCount + current.booleanCount - sum(now);
  return {
    before: [...before, reference.categoryOtherCount],
    now: [...now, Math.max(0, rest)],
    labelOf: (i) => reference.categories[i]?.name ?? "any other",
  };
}

/** Both sides lie on the same edges; a numeric feature with many is not for this detector. */
function numberCounts(reference: DistributionSnapshot, current: DistributionSnapshot): Counted {
  const { values } = reference;
  if (values.length > CELLS_MAX || current.values.length !== values.length)
    return { before: [], now: [], labelOf: String };
  return {
    before: steps(reference.cumulativeCounts),
    now: steps(current.cumulativeCounts),
    labelOf: (i) => (values[i] === Number.MAX_VALUE ? "anything above" : spoken(values[i]!)),
  };
}

function steps(cumulative: Float64Array): number[] {
  const counts: number[] = [];
  for (let i = 0; i < cumulative.length; i++) counts.push(cumulative[i]! - (i > 0 ? cumulative[i - 1]! : 0));
  return counts;
}

function mostFrequent(counts: readonly number[]): number[] {
  const order = counts.map((_, i) => i);
  if (counts.length <= VALUES_MAX) return order;
  return order.sort((a, b) => counts[b]! - counts[a]! || a - b).slice(0, VALUES_MAX);
}
