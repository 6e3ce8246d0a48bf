/** What a count of rare events says of the mean behind it. */

/** Half-open on neither side: the means under which so few, or so many, would not be odd. */
export interface MeanInterval {
  readonly low: number;
  readonly high: number;
}

const TAIL = 0.025;
const TAIL_Z = 1.959963984540054;
/** Above it the sum of terms underflows before it is done; the approximation is then within 0.01 %. */
const EXACT_COUNT_MAX = 200;

/**
 * The 95 % interval of a Poisson mean after `count` events: exact (Garwood 1936, Biometrika 28), for large counts by
 * Wilson and Hilferty's cube root (1931, PNAS 17).
 */
export function poissonInterval(count: number): MeanInterval {
  if (count > EXACT_COUNT_MAX) return { low: cubeRoot(count, -TAIL_Z), high: cubeRoot(count + 1, TAIL_Z) };
  const low = count === 0 ? 0 : solve((mean) => 1 - atMost(count - 1, mean) - TAIL);
  return { low, high: solve((mean) => TAIL - atMost(count, mean)) };
}

function cubeRoot(count: number, z: number): number {
  return count * (1 - 1 / (9 * count) + z / (3 * Math.sqrt(count))) ** 3;
}

/** P(X ≤ count) of a Poisson variable. */
function atMost(count: number, mean: number): number {
  let term = Math.exp(-mean);
  let sum = term;
  for (let i = 1; i <= count; i++) sum += term *= mean / i;
  return Math.min(1, sum);
}

/** Zero of a function that rises with the mean, by halving. */
function solve(rising: (mean: number) => number): number {
  let [low, high] = [0, 1];
  while (rising(high) < 0) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return high;
}
