/**
 * Hours and days from the windows within them: the same sketches merged, so that a small shift shows on the mass of
 * rows that a single window does not have, and years can be read without their minutes.
 *
 * Counts, bins, minima and maxima of a larger window are exactly those of its records; the same windows give the
 * same bits whenever they are merged.
 */

import { invariant } from "../base/errors.ts";
import { groupBy } from "../base/group-by.ts";
import { hashText } from "../base/random.ts";
import { mergeProfiles } from "../sketch/merge.ts";
import type { ProfileRow } from "../store/contract.ts";
import { type CompleteWindow, mergedCount } from "./complete-window.ts";
import type { MergeTarget } from "./merge.ts";

/** The larger sizes that a lane's windows can be merged to: each a whole multiple of the one before. */
export function coarserSizes(windowSizeMs: number, wantedMs: readonly number[]): readonly number[] {
  const sizes: number[] = [];
  for (const size of [...wantedMs].sort((a, b) => a - b)) {
    const finer = sizes.at(-1) ?? windowSizeMs;
    if (size > finer && size % finer === 0) sizes.push(size);
  }
  return sizes;
}

/** Start of the larger window that a time lies in. Like all windows they tumble from the Unix epoch in UTC. */
export function coarserStartMs(timeMs: number, sizeMs: number): number {
  return Math.floor(timeMs / sizeMs) * sizeMs;
}

/** @param windows of one lane and source within the target, in order. */
export function mergeCoarser(target: MergeTarget, windows: readonly CompleteWindow[]): CompleteWindow {
  const { swimlane, source, windowStartMs, windowSizeMs, revision } = target;
  const endMs = windowStartMs + windowSizeMs;
  const isWithin = ({ window }: CompleteWindow) =>
    window.windowStartMs >= windowStartMs && window.windowStartMs + window.windowSizeMs <= endMs;
  invariant(windows.every(isWithin), "a larger window is merged from those within it");
  const recordCount = sum(windows, ({ window }) => window.recordCount);
  const profiles: ProfileRow[] = [];
  const rows = windows.flatMap(({ profiles }) => profiles);
  const byFeature = groupBy(rows, ({ feature }) => feature);
  for (const [feature, parts] of [...byFeature].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const seed = hashText(`${swimlane}|${source}|${feature}|${windowStartMs}|${windowSizeMs}`);
    const profile = mergeProfiles(
      parts.map((part) => part.profile),
      seed,
    );
    const key = { windowStartMs, windowSizeMs, swimlane, source, feature, revision };
    profiles.push({ ...key, kind: parts[0]!.kind, recordCount, profile });
  }
  const window = {
    ...target,
    recordCount,
    profileCount: mergedCount(profiles),
    segmentCount: sum(windows, (each) => each.window.segmentCount),
  };
  return { window, profiles };
}

function sum(windows: readonly CompleteWindow[], count: (window: CompleteWindow) => number): number {
  return windows.reduce((total, window) => total + count(window), 0);
}
