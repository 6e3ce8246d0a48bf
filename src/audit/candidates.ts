/**
 * Which parts of a lane's past might be like the window at hand? A handful of policies; which one is used is
 * decided by how well each predicted the windows so far (baseline.ts), never by a setting.
 */
import { addSlot, emptySums, type History, type Slot, type Sums, slotSizeMs } from "./history.ts";

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

export interface Candidate {
  readonly name: string;
  /** The oldest slot that could belong, as an age before the window's start. */
  readonly ageMaxMs: number;
  /** Whether a slot that starts `ageMs` before the window's own slot belongs. */
  readonly includes: (ageMs: number) => boolean;
}

/** The first is always "all": every accepted window since start. */
export function candidatesFor(windowSizeMs: number): readonly Candidate[] {
  return slotSizeMs(windowSizeMs) >= DAY_MS ? DAILY : HOURLY;
}

const ALL: Candidate = { name: "all", ageMaxMs: Number.POSITIVE_INFINITY, includes: () => true };

const DAILY: readonly Candidate[] = [
  ALL,
  span("last 7 days", WEEK_MS),
  span("last 28 days", 4 * WEEK_MS),
  {
    name: "same weekday, 6 weeks",
    ageMaxMs: 6 * WEEK_MS,
    includes: (ageMs) => distance(ageMs, WEEK_MS) < DAY_MS / 2,
  },
];

const HOURLY: readonly Candidate[] = [
  ALL,
  span("last 3 hours", 3 * 3_600_000),
  span("last day", DAY_MS),
  span("last week", WEEK_MS),
  {
    name: "same hour, 14 days",
    ageMaxMs: 14 * DAY_MS,
    includes: (ageMs) => distance(ageMs, DAY_MS) < 1_800_000,
  },
  {
    name: "hour of the week ±1 h",
    ageMaxMs: 4 * WEEK_MS,
    includes: (ageMs) => ageMs > DAY_MS && distance(ageMs, WEEK_MS) <= 3_600_000,
  },
];

function span(name: string, lengthMs: number): Candidate {
  return { name, ageMaxMs: lengthMs, includes: (ageMs) => ageMs <= lengthMs };
}

/** How far `ageMs` is from a whole number of periods. */
function distance(ageMs: number, periodMs: number): number {
  const rest = ageMs % periodMs;
  return Math.min(rest, periodMs - rest);
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
  const sums = emptySums(history.all.counts.length);
  for (let i = history.slots.length - 1; i >= 0; i--) {
    const slot: Slot = history.slots[i]!;
    const ageMs = slotStartMs - slot.startMs;
    if (ageMs > candidate.ageMaxMs) break;
    if (candidate.includes(ageMs)) addSlot(sums, slot);
  }
  return sums;
}
