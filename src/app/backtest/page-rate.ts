import { poissonInterval } from "../../base/poisson.ts";

/** Pages in a stretch of history as a rate, with what so few events leave open. */
export interface PageRate {
  readonly pages: number;
  readonly weeks: number;
  readonly perWeek: number;
  /** 95 % interval of the rate, a week. */
  readonly perWeekLow: number;
  readonly perWeekHigh: number;
}

export function pageRate(pages: number, weeks: number): PageRate {
  if (!(weeks > 0))
    return { pages, weeks: 0, perWeek: Number.NaN, perWeekLow: Number.NaN, perWeekHigh: Number.NaN };
  const { low, high } = poissonInterval(pages);
  return { pages, weeks, perWeek: pages / weeks, perWeekLow: low / weeks, perWeekHigh: high / weeks };
}
