/**
 * Is the lane inside a stretch that was already paged for? When does it end, and when is low the new normal?
 */
import type { VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";

/** @returns true when the lane has been low for so long that its level must be learned anew. */
export function followEpisode(memory: VolumeMemory, residual: number, paged: boolean): boolean {
  const { episode } = memory;
  if (paged && !episode.open) {
    episode.open = true;
    episode.low = 0;
  }
  if (!episode.open) return false;
  episode.low++;
  episode.sincePage = paged ? 0 : episode.sincePage + 1;
  if (
    residual > method.episodeEnd ||
    episode.sincePage >= method.episodeDaysMax * memory.grid.windowsPerDay
  ) {
    endEpisode(memory);
    return false;
  }
  if (episode.low < newLevelAfter(memory)) return false;
  endEpisode(memory);
  return true;
}

function endEpisode(memory: VolumeMemory): void {
  memory.episode.open = false;
  memory.episode.sincePage = 0;
  memory.recent.reach = 0;
}

/** Two days; a lane whose old level was known for less than that needs no longer to learn the new one. */
function newLevelAfter(memory: VolumeMemory): number {
  const days = method.newLevelDays * memory.grid.windowsPerDay;
  return Math.max(4, Math.min(days, Math.max(24, memory.learned)));
}
