/**
 * Range: are there numbers beyond all that the reference had?
 *
 * Held to the frozen reference: a range that grew with every unalerted value would hide 99999 from then on; only the
 * rate at which values beyond it come is learned. Pure: no clock, no I/O, no randomness.
 */
import type { DistributionDetector, DistributionSnapshot, Reference, Verdict } from "../contract.ts";
import { emptyNovelty, learnNovelty, type Novelty, noveltySignificance } from "../lib/novelty.ts";
import { countBelow, countOf, countUpTo, valueAtRank } from "../lib/steps.ts";
import { insufficient, judged } from "../lib/verdicts.ts";
import { percent, spoken } from "../lib/words.ts";

export interface RangeOptions {
  /** Fewest numbers in the window. @default 5 */
  readonly numberCountMin: number;
  /** −log10 p from which it is anomalous in theory; the page budget asks for more. @default 3 */
  readonly significanceMin: number;
}

export interface RangeMemory {
  outside: Novelty;
  /** Beyond the range by half the distance from the median to that edge. */
  clear: Novelty;
  /** Beyond the range by its own width. */
  far: Novelty;
}

/** Pseudo-hits of the reference: the next record sets a new minimum or maximum with chance 2/(N + 1). */
const OUTSIDE_PRIOR = 2;
const CLEAR_PRIOR = 1;
const FAR_PRIOR = 0.5;

export const range: DistributionDetector<RangeOptions, RangeMemory> = {
  input: "distribution",
  name: "range",
  summary: "Numbers below or above all that the reference had, and far beyond it.",
  defaults: { numberCountMin: 5, significanceMin: 3 },
  featureKinds: ["numeric", "discrete", "flag"],
  heldTo: "frozen",
  start: () => ({
    outside: emptyNovelty(),
    clear: emptyNovelty(),
    far: emptyNovelty(),
  }),
  judge: (reference, current, memory, _context, options) => judgeRange(reference, current, memory, options),
  learn: (reference, current, verdict, memory) => learnRange(reference, current, verdict, memory),
};

interface Beyond {
  readonly below: number;
  readonly above: number;
  readonly clear: number;
  readonly far: number;
  readonly count: number;
}

function judgeRange(
  reference: Reference,
  current: DistributionSnapshot,
  memory: RangeMemory,
  options: RangeOptions,
): Verdict {
  const { min, max } = reference.snapshot;
  const beyond = beyondOf(reference.snapshot, current);
  if (beyond.count < options.numberCountMin || !(max >= min)) return insufficient("too few numbers");
  const outside = beyond.below + beyond.above;
  const records = reference.snapshot.numberCount;
  const significance = Math.max(
    outsideSignificance(reference, memory, outside, beyond.count),
    noveltySignificance(memory.clear, { hits: CLEAR_PRIOR, records }, beyond.clear, beyond.count),
    noveltySignificance(memory.far, { hits: FAR_PRIOR, records }, beyond.far, beyond.count),
  );
  const share = outside / beyond.count;
  const verdict = judged(significance >= options.significanceMin, {
    statistic: share,
    threshold: 0,
    effect: share,
    significance,
    sketchError: current.rankErrorMax,
    summary:
      `${outside} of ${beyond.count} numbers (${percent(share)}) outside ${spoken(min)} to ${spoken(max)}; ` +
      `this window has ${spoken(current.min)} to ${spoken(current.max)}`,
    parts: [
      {
        label: `below ${spoken(min)}`,
        reference: 0,
        current: beyond.below / beyond.count,
        contribution: beyond.below / beyond.count,
      },
      {
        label: `above ${spoken(max)}`,
        reference: 0,
        current: beyond.above / beyond.count,
        contribution: beyond.above / beyond.count,
      },
    ],
  });
  return { ...verdict, selfCalibrated: true };
}

/**
 * Where windows differ among themselves, the edge of the range moves too, and whoever is past it comes in numbers:
 * they count at the size that the lane's own movement leaves. On a lane whose windows are alike that is all of them.
 */
function outsideSignificance(
  reference: Reference,
  memory: RangeMemory,
  outside: number,
  count: number,
): number {
  const size = 1 / (1 / count + (reference.overdispersion?.ranks ?? 0));
  const prior = { hits: OUTSIDE_PRIOR, records: reference.snapshot.numberCount };
  return noveltySignificance(memory.outside, prior, (outside * size) / count, size);
}

function beyondOf(reference: DistributionSnapshot, current: DistributionSnapshot): Beyond {
  const count = countOf(current);
  const { min, max } = reference;
  if (count === 0 || (current.min >= min && current.max <= max)) {
    return { below: 0, above: 0, clear: 0, far: 0, count };
  }
  const middle = valueAtRank(reference, Math.ceil(countOf(reference) / 2));
  const width = Math.max(max - min, Math.abs(max), Number.MIN_VALUE);
  const below = countBelow(current, min);
  const above = count - countUpTo(current, max);
  const far = countBelow(current, min - width) + count - countUpTo(current, max + width);
  const clear =
    countBelow(current, min - (middle - min) / 2) + count - countUpTo(current, max + (max - middle) / 2);
  return { below, above, clear, far, count };
}

function learnRange(
  reference: Reference,
  current: DistributionSnapshot,
  verdict: Verdict,
  memory: RangeMemory,
): RangeMemory {
  if (verdict.answer === "insufficient") return memory;
  const beyond = beyondOf(reference.snapshot, current);
  learnNovelty(memory.outside, beyond.below + beyond.above, beyond.count);
  learnNovelty(memory.clear, beyond.clear, beyond.count);
  learnNovelty(memory.far, beyond.far, beyond.count);
  return memory;
}
