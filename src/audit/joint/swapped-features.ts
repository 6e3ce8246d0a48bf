/**
 * Do two features look as if their values had been exchanged?
 *
 * Each margin may move by no more than it does anyway, yet both move at once, and each *towards the other's own
 * distribution*. That direction is known from the reference, so a score along it needs far less evidence than a test
 * for any change. From histograms alone: no rows, nothing that would not merge.
 */
import type { Catalog } from "../cells/catalog.ts";
import type { JudgedFeature } from "../feature/feature-judgement.ts";
import type { FeatureMemory } from "../feature/feature-memory.ts";
import { normalSignificance } from "./normal-tail.ts";

/** A feature's own and another's distribution must differ by so much (total variation) for a swap to show. */
const DISTANCE_MIN = 0.15;
/** Each of both must lean towards the other by so many standard errors. */
const LEAN_MIN = 2;
/** Standard errors by which the shares of rows that either says were exchanged may differ. */
const AGREE_ERRORS = 3;
/**
 * Two features that both lean by chance would be twice the evidence of one. But where one has a fault of its own, only
 * the other's lean is by chance, so the second counts by half.
 */
const BOTH_WEIGHT = 1.5;
/** Features tried against each other; the number of pairs grows with the square. */
const SWAP_FEATURES_MAX = 64;

export interface Swap {
  readonly features: readonly [string, string];
  /** −log10 p, all pairs of the lane counted. */
  readonly significance: number;
}

/** Shares of feature b's reference on the coarse cells of feature a, by `a` then `b`. */
export type Directions = Record<string, Record<string, number[]>>;

/** @returns the pair that looks most exchanged; undefined when none does */
export function mostSwapped(
  directions: Directions,
  judged: ReadonlyMap<string, JudgedFeature>,
  memories: Readonly<Record<string, FeatureMemory>>,
): Swap | undefined {
  const names = [...judged.keys()].slice(0, SWAP_FEATURES_MAX);
  const shares = new SharesOf(judged, memories);
  let best: Swap | undefined;
  let pairCount = 0;
  for (let i = 0; i < names.length; i++) {
    const a = names[i]!;
    const fromA = directions[a];
    if (fromA === undefined) continue;
    for (let j = i + 1; j < names.length; j++) {
      const b = names[j]!;
      const toB = fromA[b];
      const toA = toB === undefined ? undefined : directions[b]?.[a];
      if (toB === undefined || toA === undefined) continue;
      pairCount++;
      const first = lean(shares.of(a), toB);
      const second = first.errors < LEAN_MIN ? NO_LEAN : lean(shares.of(b), toA);
      // Both must lean: one feature's own fault leans far, and any other may lean a little by chance.
      if (first.errors < LEAN_MIN || second.errors < LEAN_MIN || !agree(first, second)) continue;
      const significance = BOTH_WEIGHT * normalSignificance(Math.min(first.errors, second.errors));
      if (significance > (best?.significance ?? 0)) best = { features: [a, b], significance };
    }
  }
  if (best === undefined) return undefined;
  const significance = Math.max(0, best.significance - Math.log10(pairCount));
  return { ...best, significance };
}

/** The shares of every other feature's reference on this feature's coarse cells, where both are of one layout. */
export function directionsOf(memories: Readonly<Record<string, FeatureMemory>>): Directions {
  const names = Object.keys(memories)
    .filter((name) => memories[name]!.catalog !== undefined)
    .sort()
    .slice(0, SWAP_FEATURES_MAX);
  const directions: Directions = {};
  for (const a of names) {
    const own = memories[a]!;
    const ownShares = sharesOn(own, own.catalog!);
    const row: Record<string, number[]> = {};
    for (const b of names) {
      const other = memories[b]!;
      if (a === b || own.catalog!.layout !== other.catalog!.layout) continue;
      const shares = sharesOn(other, own.catalog!);
      if (distance(shares, ownShares) >= DISTANCE_MIN) row[b] = shares;
    }
    directions[a] = row;
  }
  return directions;
}

interface Lean {
  /** Standard errors by which the window leans from its baseline towards the other feature. */
  readonly errors: number;
  /** Share of the rows that were exchanged, if that is what it was, and the standard error of it. */
  readonly share: number;
  readonly shareError: number;
}

