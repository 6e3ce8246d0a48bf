/** Pages in a stretch of history as a rate, with what so few events leave open. */
export interface PageRate {
  readonly pages: number;
  readonly weeks: number;
  readonly perWeek: number;
  /** Exact 95 % interval of the rate (Garwood 1936), a week. */
  readonly perWeekLow: number;
  readonly perWeekHigh: number;
}

const TAIL = 0.025;

export function pageRate(pages: number, weeks: number): PageRate {
  if (!(weeks > 0))
    return { pages, weeks: 0, perWeek: Number.NaN, perWeekLow: Number.NaN, perWeekHigh: Number.NaN };
  const low = pages === 0 ? 0 : solve((mean) => 1 - atMost(pages - 1, mean) - TAIL);
  const high = solve((mean) => TAIL - atMost(pages, mean));
  return { pages, weeks, perWeek: pages / weeks, perWeekLow: low / weeks, perWeekHigh: high / weeks };
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
  while (rising(high) < 0 && high < 500) high *= 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return high;
}
