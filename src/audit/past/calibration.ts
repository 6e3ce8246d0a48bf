/**
 * What is a detector's significance worth on this lane? What it has said of the lane's accepted past.
 *
 * Above its 90 % quantile u, past significances are taken to fall off exponentially (a power law in p, as for any
 * statistic whose variance was guessed too small). The discounted significance is the share of the past above u
 * times that tail. It may only lower what a detector says: a quiet past never makes weak evidence strong.
 */
import { quantileOf } from "../quantile.ts";

/** Verdicts remembered. */
export const PAST_MAX = 300;
const QUANTILE = 0.9;
/** Verdicts' worth that the lane's other features weigh against a feature's own past. */
const SHRINK_WEIGHT = 10;

export interface Tail {
  /** Significance above which the tail begins; at least 1. */
  readonly start: number;
  /** Share of the past above `start`. */
  readonly share: number;
  /** Mean excess above `start`; at least that of honest p-values, 1/ln 10. */
  readonly meanExcess: number;
  /** Verdicts that it rests on. */
  readonly count: number;
}

/** Honest p-values: a tenth above 1, falling by a decade for each step. */
export const HONEST_TAIL: Tail = { start: 1, share: 0.1, meanExcess: Math.LOG10E, count: 0 };

/** @param past significances of accepted windows. @param prior of the lane's same detector, or {@link HONEST_TAIL} */
export function fitTail(past: readonly number[], prior: Tail): Tail {
  const count = past.length;
  const quantile = count > 0 ? quantileOf(past, QUANTILE) : 1;
  const start = Math.max(1, shrink(quantile, prior.start, count));
  const loud = loudestFirst(past, start);
  const above = loud.length;
  let excess = 0;
  for (let i = 0; i < above; i++) excess += loud[i]! - start;
  // A past that never was loud says, the longer it is, that other features' loudness is not this one's.
  const quiet = above === 0 ? (1 - QUANTILE) * count : 0;
  const weight = SHRINK_WEIGHT * prior.share;
  const meanExcess =
    (excess + weight * prior.meanExcess + quiet * HONEST_TAIL.meanExcess) / (above + weight + quiet);
  const share = (above + SHRINK_WEIGHT * prior.share) / (count + SHRINK_WEIGHT);
  return { start, share, meanExcess: Math.max(Math.LOG10E, meanExcess), count };
}

/** Those above `start`: a tenth of the past, so that sorting them is little beside sorting all. */
function loudestFirst(past: readonly number[], start: number): Float64Array {
  const loud: number[] = [];
  for (let i = 0; i < past.length; i++) if (past[i]! > start) loud.push(past[i]!);
  return Float64Array.from(loud).sort().reverse();
}

/** The lane's tail for one detector: the mean of its features' tails, shrunk to honest p-values. */
export function poolTails(tails: readonly Tail[]): Tail {
  let weight = SHRINK_WEIGHT;
  let start = HONEST_TAIL.start * weight;
  let share = HONEST_TAIL.share * weight;
  let meanExcess = HONEST_TAIL.meanExcess * weight;
  for (const tail of tails) {
    weight += tail.count;
    start += tail.start * tail.count;
    share += tail.share * tail.count;
    meanExcess += tail.meanExcess * tail.count;
  }
  return { start: start / weight, share: share / weight, meanExcess: meanExcess / weight, count: weight };
}

/** What is left of `significance` in the light of the past. Never more than it was. */
export function discount(significance: number, tail: Tail): number {
  if (significance <= tail.start) return Math.min(significance, -Math.log10(tail.share));
  const beyond = (significance - tail.start) / (tail.meanExcess * Math.LN10);
  return Math.min(significance, -Math.log10(tail.share) + beyond);
}

function shrink(value: number, prior: number, count: number): number {
  return (value * count + prior * SHRINK_WEIGHT) / (count + SHRINK_WEIGHT);
}
