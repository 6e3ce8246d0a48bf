/**
 * Precision: are the numbers written with other digits than they used to be?
 *
 * Rounding, a float where whole numbers were, a unit conversion and a noisy sensor all move the distribution by less
 * than any test of it can see, and yet leave digits behind. Decimals in a column of whole numbers are a certain sign;
 * more decimals than ever are as rare as the past is long; the spread over significant digits is held to the lane's
 * own noise. Pure: no clock, no I/O, no randomness.
 */
import type { DistributionDetector, DistributionSnapshot, Verdict } from "../contract.ts";
import { emptyNovelty, learnNovelty, type Novelty, noveltySignificance } from "../lib/novelty.ts";
import { onceForWindow } from "../lib/once.ts";
import { emptyScatter, excessOf, learnScatter, type Scatter } from "../lib/scatter.ts";
import { logShareTest, shareSquare } from "../lib/share-test.ts";
import { countAt, countOf } from "../lib/steps.ts";
import { significanceOf } from "../lib/tails.ts";
import { insufficient, judged } from "../lib/verdicts.ts";
import { percent } from "../lib/words.ts";
import { DECIMALS_MANY, DIGITS_MAX, decimalsOf, digitsOf } from "./written-digits.ts";

export interface PrecisionOptions {
  /** Fewest numbers in the window. @default 5 */
  readonly numberCountMin: number;
  /** Smallest share of numbers written with other digits. In [0, 1]. @default 0.02 */
  readonly effectMin: number;
  /** −log10 p from which it is anomalous in theory; the page budget asks for more. @default 3 */
  readonly significanceMin: number;
}

export interface PrecisionMemory {
  /** Numbers of accepted windows by significant digits (index 1 to 9). */
  digits: number[];
  /** By decimals (index 0 to 7). */
  decimals: number[];
  scatter: Scatter;
  /** 1/ν from it; refreshed every few windows. */
  excess: number;
  windowCount: number;
  /** Numbers with more decimals than the reference had. */
  finer: Novelty;
  records: number;
}

/** Windows between two estimates of the lane's own movement; every window while there are few. */
const EXCESS_EVERY = 8;
const FEW_SCATTERS = 24;
/** Whole numbers that must have come before a fraction among them is a certain sign. */
const WHOLE_RECORDS_MIN = 300;
const CERTAIN_SIGNIFICANCE = 4.9;

export const precision: DistributionDetector<PrecisionOptions, PrecisionMemory> = {
  input: "distribution",
  name: "precision",
  summary: "Numbers written with other digits or decimals than before: rounding, floats for integers, noise.",
  defaults: { numberCountMin: 5, effectMin: 0.02, significanceMin: 3 },
  featureKinds: ["numeric", "discrete", "flag"],
  heldTo: "frozen",
  start: () => ({
    digits: new Array(DIGITS_MAX + 1).fill(0),
    decimals: new Array(DECIMALS_MANY + 1).fill(0),
    scatter: emptyScatter(),
    excess: 0,
    windowCount: 0,
    finer: emptyNovelty(),
    records: 0,
  }),
  judge: (_reference, current, memory, _context, options) => judgePrecision(current, memory, options),
  learn: (_reference, current, verdict, memory) => learnPrecision(current, verdict, memory),
};

interface Written {
  readonly digits: number[];
  readonly decimals: number[];
  readonly count: number;
}

function judgePrecision(
  current: DistributionSnapshot,
  memory: PrecisionMemory,
  options: PrecisionOptions,
): Verdict {
  const written = writtenOf(current);
  if (written.count < options.numberCountMin || memory.records === 0) return insufficient("too few numbers");
  const finer = finerCount(written, memory);
  const certain = finer > 0 && wholeOnly(memory);
  const square = shareSquare(memory.digits, written.digits);
  const scale = scaleOf(current, memory) + memory.excess;
  const byDigits = significanceOf(logShareTest(square, scale));
  const moved = totalVariation(memory.digits, written.digits);
  const statistical = moved >= options.effectMin ? byDigits : 0;
  const byDecimals = noveltySignificance(
    memory.finer,
    { hits: 1, records: memory.records },
    finer,
    written.count,
  );
  const significance = Math.max(statistical, byDecimals, certain ? CERTAIN_SIGNIFICANCE + finer : 0);
  return judged(significance >= options.significanceMin, {
    statistic: moved,
    threshold: options.effectMin,
    effect: Math.max(moved, finer / written.count),
    significance,
    sketchError: current.rankErrorMax,
    certain,
    selfCalibrated: byDecimals > statistical,
    summary:
      finer > 0
        ? `${finer} of ${written.count} numbers (${percent(finer / written.count)}) have more decimals than any before`
        : `${percent(moved)} of the numbers are written with other significant digits than before`,
    parts: significance >= options.significanceMin ? partsOf(memory, written) : [],
  });
}

