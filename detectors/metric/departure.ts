/**
 * Has the value left everything that was ever usual, and stayed away?
 *
 * Ranks among n windows cannot say less than 1/n, so that by ranks alone a lane must be weeks old before anything but
 * the absurd pages. Here a window is *far* when it lies beyond all usual values by half of what they span, and is unlike
 * what repeats at this time of day. Under a heavy tail (index 1) that happens once in n (1 + spans) windows;
 * two or three far windows of three multiply. One alone is a spike, which is learned.
 *
 * Far windows that last teach nothing, or the same fault would be usual the second time. After a day they are the new
 * normal, and bursts that come three times a day are the lane's way.
 */

import { sum } from "../lib/sum.ts";
import type { MetricMemory } from "./memory.ts";

/** Plain data. */
export interface DepartureMemory {
  /** Extremes of the windows that were taken for usual, and how many they were. */
  min: number;
  max: number;
  count: number;
  /** The last windows, newest first: by how many spans each was far; 0 for one that was not. */
  readonly spans: number[];
  /** Their values. */
  readonly values: number[];
  /** Far windows of the episode, and usual ones since the last of them. */
  farCount: number;
  usualCount: number;
  /** The episode has been told of. */
  told: boolean;
  /** The episode is among those below. */
  noted: boolean;
  /** Windows seen when the last episodes began, newest first. */
  begunAt: number[];
}

type Seen = Pick<MetricMemory, "departure" | "seen" | "windowsPerWeek">;

export interface Departure {
  /** 0 when the window is not far. */
  readonly spans: number;
  /** Beyond the usual values, though it may repeat at this time: it does not widen what is usual at any other. */
  readonly outside: boolean;
  /** −log10 of how rare the far windows of the last three are together; 0 unless two of them are. */
  readonly significance: number;
  readonly farCount: number;
}

/** Windows looked at together, and how many of them must be far. */
const LOOK_WINDOWS = 3;
const FAR_MIN = 2;
/** Usual windows before anything is far from them. */
const COUNT_MIN = 96;
/** Beyond the extremes by this part of what lies between them: ten standard deviations from the mean of normal values. */
const SPANS_MIN = 0.5;
/** A metric that never moved has no span: more than this says nothing more. */
const SPANS_MAX = 1e6;
/** Usual windows that end an episode. */
const USUAL_ENDS = 4;
/** Far windows that are the new normal: a day of them, within these bounds. */
const NEW_NORMAL_MIN = 24;
const NEW_NORMAL_MAX = 96;
/** The third episode within a day is no fault but the lane's way, and learned. */
const EPISODES_A_DAY = 2;
/** Ways in which two of three windows can be far. */
const PAIRS = 3;
/** Values that stood all but still: what they span is at least this share of their size. */
const SPAN_SHARE_MIN = 0.01;

export function startDeparture(): DepartureMemory {
  return {
    min: Number.NaN,
    max: Number.NaN,
    count: 0,
    spans: [],
    values: [],
    farCount: 0,
    usualCount: 0,
    told: false,
    noted: false,
    begunAt: [],
  };
}

/** @param rhythmDistance from what repeats at this time of day; NaN without a day. */
export function departureOf(
  { departure: memory, seen, windowsPerWeek }: Seen,
  value: number,
  rhythmDistance: number,
): Departure {
  const beyond = spansBeyond(memory, value);
  const unlike = Number.isNaN(rhythmDistance) ? beyond : rhythmDistance / spanOf(memory);
  const spans = farOf(Math.min(beyond, unlike));
  const outside = farOf(beyond) > 0;
  const far = [spans, ...memory.spans].slice(0, LOOK_WINDOWS).filter((each) => each > 0);
  if (spans === 0 || far.length < FAR_MIN || isItsWay(memory, seen, windowsPerWeek))
    return { spans, outside, significance: 0, farCount: far.length };
  const each = far.map((beyond) => Math.log10(memory.count * (1 + beyond)));
  const chance = far.length === FAR_MIN ? Math.log10(PAIRS) : 0;
  return { spans, outside, significance: sum(each) - chance, farCount: far.length };
}

/** True in the third episode of a day. */
function isItsWay({ begunAt, noted }: DepartureMemory, seen: number, windowsPerWeek: number): boolean {
  const earliest = begunAt[EPISODES_A_DAY - 1];
  return !noted && earliest !== undefined && seen - earliest <= windowsPerWeek / 7;
}

function spansBeyond(memory: DepartureMemory, value: number): number {
  if (memory.count < COUNT_MIN) return 0;
  return Math.max(0, value - memory.max, memory.min - value) / spanOf(memory);
}

function spanOf({ min, max }: DepartureMemory): number {
  return Math.max(max - min, SPAN_SHARE_MIN * Math.max(Math.abs(max), Math.abs(min)), Number.MIN_VALUE);
}

function farOf(spans: number): number {
  return spans >= SPANS_MIN ? Math.min(spans, SPANS_MAX) : 0;
}

/** @param told the episode has paged, now or before. */
export function learnDeparture(
  { departure, seen, windowsPerWeek }: Seen,
  value: number,
  { spans, outside, farCount }: Departure,
  told: boolean,
): void {
  const newNormal = Math.min(NEW_NORMAL_MAX, Math.max(NEW_NORMAL_MIN, windowsPerWeek / 7));
  if (spans > 0) {
    departure.farCount++;
    departure.usualCount = 0;
    departure.told ||= told;
    if (farCount >= FAR_MIN) followEpisode(departure, value, seen, windowsPerWeek);
  } else {
    departure.usualCount++;
    if (departure.usualCount >= USUAL_ENDS) endEpisode(departure);
    if (outside) departure.count++;
    else take(departure, value);
  }
  departure.spans.unshift(spans);
  departure.values.unshift(value);
  learnOldest(departure);
  if (departure.farCount < newNormal) return;
  take(departure, value);
  endEpisode(departure);
}

function followEpisode(
  departure: DepartureMemory,
  value: number,
  seen: number,
  windowsPerWeek: number,
): void {
  if (isItsWay(departure, seen, windowsPerWeek)) {
    take(departure, value);
    return;
  }
  if (!departure.noted) departure.begunAt = [seen, ...departure.begunAt].slice(0, EPISODES_A_DAY);
  departure.noted = true;
}

/** A far window that no other followed was a spike: that such come is known from now on. */
function learnOldest(departure: DepartureMemory): void {
  if (departure.spans.length < LOOK_WINDOWS) return;
  const spans = departure.spans.pop()!;
  const value = departure.values.pop()!;
  const alone = departure.spans.every((each) => each === 0) && departure.farCount === 1;
  if (spans > 0 && alone) take(departure, value);
}

function take(departure: DepartureMemory, value: number): void {
  departure.min = departure.count === 0 ? value : Math.min(departure.min, value);
  departure.max = departure.count === 0 ? value : Math.max(departure.max, value);
  departure.count++;
}

function endEpisode(departure: DepartureMemory): void {
  departure.farCount = 0;
  departure.usualCount = 0;
  departure.told = false;
  departure.noted = false;
}
