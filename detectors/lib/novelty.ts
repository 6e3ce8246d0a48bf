/**
 * How surprising are `hits` records of a kind that the reference (hardly) ever had?
 *
 * The rate starts at what the reference allows (a pseudo-hit or two in N records) and is learned from accepted
 * windows since. Hits that come in clumps (a batch of one sender) count as their clumps once three were seen.
 */
import { logBinomialUpper, significanceOf } from "./tails.ts";

/** Windows that count as recent, and in how many of them hits must have come before the recent rate counts. */
const RECENT_WINDOWS = 28;
const RECENT_HIT_WINDOWS_MIN = 3;
const CLUMPS_MIN = 3;
/** Clumps of one that every lane is credited with, and the least size that is called a clump. */
const CLUMPS_PRIOR = 2;
const CLUMP_MIN = 1.5;

export interface Novelty {
  hits: number;
  records: number;
  /** Accepted windows with hits. */
  hitWindows: number;
  /** Hits and records of the newest accepted windows, in turn: h0, n0, h1, n1, … */
  recent: number[];
}

export function emptyNovelty(): Novelty {
  return { hits: 0, records: 0, hitWindows: 0, recent: [] };
}

export interface NoveltyPrior {
  /** Pseudo-hits that the reference is credited with. */
  readonly hits: number;
  /** Records of the reference. */
  readonly records: number;
}

/** −log10 of the chance of at least `hits` among `records`. 0 when there are none. */
export function noveltySignificance(
  novelty: Novelty,
  prior: NoveltyPrior,
  hits: number,
  records: number,
): number {
  if (hits <= 0 || records <= 0) return 0;
  const clump = clumpSize(novelty.hits, novelty.hitWindows);
  const rate = Math.min(1, noveltyRate(novelty, prior) / clump);
  return significanceOf(logBinomialUpper(Math.min(hits / clump, records), records, rate));
}

/** Hits that come together when any come, shrunk towards one; 1 until clumps are plain to see. */
export function clumpSize(hits: number, hitWindows: number): number {
  if (hitWindows < CLUMPS_MIN) return 1;
  const size = (hits + CLUMPS_PRIOR) / (hitWindows + CLUMPS_PRIOR);
  return size < CLUMP_MIN ? 1 : size;
}

/** Hits a record, the larger of the long and the recent rate. */
function noveltyRate(novelty: Novelty, prior: NoveltyPrior): number {
  const long = (prior.hits + novelty.hits) / Math.max(1, prior.records + novelty.records);
  let hits = 0;
  let records = 0;
  let hitWindows = 0;
  for (let i = 0; i < novelty.recent.length; i += 2) {
    hits += novelty.recent[i]!;
    records += novelty.recent[i + 1]!;
    if (novelty.recent[i]! > 0) hitWindows++;
  }
  return hitWindows >= RECENT_HIT_WINDOWS_MIN ? Math.max(long, hits / Math.max(1, records)) : long;
}

/** Folds an accepted window in. */
export function learnNovelty(novelty: Novelty, hits: number, records: number): void {
  novelty.hits += hits;
  novelty.records += records;
  if (hits > 0) novelty.hitWindows++;
  novelty.recent.push(hits, records);
  while (novelty.recent.length > 2 * RECENT_WINDOWS) novelty.recent.shift();
}

/** Takes back hits of the newest `windowsAgo`-th accepted window: what caused them turned out to be known. */
export function forgetHits(novelty: Novelty, hits: number, windowsAgo: number): void {
  novelty.hits = Math.max(0, novelty.hits - hits);
  const index = novelty.recent.length - 2 * (windowsAgo + 1);
  if (index < 0) return;
  novelty.recent[index] = Math.max(0, novelty.recent[index]! - hits);
  if (novelty.recent[index] === 0) novelty.hitWindows = Math.max(0, novelty.hitWindows - 1);
}