function learnPrecision(
  current: DistributionSnapshot,
  verdict: Verdict,
  memory: PrecisionMemory,
): PrecisionMemory {
  const written = writtenOf(current);
  if (written.count === 0) return memory;
  if (memory.records > 0) {
    const { square, degrees } = shareSquare(memory.digits, written.digits);
    learnScatter(memory.scatter, square, degrees, scaleOf(current, memory));
    memory.windowCount++;
    if (memory.windowCount < FEW_SCATTERS || memory.windowCount % EXCESS_EVERY === 0) {
      memory.excess = excessOf(memory.scatter);
    }
  }
  // Within the reference every number of decimals is as it should be; afterwards more of them stay a novelty.
  const finer = verdict.answer === "insufficient" ? 0 : finerCount(written, memory);
  if (verdict.answer !== "insufficient") learnNovelty(memory.finer, finer, written.count);
  for (let i = 0; i < written.digits.length; i++) memory.digits[i]! += written.digits[i]!;
  const decimalsMax = verdict.answer === "insufficient" ? DECIMALS_MANY : finest(memory);
  for (let i = 0; i <= decimalsMax; i++) memory.decimals[i]! += written.decimals[i]!;
  memory.records += written.count;
  return memory;
}

const writtenOf = onceForWindow((snapshot): Written => {
  const digits: number[] = new Array(DIGITS_MAX + 1).fill(0);
  const decimals: number[] = new Array(DECIMALS_MANY + 1).fill(0);
  for (let i = 0; i < snapshot.values.length; i++) {
    const count = countAt(snapshot, i);
    const places = decimalsOf(snapshot.values[i]!);
    decimals[places]! += count;
    digits[digitsOf(snapshot.values[i]!, places)]! += count;
  }
  return { digits, decimals, count: countOf(snapshot) };
});

/** 1/n + 1/N; a sketch that dropped values is a sample of as many as it kept. */
function scaleOf(current: DistributionSnapshot, memory: PrecisionMemory): number {
  const count = current.rankErrorMax > 0 ? current.values.length : countOf(current);
  return 1 / count + 1 / memory.records;
}

/** The most decimals that the past had. */
function finest(memory: PrecisionMemory): number {
  for (let i = DECIMALS_MANY; i > 0; i--) if (memory.decimals[i]! > 0) return i;
  return 0;
}

function finerCount(written: Written, memory: PrecisionMemory): number {
  let count = 0;
  for (let i = finest(memory) + 1; i <= DECIMALS_MANY; i++) count += written.decimals[i]!;
  return count;
}

function wholeOnly(memory: PrecisionMemory): boolean {
  return finest(memory) === 0 && memory.finer.hits === 0 && memory.records >= WHOLE_RECORDS_MIN;
}

function totalVariation(reference: readonly number[], current: readonly number[]): number {
  const [before, now] = [reference, current].map((counts) => counts.reduce((sum, count) => sum + count, 0));
  return reference.reduce((sum, count, i) => sum + Math.abs(count / before! - current[i]! / now!), 0) / 2;
}

function partsOf(memory: PrecisionMemory, written: Written): Verdict["parts"] {
  return written.digits.slice(1).map((count, i) => {
    const reference = memory.digits[i + 1]! / memory.records;
    const current = count / written.count;
    const label = i + 1 === DIGITS_MAX ? "9 digits or more" : `${i + 1} digit${i === 0 ? "" : "s"}`;
    return { label, reference, current, contribution: Math.abs(current - reference) / 2 };
  });
}
