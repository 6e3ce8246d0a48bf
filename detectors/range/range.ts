/**
 * Range: are there numbers beyond all that the reference had?
 *
 * Held to the frozen reference: a range that grew with every unalerted value would hide 99999 from then on; only the
 * rate at which values beyond it come is learned. Pure: no clock, no I/O, no randomness.
 */
import type {
  DistributionDetector,
  DistributionSnapshot,
  ExplanationPart,
  Reference,
  Verdict,
} from "../contract.ts";
import { clumpSize, emptyNovelty, learnNovelty, type Novelty, noveltySignificance } from "../lib/novelty.ts";
import { onceForWindow } from "../lib/once.ts";
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
  /** How records were set within the reference. */
  setting: RecordSetting;
}

/** The range so far, and in how many windows how many numbers went beyond it. */
interface RecordSetting {
  min: number;
  max: number;
  windows: number;
  hits: number;
  hitWindows: number;
}

/** Pseudo-hits of the reference: the next record sets a new minimum or maximum with chance 2/(N + 1). */
const OUTSIDE_PRIOR = 2;
const CLEAR_PRIOR = 1;
const FAR_PRIOR = 0.5;
/** Windows of the reference before a record set in it tells of clumps. */
const SETTING_WINDOWS_MIN = 8;

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
    setting: { min: Number.NaN, max: Number.NaN, windows: 0, hits: 0, hitWindows: 0 },
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
  const significance = significanceOfBeyond(reference, beyond, memory);
  const share = outside / beyond.count;
  const [least, greatest] = edgesInWords(reference.snapshot);
  const anomalous = significance >= options.significanceMin;
  return judged(anomalous, {
    statistic: share,
    threshold: 0,
    effect: share,
    significance,
    sketchError: current.rankErrorMax,
    selfCalibrated: true,
    summary:
      `${outside} of ${beyond.count} numbers (${percent(share)}) outside ${least} to ${greatest}; ` +
      `this window has ${spoken(current.min)} to ${spoken(current.max)}`,
    parts: anomalous
      ? [partOf(`below ${least}`, beyond.below, beyond), partOf(`above ${greatest}`, beyond.above, beyond)]
      : [],
  });
}

/** Least and greatest: every verdict says them, and the reference is the same for all. */
const edgesInWords = onceForWindow(({ min, max }): readonly [string, string] => [spoken(min), spoken(max)]);

function partOf(label: string, outside: number, { count }: Beyond): ExplanationPart {
  return { label, reference: 0, current: outside / count, contribution: outside / count };
}

function significanceOfBeyond(reference: Reference, beyond: Beyond, memory: RangeMemory): number {
  const { hits, hitWindows } = memory.setting;
  // Where one sender sets several records at once, they are one surprise.
  const clump = clumpSize(hits, hitWindows);
  // Where windows differ among themselves, the edge of the range moves too, and whoever is past it comes in numbers:
  // they count at the size that the lane's own movement leaves. On a lane whose windows are alike that is all.
  const moving = 1 + beyond.count * (reference.overdispersion?.ranks ?? 0);
  const held = (novelty: Novelty, prior: number, hit: number, weight: number): number => {
    const records = reference.snapshot.numberCount / weight;
    return noveltySignificance(novelty, { hits: prior, records }, hit / weight, beyond.count / weight);
  };
  return Math.max(
    held(memory.outside, OUTSIDE_PRIOR, beyond.below + beyond.above, Math.max(clump, moving)),
    held(memory.clear, CLEAR_PRIOR, beyond.clear, clump),
    held(memory.far, FAR_PRIOR, beyond.far, clump),
  );
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
  if (verdict.answer === "insufficient") {
    if (memory.outside.records === 0) noteRecords(memory.setting, current);
    return memory;
  }
  const beyond = beyondOf(reference.snapshot, current);
  learnNovelty(memory.outside, beyond.below + beyond.above, beyond.count);
  learnNovelty(memory.clear, beyond.clear, beyond.count);
  learnNovelty(memory.far, beyond.far, beyond.count);
  return memory;
}

/** Goes through the reference window by window: how many numbers went beyond all before them, when any did? */
function noteRecords(setting: RecordSetting, current: DistributionSnapshot): void {
  const count = countOf(current);
  if (count === 0) return;
  if (setting.windows++ >= SETTING_WINDOWS_MIN) {
    const beyond = countBelow(current, setting.min) + count - countUpTo(current, setting.max);
    setting.hits += beyond;
    if (beyond > 0) setting.hitWindows++;
  }
  setting.min = setting.windows > 1 ? Math.min(setting.min, current.min) : current.min;
  setting.max = setting.windows > 1 ? Math.max(setting.max, current.max) : current.max;
}
