/**
 * Do a window's shares of some cells differ from the reference's by more than the lane's own noise?
 *
 * Pearson over the cells that expect five rows or more; the others are added up and held to a binomial tail, since
 * no chi-square law holds for them. Both at the size that sampling and the lane's own movement leave.
 */
import { logBinomialLower, logBinomialUpper, logChiSquareTail } from "./tails.ts";

const EXPECTED_MIN = 5;

export interface ShareSquare {
  /** Σ (q − p)²/p over the cells with enough expected rows. */
  readonly square: number;
  readonly degrees: number;
  /** Shares of the cells left over, together. */
  readonly restExpected: number;
  readonly restObserved: number;
}

/** @param reference and `current` counts of the same cells; both sums positive */
export function shareSquare(reference: ArrayLike<number>, current: ArrayLike<number>): ShareSquare {
  const referenceTotal = totalOf(reference);
  const currentTotal = totalOf(current);
  let square = 0;
  let cells = 0;
  let restExpected = 0;
  let restObserved = 0;
  for (let i = 0; i < reference.length; i++) {
    const expected = reference[i]! / referenceTotal;
    const observed = current[i]! / currentTotal;
    if (expected * currentTotal >= EXPECTED_MIN) {
      square += (observed - expected) ** 2 / expected;
      cells++;
    } else {
      restExpected += expected;
      restObserved += observed;
    }
  }
  if (cells > 0 && restExpected * currentTotal >= EXPECTED_MIN) {
    square += (restObserved - restExpected) ** 2 / restExpected;
    cells++;
  }
  return { square, degrees: Math.max(0, cells - 1), restExpected, restObserved };
}

/** @param scale 1/n + 1/N + 1/ν. @returns ln p, the smaller of both tests twice over */
export function logShareTest(shares: ShareSquare, scale: number): number {
  const pearson = logChiSquareTail(shares.square / scale, shares.degrees);
  return Math.min(0, Math.LN2 + Math.min(pearson, logRest(shares, 1 / scale)));
}

function logRest({ restExpected, restObserved }: ShareSquare, size: number): number {
  if (restExpected <= 0 && restObserved <= 0) return 0;
  // Everything is rest: rounding must not make a difference out of 1 against 1.
  if (restExpected >= 1 - 1e-9) return 0;
  // Half a row for cells that the reference never filled: rare, not impossible.
  const expected = Math.max(restExpected, 0.5 / size);
  const tail = restObserved > expected ? logBinomialUpper : logBinomialLower;
  return Math.LN2 + tail(restObserved * size, size, expected);
}

function totalOf(counts: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  return total;
}
