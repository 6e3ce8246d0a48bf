/**
 * Is the lane inside a stretch that was already paged for? When does it end, and when is low (or high) the new
 * normal?
 */
import type { Judged } from "./alternatives.ts";
import type { VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";

export interface EpisodeWindow {
  readonly count: number;
  readonly judged: Judged;
  readonly own: Judged;
  readonly paged: boolean;
}

/** How far the slow level has to move, in log counts. */
export interface LevelMove {
  readonly logRatio: number;
}

/** Fewest windows that tell a new level: daily lanes have one a day. */
const LOW_WINDOWS_MIN = 7;
const LEARNING_WINDOWS_MIN = 24;

/** @returns where the level goes, once the lane has been low, or high, for so long that it is the new one. */
export function followEpisode(memory: VolumeMemory, window: EpisodeWindow): LevelMove | undefined {
  const logRatio = Math.log((window.count + 0.5) / (window.own.expected + 0.5));
  return followLow(memory, window, logRatio) ?? followHigh(memory, window, logRatio);
}

function followLow(memory: VolumeMemory, window: EpisodeWindow, logRatio: number): LevelMove | undefined {
  const { episode, grid } = memory;
  if (!episode.open && !window.paged) return undefined;
  if (!episode.open) Object.assign(episode, { open: true, low: 0, lowRatioSum: 0 });
  episode.low++;
  episode.lowRatioSum += logRatio;
  episode.sincePage = window.paged ? 0 : episode.sincePage + 1;
  const over = window.judged.residual > method.episodeEnd;
  if (over || episode.sincePage >= method.episodeDaysMax * grid.windowsPerDay) {
    endEpisode(memory);
    return undefined;
  }
  const mean = episode.lowRatioSum / episode.low;
  if (episode.low < newLevelAfter(memory, mean)) return undefined;
  endEpisode(memory);
  return { logRatio: mean };
}

function endEpisode(memory: VolumeMemory): void {
  memory.episode.open = false;
  memory.episode.sincePage = 0;
  memory.recent.reach = 0;
}

/** Days of windows; a lane whose old level was known for less needs no longer to learn the new one. */
function newLevelAfter(memory: VolumeMemory, meanLogRatio: number): number {
  const silent = meanLogRatio < Math.log(method.silenceShare);
  const windows = (silent ? method.silenceDays : method.newLevelDays) * memory.grid.windowsPerDay;
  return Math.max(LOW_WINDOWS_MIN, Math.min(windows, Math.max(LEARNING_WINDOWS_MIN, memory.learned)));
}

/** A whole day without one usual window, and none of them low: more is the new normal, and losses count from there. */
function followHigh(memory: VolumeMemory, window: EpisodeWindow, logRatio: number): LevelMove | undefined {
  const { episode, grid } = memory;
  if (window.own.residual < method.highResidual) {
    episode.high = 0;
    episode.highRatioSum = 0;
    return undefined;
  }
  episode.high++;
  episode.highRatioSum += logRatio;
  if (episode.high < Math.max(LOW_WINDOWS_MIN, grid.windowsPerDay)) return undefined;
  const move = { logRatio: episode.highRatioSum / episode.high };
  episode.high = 0;
  episode.highRatioSum = 0;
  return move;
}
