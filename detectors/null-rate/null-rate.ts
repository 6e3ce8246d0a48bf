/**
 * Null rate: are there more (or fewer) records without a value than there used to be?
 *
 * A binomial tail at the lane's own noise. A null where there never was one is as rare as the reference is long, so
 * three of them in fifty records are a clear sign at any window size. Pure: no clock, no I/O, no randomness.
 */
import type { DistributionDetector, DistributionSnapshot, Reference, Verdict } from "../contract.ts";
import { emptyNovelty, learnNovelty, type Novelty, noveltySignificance } from "../lib/novelty.ts";
import { logBinomialLower, logBinomialUpper, significanceOf } from "../lib/tails.ts";
import { insufficient, judged } from "../lib/verdicts.ts";
import { percent } from "../lib/words.ts";

export interface NullRateOptions {
  /** Fewest records in the window. @default 5 */
  readonly recordCountMin: number;
  /** Smallest change of the share of nulls worth a word. In [0, 1]. @default 0.002 */
  readonly shareMin: number;
  /** −log10 p from which it is anomalous in theory; the page budget asks for more. @default 3 */
  readonly significanceMin: number;
  /** A feature is gone when this share of its records have no value, and never had before. @default 0.9 */
  readonly goneShare: number;
}

/** Over all accepted windows. */
export interface NullRateMemory {
  nulls: number;
  records: number;
  /** The largest share of nulls that an accepted window of 20 records or more had. */
  shareMax: number;
  /** Nulls since the start, for features that hardly ever have one. */
  rare: Novelty;
}

/** With fewer nulls than this expected in a window, each one is a novelty rather than part of a rate. */
const RARE_EXPECTED = 0.5;
/** Pseudo-nulls that a past without any is credited with. */
const RARE_PRIOR = 0.5;

const GONE_RECORDS_MIN = 20;
/** Significance of a feature that is gone: past any budget. */
const GONE_SIGNIFICANCE = 6.5;

export const nullRate: DistributionDetector<NullRateOptions, NullRateMemory> = {
  input: "distribution",
  name: "null-rate",
  summary: "More or fewer records without a value than the lane's past allows; a feature that is gone.",
  defaults: { recordCountMin: 5, shareMin: 0.002, significanceMin: 3, goneShare: 0.9 },
  featureKinds: ["numeric", "discrete", "flag", "category", "id", "empty"],
  start: () => ({ nulls: 0, records: 0, shareMax: 0, rare: emptyNovelty() }),
  judge: (reference, current, memory, _context, options) => judgeNulls(reference, current, memory, options),
  learn: (_reference, current, _verdict, memory) => learnNulls(current, memory),
};

/** Records without a value: explicit nulls and records that lacked the feature. */
function nullsOf(snapshot: DistributionSnapshot): number {
  return Math.min(
    snapshot.recordCount,
    snapshot.nullCount + Math.max(0, snapshot.recordCount - snapshot.presentCount),
  );
}

function judgeNulls(
  reference: Reference,
  current: DistributionSnapshot,
  memory: NullRateMemory,
  options: NullRateOptions,
): Verdict {
  const records = current.recordCount;
  const referenceRecords = reference.snapshot.recordCount;
  if (records < options.recordCountMin || referenceRecords === 0) return insufficient("too few records");
  const nulls = nullsOf(current);
  const share = nulls / records;
  const referenceShare = nullsOf(reference.snapshot) / referenceRecords;
  const gone = isGone(share, records, memory, options);
  const rare = memory.records > 0 && memory.nulls * records < RARE_EXPECTED * memory.records;
  const evidence = rare
    ? noveltySignificance(memory.rare, { hits: RARE_PRIOR, records: 1 }, nulls, records)
    : rateSignificance(reference, current, memory);
  const effect = Math.abs(share - referenceShare);
  const significance = gone ? Math.max(GONE_SIGNIFICANCE, evidence) : evidence;
  return judged(effect >= options.shareMin && significance >= options.significanceMin, {
    statistic: share,
    threshold: referenceShare,
    effect,
    significance,
    sketchError: 0,
    certain: gone,
    selfCalibrated: rare,
    summary: gone
      ? `gone: ${percent(share)} of ${records} records have no value, ${percent(referenceShare)} before`
      : `${nulls} of ${records} records have no value (${percent(share)}), ${percent(referenceShare)} before`,
    parts: [{ label: "null", reference: referenceShare, current: share, contribution: share }],
  });
}

function isGone(share: number, records: number, memory: NullRateMemory, options: NullRateOptions): boolean {
  return share >= options.goneShare && records >= GONE_RECORDS_MIN && memory.shareMax < options.goneShare;
}

/** The chosen baseline may be short; all of the past must agree that it is odd. */
function rateSignificance(
  reference: Reference,
  current: DistributionSnapshot,
  memory: NullRateMemory,
): number {
  const noise = reference.overdispersion?.nulls ?? 0;
  const held = (nulls: number, records: number): number =>
    binomial(nullsOf(current), current.recordCount, nulls, records, noise);
  const byBaseline = held(nullsOf(reference.snapshot), reference.snapshot.recordCount);
  return memory.records > 0 ? Math.min(byBaseline, held(memory.nulls, memory.records)) : byBaseline;
}

/** Two-sided, at the size that sampling on both sides and the lane's own movement leave. */
function binomial(
  nulls: number,
  records: number,
  before: number,
  beforeRecords: number,
  noise: number,
): number {
  const share = nulls / records;
  const expected = (before + 0.5) / (beforeRecords + 1);
  const size = 1 / (1 / records + 1 / beforeRecords + noise);
  const logTail =
    share > expected
      ? logBinomialUpper(share * size, size, expected)
      : logBinomialLower(share * size, size, expected);
  return significanceOf(logTail + Math.LN2);
}

function learnNulls(current: DistributionSnapshot, memory: NullRateMemory): NullRateMemory {
  const nulls = nullsOf(current);
  memory.nulls += nulls;
  memory.records += current.recordCount;
  learnNovelty(memory.rare, nulls, current.recordCount);
  if (current.recordCount >= GONE_RECORDS_MIN)
    memory.shareMax = Math.max(memory.shareMax, nulls / current.recordCount);
  return memory;
}