const NO_LEAN: Lean = { errors: 0, share: 0, shareError: 0 };

/** An exchange takes the same rows from both; a fault of one feature is seldom of the size that the other leans by. */
function agree(a: Lean, b: Lean): boolean {
  return Math.abs(a.share - b.share) <= AGREE_ERRORS * Math.hypot(a.shareError, b.shareError);
}

/** A feature's window on its coarse cells: shares by its baseline and as it came. */
interface Shares {
  readonly expected: readonly number[];
  readonly observed: readonly number[];
  readonly valueCount: number;
  /** Variance of a share, relative to that of one record. */
  readonly scale: number;
}

/** Each feature is tried against all others; what does not depend on the other is worked out once. */
class SharesOf {
  readonly #judged: ReadonlyMap<string, JudgedFeature>;
  readonly #memories: Readonly<Record<string, FeatureMemory>>;
  readonly #known = new Map<string, Shares | undefined>();

  constructor(judged: ReadonlyMap<string, JudgedFeature>, memories: Readonly<Record<string, FeatureMemory>>) {
    this.#judged = judged;
    this.#memories = memories;
  }

  /** Undefined where either side is empty. */
  of(feature: string): Shares | undefined {
    if (!this.#known.has(feature))
      this.#known.set(feature, sharesOf(this.#judged.get(feature)!, this.#memories[feature]!));
    return this.#known.get(feature);
  }
}

function sharesOf({ tally, baseline }: JudgedFeature, memory: FeatureMemory): Shares | undefined {
  const catalog = memory.catalog!;
  if (tally.valueCount === 0 || baseline.sums.valueCount === 0) return undefined;
  const overdispersion = memory.overdispersions[baseline.index];
  return {
    expected: grouped(baseline.sums.counts, baseline.sums.valueCount, catalog),
    observed: grouped(tally.counts, tally.valueCount, catalog),
    valueCount: tally.valueCount,
    scale: 1 / tally.valueCount + 1 / baseline.sums.valueCount + (overdispersion?.cells ?? 0),
  };
}

function lean(shares: Shares | undefined, towards: readonly number[]): Lean {
  if (shares === undefined || towards.length !== shares.expected.length) return NO_LEAN;
  const { expected, observed, valueCount, scale } = shares;
  let score = 0;
  let mean = 0;
  let square = 0;
  let whole = 0;
  for (let i = 0; i < expected.length; i++) {
    const sum = towards[i]! + expected[i]!;
    // Bounded weights: a single record in a cell that is nearly empty must not decide.
    const weight = sum > 0 ? (towards[i]! - expected[i]!) / sum : 0;
    score += (observed[i]! - expected[i]!) * weight;
    whole += (towards[i]! - expected[i]!) * weight;
    mean += expected[i]! * weight;
    square += expected[i]! * weight * weight;
  }
  const variance = Math.max(square - mean * mean, 1 / valueCount) * scale;
  const error = Math.sqrt(variance);
  return { errors: score / error, share: score / whole, shareError: error / whole };
}

function grouped(counts: ArrayLike<number>, total: number, catalog: Catalog): number[] {
  const shares: number[] = new Array(catalog.groupCount).fill(0);
  for (let i = 0; i < counts.length; i++) shares[catalog.groups[i]!]! += counts[i]! / total;
  return shares;
}

/** The reference of a feature, counted onto the coarse cells of a catalog that may be another's. */
function sharesOn({ frozen }: FeatureMemory, catalog: Catalog): number[] {
  const counts = new Float64Array(catalog.cellCount);
  if (catalog.layout === "numbers") {
    let cell = 0;
    for (let i = 0; i < frozen.values.length; i++) {
      while (catalog.edges[cell]! < frozen.values[i]!) cell++;
      counts[cell]! += frozen.counts[i]!;
    }
  } else {
    const index = new Map(catalog.names.map((name, i) => [name, i]));
    for (const [name, count] of frozen.categories) counts[index.get(name) ?? catalog.cellCount - 1]! += count;
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  return grouped(counts, Math.max(1, total), catalog);
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, share, i) => sum + Math.abs(share - b[i]!), 0) / 2;
}
