/**
 * When is low, or high, the new normal?
 *
 * The slow level follows growth; a step would take it weeks, and every window until then would page or hide losses.
 * A lane that was low for two days (or high for one) moves its level there at once. One that is all but silent is
 * down, not at a new level: it keeps its own for two weeks, so that its return is usual and the next outage is seen.
 */
import type { LevelRun, VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";

/** Fewest windows that tell a new level: daily lanes have one a day. */
const WINDOWS_MIN = 7;
const LEARNING_WINDOWS_MIN = 24;
/** A usual window in between takes back so many unusual ones: noise may interrupt a run, recovery ends it. */
const USUAL_TAKES_BACK = 4;

/** @returns how far the level moves, in log counts; 0 while nothing has been settled. */
export function levelMove(memory: VolumeMemory, residual: number, logRatio: number): number {
  const { low, high } = memory.newLevel;
  const { windowsPerDay } = memory.grid;
  follow(low, residual < method.episodeEnd, logRatio);
  follow(high, residual > method.highResidual, logRatio);
  if (low.windows >= lowWindowsNeeded(memory)) return settle(low);
  if (high.windows >= Math.max(WINDOWS_MIN, windowsPerDay)) return settle(high);
  return 0;
}

function follow(run: LevelRun, unusual: boolean, logRatio: number): void {
  if (unusual) {
    run.windows++;
    run.logRatioSum += logRatio;
    return;
  }
  const kept = Math.max(0, run.windows - USUAL_TAKES_BACK);
  run.logRatioSum *= run.windows === 0 ? 0 : kept / run.windows;
  run.windows = kept;
}

/** A lane whose old level was known for less than the days asked for needs no longer to learn the new one. */
function lowWindowsNeeded(memory: VolumeMemory): number {
  const { low } = memory.newLevel;
  const silent = low.logRatioSum < low.windows * Math.log(method.silenceShare);
  const windows = (silent ? method.silenceDays : method.newLevelDays) * memory.grid.windowsPerDay;
  return Math.max(WINDOWS_MIN, Math.min(windows, Math.max(LEARNING_WINDOWS_MIN, memory.learned)));
}

function settle(run: LevelRun): number {
  const mean = run.logRatioSum / run.windows;
  run.windows = 0;
  run.logRatioSum = 0;
  return mean;
}
