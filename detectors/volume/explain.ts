/**
 * How far is the count from what the season, a benign alternative and the last day of its kind lead one to expect?
 */
import type { WallTime } from "../lib/series/wall-clock.ts";
import { considerAlternatives, type Judged, judgeAgainst } from "./alternatives.ts";
import { type Season, seasonOf } from "./baseline.ts";
import { noteFooting } from "./footing.ts";
import type { VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";
import { countAtRoot, root } from "./noise.ts";

export interface Explained {
  readonly season: Season;
  /** Against season and level alone. */
  readonly own: Judged;
  /** After a holiday or clock shift, where one has earned it. */
  readonly excused: Judged;
  /** After that, against the last day of its kind, where that was low too. */
  readonly judged: Judged;
}

export function explain(memory: VolumeMemory, wall: WallTime, slot: number, count: number): Explained {
  const season = seasonOf(memory, wall.day, slot);
  noteFooting(memory, season.footing, wall.day);
  const own = judgeAgainst(memory, slot, count, ownExpectation(memory, season), season.footing);
  const excused = considerAlternatives(memory, wall, slot, count, own);
  return { season, own, excused, judged: compareWithLastOfKind(memory, wall.weekday, slot, count, excused) };
}

function ownExpectation(memory: VolumeMemory, season: Season): number {
  const { level, pooled } = memory.baseline;
  const log = season.footing === "level" ? pooled : season.log + level;
  return Number.isNaN(log) ? 0 : Math.max(0, Math.exp(log) - 0.5);
}

/**
 * A slot that was as low on the last day of its kind is a new timetable: it paged once, now a further loss counts.
 * Silence must have come on two days before it is a plan; or an outage at the same hour next day would be excused.
 */
function compareWithLastOfKind(
  memory: VolumeMemory,
  weekday: number,
  slot: number,
  count: number,
  judged: Judged,
): Judged {
  if (memory.grid.slotsPerDay === 1) return judged;
  const at = kindRow(memory, weekday) + slot;
  const silent = count < method.silenceShare * judged.expected;
  const last = memory.forecast.lastOfKind[at]!;
  const before = silent ? Math.max(last, memory.forecast.lastButOneOfKind[at]!) : last;
  if (before > method.yesterdayLow) return judged;
  const expected = Math.max(0, countAtRoot(root(judged.expected) + before * judged.deviation));
  return {
    ...judged,
    expected: Math.min(expected, judged.expected),
    residual: Math.min(0, judged.residual - before),
  };
}

/** Where the slots of weekdays, Saturday and Sunday begin. */
export function kindRow(memory: VolumeMemory, weekday: number): number {
  return memory.grid.slotsPerDay * Math.max(0, weekday - 4);
}
