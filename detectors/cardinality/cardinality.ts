/**
 * Cardinality: are there as many different values as there always are?
 *
 * An id that repeats (a join that fanned out), a category whose names multiply (ids written into it) and a feature
 * that is stuck on one value change the count of different values before anything else. Held to the share of
 * different values that accepted windows had, on a scale on which windows of different sizes compare.
 * Pure: no clock, no I/O, no randomness.
 */
import type { DistributionDetector, DistributionSnapshot, Verdict } from "../contract.ts";
import { upperMedian } from "../lib/order-statistics.ts";
import { sum } from "../lib/sum.ts";
import { logStudentTwoSided, significanceOf } from "../lib/tails.ts";
import { insufficient, judged } from "../lib/verdicts.ts";
import { spoken } from "../lib/words.ts";

export interface CardinalityOptions {
  /** Fewest values in the window. @default 20 */
  readonly valueCountMin: number;
  /** Accepted windows before it judges. @default 12 */
  readonly windowCountMin: number;
  /** Smallest factor by which the count must differ. Above 1. @default 1.25 */
  readonly factorMin: number;
  /** −log10 p from which it is anomalous in theory; the page budget asks for more. @default 3 */
  readonly significanceMin: number;
}

/** Logarithms of the counts of different values and of all values, of the newest accepted windows. */
export interface CardinalityMemory {
  logDistinct: number[];
  logCount: number[];
  windowCount: number;
  /** What they say, refreshed every few windows. */
  law: HeapsLaw;
}

/** Different values ≈ e^level · values^power, within a factor of e^spread. */
interface HeapsLaw {
  power: number;
  level: number;
  spread: number;
}

/** More than a week of hours. */
const WINDOWS_MAX = 200;
/** Windows between two looks at them; every window while there are few. */
const REFRESH_EVERY = 8;
const FEW_WINDOWS = 24;
/** A spread below this (3 %) is not believed, nor one in which one value more or less is over two standard errors. */
const SPREAD_MIN = 0.03;
const SPREAD_MIN_VALUES = 0.5;
/** Degrees of freedom of the tail: counts of different values have heavier tails than a normal law. */
const DEGREES = 8;
const STUCK_SIGNIFICANCE = 6.5;
/** A feature never had fewer different values than this before it is called stuck. */
const STUCK_BEFORE_MIN = 5;

export const cardinality: DistributionDetector<CardinalityOptions, CardinalityMemory> = {
  input: "distribution",
  name: "cardinality",
  summary: "More or fewer different values than usual; a feature that is stuck on one.",
  defaults: { valueCountMin: 20, windowCountMin: 12, factorMin: 1.25, significanceMin: 3 },
  featureKinds: ["numeric", "discrete", "category", "id"],
  needsMass: true,
  heldTo: "frozen",
  start: () => ({ logDistinct: [], logCount: [], windowCount: 0, law: { power: 0, level: 0, spread: 1 } }),
  judge: (_reference, current, memory, _context, options) => judgeCardinality(current, memory, options),
  learn: (_reference, current, _verdict, memory, _context, options) =>
    learnCardinality(current, memory, options),
};

/** Different values and all values: names where there are more of them than numbers. */
function counted(snapshot: DistributionSnapshot): { distinct: number; count: number; exact: boolean } {
  const names = snapshot.stringCount + snapshot.booleanCount;
  const numbers = snapshot.numberCount - snapshot.nonFiniteCount;
  if (names > numbers) return { distinct: snapshot.distinctCount, count: names, exact: true };
  return { distinct: snapshot.values.length, count: numbers, exact: snapshot.rankErrorMax === 0 };
}

function judgeCardinality(
  current: DistributionSnapshot,
  memory: CardinalityMemory,
  options: CardinalityOptions,
): Verdict {
  const { distinct, count, exact } = counted(current);
  if (!exact || count < options.valueCountMin || memory.logDistinct.length < options.windowCountMin) {
    return insufficient("too few values or windows, or more different ones than are kept");
  }
  const { power, level, spread } = memory.law;
  const expected = level + power * Math.log(count);
  const deviation =
    (Math.log(distinct) - expected) / Math.max(spread, SPREAD_MIN_VALUES / Math.exp(expected));
  const stuck = distinct === 1 && memory.logDistinct.every((each) => each >= Math.log(STUCK_BEFORE_MIN));
  const statistical = significanceOf(logStudentTwoSided(deviation, DEGREES));
  const significance = stuck ? Math.max(STUCK_SIGNIFICANCE, statistical) : statistical;
  const usual = Math.exp(expected);
  const factor = Math.max(distinct / usual, usual / distinct);
  return judged(stuck || (factor >= options.factorMin && significance >= options.significanceMin), {
    statistic: distinct,
    threshold: usual,
    effect: factor - 1,
    significance,
    sketchError: 0,
    certain: stuck,
    summary: stuck
      ? `stuck: all ${count} values are the same, usually there are ${spoken(usual)} different ones`
      : significance < 1
        ? ""
        : `${spoken(distinct)} different values among ${count}, usually ${spoken(usual)}`,
    parts: [{ label: "different values", reference: usual, current: distinct, contribution: distinct }],
  });
}

/** Different values grow as a power of the values: medians, and the power from the windows themselves. */
function lawOf(memory: CardinalityMemory): HeapsLaw {
  const power = powerOf(memory);
  const levels = new Float64Array(memory.logDistinct.length);
  for (let i = 0; i < levels.length; i++) levels[i] = memory.logDistinct[i]! - power * memory.logCount[i]!;
  const level = upperMedian(levels);
  const deviations = levels;
  for (let i = 0; i < levels.length; i++) deviations[i] = Math.abs(levels[i]! - level);
  return { power, level, spread: Math.max(SPREAD_MIN, 1.4826 * upperMedian(deviations)) };
}

/** Least squares, kept within [0, 1]; where windows are of one size there is nothing to learn and it does not matter. */
function powerOf({ logDistinct, logCount }: CardinalityMemory): number {
  const n = logCount.length;
  const meanCount = sum(logCount) / n;
  const meanDistinct = sum(logDistinct) / n;
  let square = 1e-9;
  let product = 0;
  for (let i = 0; i < n; i++) {
    square += (logCount[i]! - meanCount) ** 2;
    product += (logCount[i]! - meanCount) * (logDistinct[i]! - meanDistinct);
  }
  return Math.min(1, Math.max(0, product / square));
}

function learnCardinality(
  current: DistributionSnapshot,
  memory: CardinalityMemory,
  options: CardinalityOptions,
): CardinalityMemory {
  const { distinct, count, exact } = counted(current);
  if (!exact || count < options.valueCountMin || distinct < 1) return memory;
  memory.logDistinct.push(Math.fround(Math.log(distinct)));
  memory.logCount.push(Math.fround(Math.log(count)));
  if (memory.logCount.length > WINDOWS_MAX) {
    memory.logDistinct.shift();
    memory.logCount.shift();
  }
  memory.windowCount++;
  if (memory.windowCount < FEW_WINDOWS || memory.windowCount % REFRESH_EVERY === 0)
    memory.law = lawOf(memory);
  return memory;
}
