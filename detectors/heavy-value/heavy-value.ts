/**
 * Heavy value: has one single number suddenly become common?
 *
 * The sign of a sentinel (−1, 99999), of a default that replaced the truth, of a stale or clipped feature. Each value
 * of the window is held to its own share of the past; a value that was never among the common ones to the share of
 * the least common of them. Pure: no clock, no I/O, no randomness.
 */
import type { DistributionDetector, DistributionSnapshot, Reference, Verdict } from "../contract.ts";
import { countAt, countOf } from "../lib/steps.ts";
import { logBinomialUpper, significanceOf } from "../lib/tails.ts";
import { insufficient, judged } from "../lib/verdicts.ts";
import { percent, spoken } from "../lib/words.ts";

export interface HeavyValueOptions {
  /** Fewest numbers in the window. @default 5 */
  readonly numberCountMin: number;
  /** Smallest gain of the value's share. In [0, 1]. @default 0.005 */
  readonly effectMin: number;
  /** −log10 p from which it is anomalous in theory; the page budget asks for more. @default 3 */
  readonly significanceMin: number;
}

/** The reference's most common values, and how often each came in accepted windows. */
export interface HeavyValueMemory {
  values: Map<number, number>;
  records: number;
}

/** Values followed by name. */
const VALUES_MAX = 48;
/** A value that comes fewer times says nothing. */
const COUNT_MIN = 3;

export const heavyValue: DistributionDetector<HeavyValueOptions, HeavyValueMemory> = {
  input: "distribution",
  name: "heavy-value",
  summary: "One single number that suddenly became common: a sentinel, a default, a stuck value.",
  defaults: { numberCountMin: 5, effectMin: 0.005, significanceMin: 3 },
  featureKinds: ["numeric", "discrete", "flag"],
  heldTo: "frozen",
  start: () => ({ values: new Map(), records: 0 }),
  judge: (reference, current, memory, _context, options) => judgeHeavy(reference, current, memory, options),
  learn: (reference, current, _verdict, memory) => learnHeavy(reference, current, memory),
};

interface Heavy {
  readonly value: number;
  readonly count: number;
  readonly expected: number;
  readonly logP: number;
}

function judgeHeavy(
  reference: Reference,
  current: DistributionSnapshot,
  memory: HeavyValueMemory,
  options: HeavyValueOptions,
): Verdict {
  const n = countOf(current);
  if (n < options.numberCountMin || memory.records === 0) return insufficient("too few numbers");
  const heavy = heaviest(reference, current, memory);
  const share = heavy.count / n;
  const effect = Math.max(0, share - heavy.expected - current.rankErrorMax);
  const significance = significanceOf(heavy.logP);
  const anomalous = effect >= options.effectMin && significance >= options.significanceMin;
  return judged(anomalous, {
    statistic: share,
    threshold: heavy.expected + options.effectMin,
    effect,
    significance,
    sketchError: current.rankErrorMax,
    summary:
      heavy.count === 0
        ? "no single value became common"
        : `${spoken(heavy.value)} is ${percent(share)} of the numbers (${heavy.count} of ${n}), ${percent(heavy.expected)} before`,
    parts: anomalous
      ? [{ label: spoken(heavy.value), reference: heavy.expected, current: share, contribution: share }]
      : [],
  });
}

/** The value whose count is the least likely, and ln of that times the values tried. */
function heaviest(reference: Reference, current: DistributionSnapshot, memory: HeavyValueMemory): Heavy {
  const n = countOf(current);
  const noise = (reference.overdispersion?.cells ?? 0) + current.rankErrorMax ** 2;
  const size = 1 / (1 / n + 1 / memory.records + noise);
  const otherCount = commonest(memory);
  let worst: Heavy = { value: Number.NaN, count: 0, expected: 0, logP: 0 };
  for (let i = 0; i < current.values.length; i++) {
    const count = countAt(current, i);
    if (count < COUNT_MIN) continue;
    const value = current.values[i]!;
    const known = memory.values.get(value);
    const expected = ((known ?? otherCount) + 0.5) / (memory.records + 1);
    if (count / n <= expected) continue;
    const logP = triedOf(expected, memory, known) + logBinomialUpper((count / n) * size, size, expected);
    if (logP < worst.logP) worst = { value, count, expected, logP };
  }
  return worst;
}

/**
 * ln of the values that could have surprised as much. A value of share p may have 1/p like it: where hundreds share
 * the numbers among them, three records with one of them are no surprise, whichever it is.
 */
function triedOf(expected: number, memory: HeavyValueMemory, known: number | undefined): number {
  return Math.max(known === undefined ? 0 : Math.log(memory.values.size), -Math.log(expected));
}

/** The count that a value outside the list may have had: that of the least common on it. */
function commonest(memory: HeavyValueMemory): number {
  if (memory.values.size < VALUES_MAX) return 1;
  let least = Number.POSITIVE_INFINITY;
  for (const count of memory.values.values()) least = Math.min(least, count);
  return Math.max(1, least);
}

function learnHeavy(
  reference: Reference,
  current: DistributionSnapshot,
  memory: HeavyValueMemory,
): HeavyValueMemory {
  if (memory.records === 0) memory.values = commonValues(reference.snapshot);
  // Of few different values each is followed from when it first comes: a rare one that the reference lacked by chance
  // would otherwise seem the rarer, the longer it is not.
  const few = reference.snapshot.values.length <= VALUES_MAX;
  for (let i = 0; i < current.values.length; i++) {
    const follow = few && memory.values.size < VALUES_MAX ? 0 : undefined;
    const known = memory.values.get(current.values[i]!) ?? follow;
    if (known !== undefined) memory.values.set(current.values[i]!, known + countAt(current, i));
  }
  memory.records += countOf(current);
  return memory;
}

/** The reference's most common values; their counts start at 0 and are learned window by window. */
function commonValues(reference: DistributionSnapshot): Map<number, number> {
  const counts = Array.from(reference.values, (value, i) => ({ value, count: countAt(reference, i) }));
  const common = counts
    .filter(({ count }) => count >= 2)
    .sort((a, b) => b.count - a.count || a.value - b.value);
  return new Map(common.slice(0, VALUES_MAX).map(({ value }) => [value, 0]));
}
