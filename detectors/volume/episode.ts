/** Is the lane inside a stretch that was already paged for, and when does it end? */
import type { VolumeMemory } from "./memory.ts";
import { method } from "./method.ts";

/** Open from a page until a window is as usual, or a day goes by without evidence enough for a page. */
export function followEpisode(memory: VolumeMemory, residual: number, paged: boolean): void {
  const { episode, grid } = memory;
  if (!episode.open && !paged) return;
  episode.open = true;
  episode.sincePage = paged ? 0 : episode.sincePage + 1;
  if (residual > method.episodeEnd || episode.sincePage >= method.episodeDaysMax * grid.windowsPerDay) {
    endEpisode(memory);
  }
}

/** After an episode no sum reaches back over its end. */
export function endEpisode(memory: VolumeMemory): void {
  memory.episode.open = false;
  memory.episode.sincePage = 0;
  memory.recent.reach = 0;
}
