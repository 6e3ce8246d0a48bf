/** Merged windows of one lane and source with their profiles, as the store has them. */
import { groupBy } from "../../base/group-by.ts";
import type { CompleteWindow } from "../../rollup/complete-window.ts";
import type { LaneName } from "../../rollup/lane-progress.ts";
import type { Store } from "../../store/contract.ts";

export interface LaneSpan extends LaneName {
  readonly windowSizeMs: number;
  readonly sinceMs: number | undefined;
  readonly untilMs: number;
}

const PROFILES_MAX = 10_000_000;

/** By start. A window whose profiles are not all visible yet has fewer than its `profileCount`. */
export async function readCompleteWindows(
  store: Pick<Store, "readWindows" | "readProfiles">,
  span: LaneSpan,
  limit: number,
): Promise<readonly CompleteWindow[]> {
  const { swimlane, source, windowSizeMs, sinceMs, untilMs } = span;
  const lane = { swimlane, source, windowSizeMs };
  const windows = await store.readWindows({ ...lane, sinceMs, untilMs, limit });
  if (windows.length === 0) return [];
  const rows = await store.readProfiles({
    ...lane,
    sinceMs: windows[0]!.windowStartMs,
    untilMs: windows.at(-1)!.windowStartMs + 1,
    limit: PROFILES_MAX,
  });
  const profiles = groupBy(rows, (row) => row.windowStartMs);
  return windows.map((window) => ({
    window,
    profiles: (profiles.get(window.windowStartMs) ?? [])
      .filter((row) => row.revision === window.revision)
      .sort((a, b) => (a.feature < b.feature ? -1 : 1)),
  }));
}
