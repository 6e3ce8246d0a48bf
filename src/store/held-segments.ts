/**
 * Segments in memory, oldest first, found by name or by a window that they touch. For a replay, which needs a
 * segment's rows again only where late data changes a window: writing them would cost more than folding them.
 */
import type { PlacedProfile, Segment, SegmentKey } from "../segment/manifest.ts";
import type { Profile } from "../sketch/profile.ts";

export class HeldSegments {
  readonly #segments = new Map<string, Segment>();
  readonly #byWindow = new Map<number, Set<Segment>>();
  #byteCount = 0;

  /** What the held rows take in memory, about. */
  get byteCount(): number {
    return this.#byteCount;
  }

  add(segment: Segment): void {
    const name = nameOf(segment.manifest);
    if (this.#segments.has(name)) return;
    this.#segments.set(name, segment);
    this.#byteCount += bytesOf(segment);
    for (const startMs of windowStartsOf(segment)) {
      const touching = this.#byWindow.get(startMs);
      if (touching === undefined) this.#byWindow.set(startMs, new Set([segment]));
      else touching.add(segment);
    }
  }

  get(manifest: SegmentKey): Segment | undefined {
    return this.#segments.get(nameOf(manifest));
  }

  /** Rows of a lane's window, with the place of their segments. */
  rowsOfWindow(swimlane: string, source: string, windowStartMs: number): PlacedProfile[] {
    const rows: PlacedProfile[] = [];
    for (const { manifest, profiles } of this.#byWindow.get(windowStartMs) ?? []) {
      for (const row of profiles) {
        const matches =
          row.windowStartMs === windowStartMs && row.swimlane === swimlane && row.source === source;
        if (matches) rows.push({ ...row, manifest });
      }
    }
    return rows;
  }

  /** Gives up the oldest until at most `bytesMax` are held, and returns them. */
  takeOldest(bytesMax: number): Segment[] {
    const taken: Segment[] = [];
    for (const [name, segment] of this.#segments) {
      if (this.#byteCount <= bytesMax) break;
      this.#segments.delete(name);
      this.#byteCount -= bytesOf(segment);
      for (const startMs of windowStartsOf(segment)) this.#forget(startMs, segment);
      taken.push(segment);
    }
    return taken;
  }

  #forget(windowStartMs: number, segment: Segment): void {
    const touching = this.#byWindow.get(windowStartMs);
    touching?.delete(segment);
    if (touching?.size === 0) this.#byWindow.delete(windowStartMs);
  }
}

/** Of a profile without its lists, and of each name in it. */
const PROFILE_BYTES = 1_024;
const NAME_BYTES = 48;

function bytesOf({ profiles }: Segment): number {
  return profiles.reduce((sum, { profile }) => sum + bytesOfProfile(profile), PROFILE_BYTES);
}

function bytesOfProfile({ quantiles, categories, histogram }: Profile): number {
  const numbers = quantiles.items.length * 2 + categories.counts.length + (histogram?.counts.length ?? 0) * 2;
  const registers = categories.distinct?.registers.length ?? 0;
  return PROFILE_BYTES + numbers * 8 + categories.names.length * NAME_BYTES + registers;
}

function windowStartsOf({ profiles }: Segment): ReadonlySet<number> {
  return new Set(profiles.map(({ windowStartMs }) => windowStartMs));
}

function nameOf({ topic, partition, startOffset, endOffset, shape }: SegmentKey): string {
  return `${topic}|${partition}|${startOffset}|${endOffset}|${shape}`;
}
