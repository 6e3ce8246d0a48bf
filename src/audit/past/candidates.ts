/**
 * Which parts of a lane's past might be like the window at hand? A handful of policies; which one is used is
 * decided by how well each predicted the windows so far (baseline.ts), never by a setting.
 */
import {
  addSlot,
  emptyHistory,
  emptySums,
  firstSlotFrom,
  type History,
  type Sums,
  slotSizeMs,
  trailingSums,
} from "./history.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

export interface Candidate {
  readonly name: string;
  /** The oldest slot that could belong, as an age before the window's start. */
  readonly ageMaxMs: number;
  /** Slots at these distances from each whole number of periods ago belong; undefined where every younger one does. */
  readonly season: { readonly periodMs: number; readonly offsetsMs: readonly number[] } | undefined;
}

/** The first is always "all": every accepted window since start. */
export function candidatesFor(windowSizeMs: number): readonly Candidate[] {
  return slotSizeMs(windowSizeMs) >= DAY_MS ? DAILY : HOURLY;
}

const ALL: Candidate = { name: "all", ageMaxMs: Number.POSITIVE_INFINITY, season: undefined };

const DAILY: readonly Candidate[] = [
  ALL,
  span("last 7 days", WEEK_MS),
  span("last 28 days", 4 * WEEK_MS),
  { name: "same weekday, 6 weeks", ageMaxMs: 6 * WEEK_MS, season: { periodMs: WEEK_MS, offsetsMs: [0] } },
];

const HOURLY: readonly Candidate[] = [
  ALL,
  span("last 3 hours", 3 * HOUR_MS),
  span("last day", DAY_MS),
  span("last week", WEEK_MS),
  { name: "same hour, 14 days", ageMaxMs: 14 * DAY_MS, season: { periodMs: DAY_MS, offsetsMs: [0] } },
  {
    name: "hour of the week ±1 h",
    ageMaxMs: 4 * WEEK_MS + HOUR_MS,
    season: { periodMs: WEEK_MS, offsetsMs: [HOUR_MS, 0, -HOUR_MS] },
  },
];

function span(name: string, lengthMs: number): Candidate {
  return { name, ageMaxMs: lengthMs, season: undefined };
}

/** A history that keeps what the candidates for this window size need. */
export function historyFor(windowSizeMs: number, cellCount: number): History {
  const spans = candidatesFor(windowSizeMs).filter((each) => each !== ALL && each.season === undefined);
  return emptyHistory(
    cellCount,
    spans.map(({ ageMaxMs }) => ageMaxMs),
  );
}

/** Adds up what the candidate takes from the past of a window that starts at `startMs`. */
export function sumCandidate(
  candidate: Candidate,
  history: History,
  startMs: number,
  windowSizeMs: number,
): Sums {
  if (candidate === ALL) return history.all;
  const size = slotSizeMs(windowSizeMs);
  const slotStartMs = Math.floor(startMs / size) * size;
  if (candidate.season === undefined) return trailingSums(history, candidate.ageMaxMs, slotStartMs, size);
  return seasonSums(candidate, candidate.season, history, slotStartMs, size);
}

function seasonSums(
  { ageMaxMs }: Candidate,
  season: NonNullable<Candidate["season"]>,
  history: History,
  slotStartMs: number,
  slotMs: number,
): Sums {
  const sums = emptySums(history.all.counts.length);
  const oldestMs = slotStartMs - ageMaxMs;
  for (let backMs = season.periodMs; backMs <= ageMaxMs; backMs += season.periodMs) {
    for (const offsetMs of season.offsetsMs) {
      const startMs = slotStartMs - backMs + offsetMs;
      const slot = history.slots[firstSlotFrom(history.slots, startMs, slotMs)];
      if (slot?.startMs === startMs && startMs >= oldestMs) addSlot(sums, slot);
    }
  }
  return sums;
}
