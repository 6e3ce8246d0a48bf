/** Merges the rows of a window over all partitions and segments, in a fixed order, so that repeating it gives the same bits. */
import { groupBy } from "../base/group-by.ts";
import { hashText } from "../base/random.ts";
import type { PlacedProfile } from "../segment/manifest.ts";
import { mergeProfiles } from "../sketch/merge.ts";
import type { ProfileRow, WindowRow } from "../store/contract.ts";
import type { CompleteWindow } from "./complete-window.ts";
import type { LaneName } from "./lane-progress.ts";

export interface MergeTarget extends LaneName {
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
  readonly revision: number;
  readonly mergedAtMs: number;
}

/** @param rows all rows of the window on the paths; none for a silent window. */
export function mergeWindow(target: MergeTarget, rows: readonly PlacedProfile[]): CompleteWindow {
  const { swimlane, source, windowStartMs, windowSizeMs, revision } = target;
  const byFeature = groupBy([...rows].sort(comparePlaces), ({ feature }) => feature);
  const recordCount = (byFeature.get("*") ?? []).reduce((sum, row) => sum + row.profile.presentCount, 0);
  const profiles: ProfileRow[] = [];
  for (const feature of [...byFeature.keys()].sort()) {
    const parts = byFeature.get(feature)!;
    const seed = hashText(`${swimlane}|${source}|${feature}|${windowStartMs}`);
    const profile =
      parts.length === 1
        ? parts[0]!.profile
        : mergeProfiles(
            parts.map((part) => part.profile),
            seed,
          );
    const { kind } = parts[0]!;
    profiles.push({
      windowStartMs,
      windowSizeMs,
      swimlane,
      source,
      feature,
      kind,
      revision,
      recordCount,
      profile,
    });
  }
  const segmentCount = new Set(
    rows.map((row) => `${row.manifest.topic}|${row.manifest.partition}|${row.manifest.startOffset}`),
  ).size;
  const window: WindowRow = {
    windowStartMs,
    windowSizeMs,
    swimlane,
    source,
    revision,
    recordCount,
    profileCount: profiles.length,
    segmentCount,
    mergedAtMs: target.mergedAtMs,
  };
  return { window, profiles };
}

function comparePlaces(a: PlacedProfile, b: PlacedProfile): number {
  const left = a.manifest;
  const right = b.manifest;
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1;
  return left.partition - right.partition || left.startOffset - right.startOffset;
}
