/** Which lanes would a line over `all_lanes` miss? Those that had windows just before and have none of this time yet. */
import { type LaneName, laneKey } from "../../rollup/lane-progress.ts";
import type { Store, WindowRow } from "../../store/contract.ts";

/** A lane that is further behind than this has stopped, as far as the others are concerned. */
const BEHIND_WINDOWS_MAX = 24;

export type LaggingLanes = (windowStartMs: number) => readonly LaneName[];

/** @param windows of one lane and size, in order, at least one. */
export async function laggingLanes(
  store: Pick<Store, "readWindows">,
  windows: readonly Pick<WindowRow, "windowStartMs" | "windowSizeMs">[],
): Promise<LaggingLanes> {
  const { windowStartMs, windowSizeMs } = windows[0]!;
  const behindMs = BEHIND_WINDOWS_MAX * windowSizeMs;
  const span = {
    windowSizeMs,
    sinceMs: windowStartMs - behindMs,
    untilMs: windows.at(-1)!.windowStartMs + 1,
    // Of more lanes than one answer holds, those that are furthest behind are not waited for.
    descending: true,
  };
  const newest = new Map<string, LaneName & { readonly startMs: number }>();
  for (const { swimlane, source, windowStartMs: startMs } of await store.readWindows(span)) {
    const key = laneKey({ swimlane, source });
    const known = newest.get(key);
    if (known === undefined || known.startMs < startMs) newest.set(key, { swimlane, source, startMs });
  }
  return (atMs) => [...newest.values()].filter(({ startMs }) => startMs < atMs && startMs >= atMs - behindMs);
}
