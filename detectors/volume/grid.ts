/**
 * How a lane's windows lie on the day: slots, blocks, and how many days can be kept.
 *
 * A slot is a window, or a minute where windows are shorter: a daily rhythm has no finer grain worth the memory.
 */
import { method } from "./method.ts";

const DAY_MS = 86_400_000;
const SLOT_MS_MIN = 60_000;
/** Above so many slots a day (5 minutes) half the weeks are kept: 207 kB at one minute. */
const SLOTS_FULL_HISTORY = 288;

export interface Grid {
  readonly windowsPerDay: number;
  readonly slotsPerDay: number;
  readonly slotMs: number;
  /** Slots in an hour, for clock shifts; 0 where a slot is longer. */
  readonly slotsPerHour: number;
  readonly seasonWeeks: number;
  readonly daysKept: number;
  readonly blockWindows: number;
  readonly blocksPerWeek: number;
}

export function gridOf(windowSizeMs: number): Grid {
  const slotMs = Math.max(windowSizeMs, SLOT_MS_MIN);
  const slotsPerDay = Math.max(1, Math.ceil(DAY_MS / slotMs));
  const windowsPerDay = Math.max(1, Math.round(DAY_MS / windowSizeMs));
  const seasonWeeks = slotsPerDay <= SLOTS_FULL_HISTORY ? method.seasonWeeks : method.seasonWeeks / 2;
  const blockWindows = Math.max(method.blockWindowsMin, Math.round(windowsPerDay / method.blocksPerDay));
  return {
    windowsPerDay,
    slotsPerDay,
    slotMs,
    seasonWeeks,
    blockWindows,
    slotsPerHour: slotMs <= 3_600_000 ? Math.round(3_600_000 / slotMs) : 0,
    daysKept: 7 * (seasonWeeks + 1),
    blocksPerWeek: (7 * windowsPerDay) / blockWindows,
  };
}
