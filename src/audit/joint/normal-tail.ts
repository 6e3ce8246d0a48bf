/** Tails in −log10 p for the auditor's own tests; detectors have theirs in `detectors/lib`. */

/** −log10 P(Z ≥ z) of a standard normal variable, within a hundredth from z = 1 on; 0 below. */
export function normalSignificance(z: number): number {
  if (z < 1) return 0;
  // Mills' ratio by Sampford's bound (1953), within a third of a per cent from 2 on.
  const mills = 4 / (3 * z + Math.sqrt(z * z + 8));
  return (z * z) / (2 * Math.LN10) + Math.log10(Math.sqrt(2 * Math.PI) / mills);
}

/** −log10 P(X ≥ count) of a Poisson variable. @param mean > 0 @param count need not be whole */
export function poissonSignificance(count: number, mean: number): number {
  const first = Math.ceil(count - 1e-9);
  if (first <= 0 || first <= mean) return 0;
  let logTerm = -mean;
  for (let i = 1; i <= first; i++) logTerm += Math.log(mean / i);
  let sum = 1;
  let term = 1;
  for (let i = first + 1; term > 1e-12 * sum; i++) {
    term *= mean / i;
    sum += term;
  }
  return Math.max(0, -(logTerm + Math.log(sum)) / Math.LN10);
}
