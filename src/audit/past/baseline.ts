/**
 * Which part of the past is this feature's windows most like? The one that has predicted them best.
 *
 * Every candidate is scored, causally, by how many nats a record its prediction of each accepted window cost more
 * than the prediction of "all". An unchanging lane keeps the big pool; a seasonal or moving one finds its own.
 */

import type { Catalog } from "../cells/catalog.ts";
import type { Tally } from "../cells/tally.ts";
import { pushSingle } from "../quantile.ts";
import { type Candidate, candidatesFor, sumCandidate } from "./candidates.ts";
import type { History, Sums } from "./history.ts";
import { emptyScatter, noteScatter, type Scatter, sharesOfWindow } from "./overdispersion.ts";

/** Windows over which candidates are compared (more than a week of hours), and the fewest for one to replace "all". */
const LOSSES_MAX = 200;
const LOSSES_MIN = 10;
/** A candidate must hold this much to be used at all. */
const WINDOWS_MIN = 3;
const ROWS_MIN = 50;
/** A candidate that cost more than "all" over this many windows is tried again every few windows only. */
const HOPELESS_LOSSES_MIN = 40;
/** No divisor of a day's hours or a week's days, so that every hour gets its turn. */
const HOPELESS_EVERY = 5;
/** Rows of "all" that are mixed into every prediction, so that an empty cell is unlikely, not impossible. */
const PSEUDO_ROWS = 20;

/** What is remembered of one candidate. */
export interface CandidateRecord {
  /** Nats a record that it cost more than "all", newest last. */
  losses: number[];
  scatter: Scatter;
}

export interface Baseline {
  readonly name: string;
  readonly index: number;
  readonly sums: Sums;
}

export function emptyRecords(windowSizeMs: number): CandidateRecord[] {
  return candidatesFor(windowSizeMs).map(() => ({ losses: [], scatter: emptyScatter() }));
}

/**
 * Sums of every candidate for the window at `startMs`; undefined where it holds too little, or where it has been
 * clearly worse for so long that it is only looked at now and then.
 */
export function candidateSums(
  history: History,
  records: readonly CandidateRecord[],
  startMs: number,
  windowSizeMs: number,
): (Baseline | undefined)[] {
  const turn = Math.floor(startMs / windowSizeMs) % HOPELESS_EVERY === 0;
  return candidatesFor(windowSizeMs).map((candidate: Candidate, index) => {
    if (index > 0 && !turn && isHopeless(records[index]!.losses)) return undefined;
    const sums = sumCandidate(candidate, history, startMs, windowSizeMs);
    const enough = index === 0 || (sums.windowCount >= WINDOWS_MIN && sums.valueCount >= ROWS_MIN);
    return enough ? { name: candidate.name, index, sums } : undefined;
  });
}

/** The candidate whose past predictions were the best, half a standard error held against it. */
export function chooseBaseline(
  baselines: readonly (Baseline | undefined)[],
  records: readonly CandidateRecord[],
): Baseline {
  let best = baselines[0]!;
  let bestScore = 0;
  for (const baseline of baselines) {
    if (baseline === undefined || baseline.index === 0) continue;
    const score = upperMean(records[baseline.index]!.losses);
    if (score < bestScore) {
      best = baseline;
      bestScore = score;
    }
  }
  return best;
}

/** Folds an accepted window into what is known of each candidate. */
export function scoreCandidates(
  baselines: readonly (Baseline | undefined)[],
  records: CandidateRecord[],
  tally: Tally,
  catalog: Catalog,
): void {
  const all = baselines[0]!.sums;
  const window = sharesOfWindow(tally, catalog);
  for (const baseline of baselines) {
    if (baseline === undefined) continue;
    const record = records[baseline.index]!;
    if (tally.valueCount > 0 && baseline.index > 0) {
      pushSingle(record.losses, excessLoss(baseline.sums, all, tally), LOSSES_MAX);
    }
    noteScatter(record.scatter, baseline.sums, tally, catalog, window);
  }
}

function upperMean(losses: readonly number[]): number {
  const count = losses.length;
  if (count < LOSSES_MIN) return 0;
  let sum = 0;
  let squares = 0;
  // By index: an iterator over a list of doubles costs five times the sum.
  for (let i = 0; i < count; i++) {
    sum += losses[i]!;
    squares += losses[i]! * losses[i]!;
  }
  const mean = sum / count;
  const variance = Math.max(0, squares / count - mean * mean);
  return mean + 0.5 * Math.sqrt(variance / count);
}

function isHopeless(losses: readonly number[]): boolean {
  if (losses.length < HOPELESS_LOSSES_MIN) return false;
  let sum = 0;
  for (let i = 0; i < losses.length; i++) sum += losses[i]!;
  return sum > 0;
}

function excessLoss(sums: Sums, all: Sums, tally: Tally): number {
  const cells = tally.counts.length;
  let loss = 0;
  for (let i = 0; i < cells; i++) {
    if (tally.counts[i] === 0) continue;
    const shareAll = (all.counts[i]! + 1 / cells) / (all.valueCount + 1);
    const share = (sums.counts[i]! + PSEUDO_ROWS * shareAll) / (sums.valueCount + PSEUDO_ROWS);
    loss += tally.counts[i]! * Math.log(shareAll / share);
  }
  return loss / tally.valueCount;
}
