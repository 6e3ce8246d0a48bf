/** Distances between two rows of counts over the same cells: bins of numbers, or categories. */

/**
 * Share that an empty cell is given in PSI and KL. It is the convention of the published scores and their limits;
 * the `psi` detector has a rule of its own that no constant decides.
 */
const SHARE_FLOOR = 1e-4;

export interface Divergences {
  /** Population stability index, Σ (q − p)·ln(q / p). */
  readonly psi: number;
  /** Kullback–Leibler, natural logarithm. */
  readonly klReferenceCurrent: number;
  readonly klCurrentReference: number;
  /** Base 2, in [0, 1]; the distance is its square root and obeys the triangle inequality. */
  readonly jensenShannonDivergence: number;
  readonly jensenShannonDistance: number;
  /** In [0, 1]. */
  readonly hellinger: number;
  /** Half the sum of absolute differences: the share of records that would have to move. */
  readonly totalVariation: number;
  /** The widest difference of one cell. */
  readonly largestDifference: number;
}

/** @param floor share of an empty cell in PSI and KL; the shares are not renormalised after it */
export function divergences(
  reference: readonly number[],
  current: readonly number[],
  floor = SHARE_FLOOR,
): Divergences {
  const p = sharesOf(reference);
  const q = sharesOf(current);
  const sum = (term: (p: number, q: number) => number) =>
    p.reduce((total, share, i) => total + term(share, q[i]!), 0);
  const kl = (a: number, b: number) => Math.max(a, floor) * Math.log(Math.max(a, floor) / Math.max(b, floor));
  const klReferenceCurrent = sum(kl);
  const klCurrentReference = sum((a, b) => kl(b, a));
  const jensenShannonDivergence = Math.max(0, sum(jensenShannonTerm)) / (2 * Math.LN2);
  return {
    psi: klReferenceCurrent + klCurrentReference,
    klReferenceCurrent,
    klCurrentReference,
    jensenShannonDivergence,
    jensenShannonDistance: Math.sqrt(jensenShannonDivergence),
    hellinger: Math.sqrt(sum((a, b) => (Math.sqrt(a) - Math.sqrt(b)) ** 2) / 2),
    totalVariation: sum((a, b) => Math.abs(a - b)) / 2,
    largestDifference: p.reduce((largest, share, i) => Math.max(largest, Math.abs(share - q[i]!)), 0),
  };
}

function sharesOf(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}

/** Entropy of the shares, in bits. */
export function entropyBits(counts: readonly number[]): number {
  return -sharesOf(counts).reduce((sum, p) => sum + (p === 0 ? 0 : p * Math.log2(p)), 0) + 0;
}

function jensenShannonTerm(p: number, q: number): number {
  const middle = (p + q) / 2;
  return (p === 0 ? 0 : p * Math.log(p / middle)) + (q === 0 ? 0 : q * Math.log(q / middle));
}
