/** How far one (swimlane, source) has been released window by window, and the rows that wait for the next ones. */
import type { PlacedProfile, SegmentProfile } from "../segment/manifest.ts";

export interface LaneName {
  readonly swimlane: string;
  readonly source: string;
}

export class LaneProgress {
  readonly name: LaneName;
  readonly windowSizeMs: number;
  /** Configured sources whose partitions bring this lane: their watermarks close its windows. */
  readonly groups = new Set<string>();
  /** Start of the next window to be released. */
  nextStartMs: number;
  /** Newest window that had records. */
  lastFilledMs: number;
  /** Rows of windows not yet released, by window start. */
  readonly pending = new Map<number, PlacedProfile[]>();

  /** Until the first release, an older window may still come to be the lane's first. */
  #released: boolean;

  constructor(
    name: LaneName,
    windowSizeMs: number,
    nextStartMs: number,
    lastFilledMs: number,
    released = false,
  ) {
    this.#released = released;
    this.name = name;
    this.windowSizeMs = windowSizeMs;
    this.nextStartMs = nextStartMs;
    this.lastFilledMs = lastFilledMs;
  }

  /** @returns false when the row's window was released already: it is to be merged again. */
  hold(row: PlacedProfile): boolean {
    const startMs = row.windowStartMs;
    if (!this.#released && startMs < this.nextStartMs) this.nextStartMs = startMs;
    if (startMs < this.nextStartMs) return false;
    const rows = this.pending.get(startMs);
    if (rows === undefined) this.pending.set(startMs, [row]);
    else rows.push(row);
    return true;
  }

  /** Gives up rows of segments that a better tiling replaced. */
  withdraw(isGone: (row: PlacedProfile) => boolean): void {
    for (const [startMs, rows] of this.pending)
      this.pending.set(
        startMs,
        rows.filter((row) => !isGone(row)),
      );
  }

  /** The rows of the next window (none: it was silent), which counts as released from now on. */
  release(): PlacedProfile[] {
    const rows = this.pending.get(this.nextStartMs) ?? [];
    this.pending.delete(this.nextStartMs);
    this.#released = true;
    if (rows.length > 0) this.lastFilledMs = this.nextStartMs;
    this.nextStartMs += this.windowSizeMs;
    return rows;
  }

  /** After a long silence: goes on at the next window that has rows, or waits for one. */
  skipSilence(): void {
    const next = Math.min(...this.pending.keys());
    if (Number.isFinite(next)) this.nextStartMs = next;
  }
}

export function laneKey(row: Pick<SegmentProfile, "swimlane" | "source">): string {
  return `${row.swimlane}\u0000${row.source}`;
}
