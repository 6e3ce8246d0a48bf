/**
 * Is it a holiday, or did the clocks change? Then another profile of the same lane fits better than today's own.
 *
 * An alternative must have explained the LAST hours better before it may excuse this one; so a drop can't excuse
 * itself, however well "Sunday" would fit it.
 */
import { isWeekend, type WallTime } from "../lib/series/wall-clock.ts";
import { type Footing, seasonOf } from "./baseline.ts";
import type { VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";
import { noiseAt, root } from "./noise.ts";

/** A count held against one expectation. */
export interface Judged {
  readonly expected: number;
  /** Standard deviation on the root scale. */
  readonly deviation: number;
  /** In deviations; negative is low. */
  readonly residual: number;
  /** A shift of the clock by an hour would explain the count as well. */
  readonly ambiguous: boolean;
}

const SUNDAY = 0;
const SATURDAY = 1;
const HOUR_EARLY = 2;
const HOUR_LATE = 3;

/** Replaces expectation and residual where an alternative has earned it, then gathers this window's evidence. */
export function considerAlternatives(
  memory: VolumeMemory,
  wall: WallTime,
  slot: number,
  count: number,
  own: Judged,
): Judged {
  startNewDay(memory, wall.day);
  let best = own;
  let bestEvidence = method.evidenceNeeded;
  let ambiguous = false;
  for (let which = SUNDAY; which <= HOUR_LATE; which++) {
    const season = alternativeSeason(memory, wall, slot, which);
    if (Number.isNaN(season)) continue;
    const other = judgeAgainst(
      memory,
      slot,
      count,
      Math.max(0, Math.exp(season + memory.baseline.level) - 0.5),
      "week",
    );
    const before = memory.alternatives.evidence[which]!;
    if (isAmbiguous(memory, which, other)) ambiguous = true;
    if (before > bestEvidence) {
      bestEvidence = before;
      best = {
        expected: Math.min(own.expected, other.expected),
        deviation: other.deviation,
        residual: Math.min(Math.max(own.residual, other.residual), method.excusedMax),
        ambiguous,
      };
    }
    memory.alternatives.evidence[which] = gather(before, own, other);
    const { sinceMidnight } = memory.alternatives;
    sinceMidnight[which] = gather(sinceMidnight[which]!, own, other);
  }
  return { ...best, ambiguous };
}

export function judgeAgainst(
  memory: VolumeMemory,
  slot: number,
  count: number,
  expected: number,
  footing: Footing,
): Judged {
  const deviation = noiseAt(memory, slot, expected, footing);
  return { expected, deviation, residual: (root(count) - root(expected)) / deviation, ambiguous: false };
}

function alternativeSeason(memory: VolumeMemory, wall: WallTime, slot: number, which: number): number {
  const { slotsPerDay, slotsPerHour } = memory.grid;
  switch (which) {
    case SUNDAY:
      return wall.weekday === 6 ? Number.NaN : seasonLog(memory, wall.day - wall.weekday - 1, slot);
    case SATURDAY:
      return isWeekend(wall.weekday) ? Number.NaN : seasonLog(memory, wall.day - wall.weekday - 2, slot);
    default: {
      if (slotsPerHour === 0) return Number.NaN;
      const shifted = slot + (which === HOUR_EARLY ? slotsPerHour : -slotsPerHour);
      const dayShift = Math.floor(shifted / slotsPerDay);
      return seasonLog(memory, wall.day + dayShift, shifted - dayShift * slotsPerDay);
    }
  }
}

/**
 * Clocks change, and timetables begin, by night: a shift that this day's hours have already spoken against did not
 * begin just now, so a loss that it would explain is taken for a loss.
 */
function isAmbiguous(memory: VolumeMemory, which: number, other: Judged): boolean {
  if (which < HOUR_EARLY || Math.abs(other.residual) >= method.ambiguousWithin) return false;
  return memory.alternatives.sinceMidnight[which]! > method.refutedToday;
}

function gather(before: number, own: Judged, other: Judged): number {
  const gain =
    Math.min(own.residual ** 2, method.evidenceClip) - Math.min(other.residual ** 2, method.evidenceClip);
  // Where both profiles expect the same, the window says nothing, and nothing is forgotten.
  const apart = Math.abs(root(own.expected) - root(other.expected)) / own.deviation;
  const kept = 1 - (1 - method.evidenceMemory) * Math.min(1, apart / method.evidenceApart);
  const after = kept * before + method.evidenceGain * gain;
  return Math.max(method.evidenceMin, Math.min(method.evidenceMax, after));
}

/** A holiday is one day: at midnight the day types start afresh. A clock shift lasts, so its evidence stays. */
function startNewDay(memory: VolumeMemory, day: number): void {
  const { alternatives } = memory;
  if (day === alternatives.day) return;
  alternatives.day = day;
  alternatives.sinceMidnight.fill(0);
  for (const which of [SUNDAY, SATURDAY]) {
    alternatives.evidence[which] = alternatives.evidence[which]! > 0 ? 0 : alternatives.evidence[which]! / 2;
  }
}

function seasonLog(memory: VolumeMemory, day: number, slot: number): number {
  return seasonOf(memory, day, slot).log;
}
