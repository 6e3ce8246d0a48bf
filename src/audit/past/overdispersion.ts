/**
 * How much more do a lane's healthy windows differ from their baseline than sampling explains?
 *
 * Each squared statistic t of an accepted window, divided by what plain sampling would have put at the same
 * quantile, is one estimate of the variance scale 1/n + 1/N + 1/ν. The median and the 90 % quantile over the past
 * give 1/ν; the larger is taken, so that a lane that is calm in most windows and wild in some is not called calm.
 * Quantiles, because a few damaged windows that slipped in must not buy the next ones silence.
 */
import type { Overdispersion } from "../../../detectors/contract.ts";
import type { Catalog } from "../cells/catalog.ts";
import type { Tally } from "../cells/tally.ts";
import { pushSingle, quantileAboveZero } from "../quantile.ts";
import type { Sums } from "./history.ts";

/** Windows remembered: more than a week of hours, or every weekend would come as a surprise. */
const SCATTERS_MAX = 200;
/** Below this many windows, nothing is said. */
const SCATTERS_MIN = 8;
/** Squares of the 50 % and 90 % quantiles of Kolmogorov's law, and the same of a chi-square of one degree. */
const KOLMOGOROV_50 = 0.8276 ** 2;
const KOLMOGOROV_90 = 1.2238 ** 2;
const CHI1_50 = 0.4549;
const CHI1_90 = 2.7055;
/** Rows that sampling must lead one to expect in a cell before its square is near its law. */
const EXPECTED_MIN = 5;

/** Excess of one kind of square over sampling, window by window, under the median's and the 90 % quantile's law. */
interface Excess {
  at50: number[];
  at90: number[];
}

export interface Scatter {
  ranks: Excess;
  cells: Excess;
  nulls: Excess;
}

export function emptyScatter(): Scatter {
  return { ranks: { at50: [], at90: [] }, cells: { at50: [], at90: [] }, nulls: { at50: [], at90: [] } };
}

/**
 * Notes how far an accepted window lay from the baseline that it was held to.
 * @param window of the tally, where it is held to several baselines
 */
export function noteScatter(
  scatter: Scatter,
  baseline: Sums,
  tally: Tally,
  catalog: Catalog,
  window: WindowShares = sharesOfWindow(tally, catalog),
): void {
  if (tally.valueCount >= EXPECTED_MIN && baseline.valueCount > 0) {
    const scale = 1 / tally.valueCount + 1 / baseline.valueCount;
    const gap = gapMax(baseline, window) - tally.rankErrorMax;
    if (catalog.layout === "numbers")
      note(scatter.ranks, Math.max(0, gap) ** 2, scale, KOLMOGOROV_50, KOLMOGOROV_90);
    const { square, degrees } = groupSquare(baseline, tally, catalog, window);
    if (degrees > 0)
      note(scatter.cells, square, scale, chiQuantile(degrees, 0), chiQuantile(degrees, 1.2816));
  }
  noteNulls(scatter.nulls, baseline, tally);
}

export function overdispersionOf(scatter: Scatter): Overdispersion {
  return { ranks: excessOf(scatter.ranks), cells: excessOf(scatter.cells), nulls: excessOf(scatter.nulls) };
}

function excessOf(excess: Excess): number {
  if (excess.at50.length < SCATTERS_MIN) return 0;
  return Math.max(quantileAboveZero(excess.at50, 0.5), quantileAboveZero(excess.at90, 0.9));
}

function note(excess: Excess, square: number, scale: number, at50: number, at90: number): void {
  pushSingle(excess.at50, square / at50 - scale, SCATTERS_MAX);
  pushSingle(excess.at90, square / at90 - scale, SCATTERS_MAX);
}

function noteNulls(excess: Excess, baseline: Sums, tally: Tally): void {
  if (baseline.recordCount === 0 || tally.recordCount === 0) return;
  const share = baseline.nullCount / baseline.recordCount;
  if (share * (1 - share) * tally.recordCount < 1) return;
  const square = (tally.nullCount / tally.recordCount - share) ** 2 / (share * (1 - share));
  note(excess, square, 1 / tally.recordCount + 1 / baseline.recordCount, CHI1_50, CHI1_90);
}

/** The Kolmogorov–Smirnov gap on shared cells. */
function gapMax(baseline: Sums, { cumulative }: WindowShares): number {
  let reference = 0;
  let gap = 0;
  for (let i = 0; i < cumulative.length; i++) {
    reference += baseline.counts[i]!;
    gap = Math.max(gap, Math.abs(reference / baseline.valueCount - cumulative[i]!));
  }
  return gap;
}

/** A window's own side of every comparison. */
export interface WindowShares {
  /** Share of its values at or below each cell. */
  readonly cumulative: Float64Array;
  /** Share in each coarse cell. */
  readonly groups: Float64Array;
}

export function sharesOfWindow({ counts, valueCount }: Tally, catalog: Catalog): WindowShares {
  const cumulative = new Float64Array(counts.length);
  const groups = new Float64Array(catalog.groupCount);
  let seen = 0;
  for (let i = 0; i < counts.length; i++) {
    seen += counts[i]!;
    cumulative[i] = seen / valueCount;
    groups[catalog.groups[i]!]! += counts[i]! / valueCount;
  }
  return { cumulative, groups };
}

// Shares of the comparison at hand, which ends before the next begins: typed arrays are dear to make, and a feature's
// window makes six comparisons. Coarse cells are numbered by bytes.
const expected = new Float64Array(256);

/** Pearson's square of shares over the coarse cells; those that expect too few rows are taken together. */
function groupSquare(
  baseline: Sums,
  tally: Tally,
  catalog: Catalog,
  { groups: observed }: WindowShares,
): { square: number; degrees: number } {
  expected.fill(0, 0, catalog.groupCount);
  for (let i = 0; i < tally.counts.length; i++) {
    expected[catalog.groups[i]!]! += baseline.counts[i]! / baseline.valueCount;
  }
  let square = 0;
  let cells = 0;
  let restExpected = 0;
  let restObserved = 0;
  for (let i = 0; i < catalog.groupCount; i++) {
    if (expected[i]! * tally.valueCount >= EXPECTED_MIN) {
      square += (observed[i]! - expected[i]!) ** 2 / expected[i]!;
      cells++;
    } else {
      restExpected += expected[i]!;
      restObserved += observed[i]!;
    }
  }
  if (restExpected * tally.valueCount >= EXPECTED_MIN) {
    square += (restObserved - restExpected) ** 2 / restExpected;
    cells++;
  }
  return { square, degrees: cells - 1 };
}

/** Wilson and Hilferty 1931: a chi-square quantile from the normal one, within a per cent from 2 degrees on. */
function chiQuantile(degrees: number, normalQuantile: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * Math.max(0.05, 1 - spread + normalQuantile * Math.sqrt(spread)) ** 3;
}
