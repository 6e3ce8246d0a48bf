/** When a lane that brings nothing any more is no longer filled with windows of zero. */
import { windowStartMs } from "../assign/window.ts";
import type { LaneProgress } from "./lane-progress.ts";

/** Silent windows after which a lane is retired: at least, and at most, whatever `silentMsMax` makes of its window size. */
const SILENT_WINDOWS_MIN = 48;
const SILENT_WINDOWS_MAX = 3_000;
const SILENT_MS_MAX = 14 * 86_400_000;

export class SilentLanes {
  readonly #silentMsMax: number;

  /** @param silentMsMax how long a lane may be silent. @default 14 days */
  constructor(silentMsMax = SILENT_MS_MAX) {
    this.#silentMsMax = silentMsMax;
  }

  /** A lane that was silent for long is no longer filled with zeros; it goes on at the next window with records. */
  isRetired(lane: LaneProgress, passedMs: number): boolean {
    const silentMs = lane.nextStartMs - lane.lastFilledMs;
    if (silentMs <= this.#limitMs(lane) || lane.pending.has(lane.nextStartMs)) return false;
    lane.skipSilence();
    if (lane.pending.has(lane.nextStartMs)) return false;
    lane.nextStartMs = Math.max(lane.nextStartMs, windowStartMs(passedMs, lane.windowSizeMs));
    return true;
  }

  /** Long enough in windows of any size to be told of, never so long that a dead lane of short windows costs much. */
  #limitMs({ windowSizeMs }: LaneProgress): number {
    const windows = Math.min(
      SILENT_WINDOWS_MAX,
      Math.max(SILENT_WINDOWS_MIN, this.#silentMsMax / windowSizeMs),
    );
    return windows * windowSizeMs;
  }
}
