/**
 * Count, mean and the sums of the 2nd to 4th powers of the distance to it, mergeable without loss but rounding.
 * @see Pebay 2008, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
 * statistical moments", Sandia report SAND2008-6212, equations 2.1 and 3.1.
 */
export interface Moments {
  count: number;
  mean: number;
  m2: number;
  m3: number;
  m4: number;
}

export function zeroMoments(): Moments {
  return { count: 0, mean: 0, m2: 0, m3: 0, m4: 0 };
}

/** Folds `part` into `into`. */
export function addMoments(into: Moments, part: Readonly<Moments>): void {
  if (part.count === 0) return;
  if (into.count === 0) {
    Object.assign(into, part);
    return;
  }
  const a = into.count;
  const b = part.count;
  const n = a + b;
  const delta = part.mean - into.mean;
  const step = delta / n;
  const step2 = step * step;
  // Highest first: each line still needs the lower sums of both parts as they were.
  into.m4 +=
    part.m4 +
    delta * step * step2 * a * b * (a * a - a * b + b * b) +
    6 * step2 * (a * a * part.m2 + b * b * into.m2) +
    4 * step * (a * part.m3 - b * into.m3);
  into.m3 += part.m3 + delta * step2 * a * b * (a - b) + 3 * step * (a * part.m2 - b * into.m2);
  into.m2 += part.m2 + delta * step * a * b;
  into.mean += step * b;
  into.count = n;
}

/** Moments of `values[0..length)`: two passes, so nothing cancels. Every value is finite. */
export function momentsOf(values: ArrayLike<number>, length: number): Moments {
  if (length === 0) return zeroMoments();
  // Distances to the first value, not the values: the sum keeps its digits where the values share an offset.
  const origin = values[0]!;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += values[i]! - origin;
  const mean = origin + sum / length;
  let m1 = 0;
  let m2 = 0;
  let m3 = 0;
  let m4 = 0;
  for (let i = 0; i < length; i++) {
    const d = values[i]! - mean;
    const d2 = d * d;
    m1 += d;
    m2 += d2;
    m3 += d * d2;
    m4 += d2 * d2;
  }
  // What rounding of the mean left over (corrected two-pass, Chan, Golub and LeVeque 1983).
  m2 -= (m1 * m1) / length;
  return { count: length, mean, m2: Math.max(0, m2), m3, m4 };
}
