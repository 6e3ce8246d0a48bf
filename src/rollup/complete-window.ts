import type { ProfileRow, WindowRow } from "../store/contract.ts";

/** One complete (or revised) window of a lane and source, with its merged profiles: what an audit judges. */
export interface CompleteWindow {
  readonly window: WindowRow;
  readonly profiles: readonly ProfileRow[];
}

/** Metrics defined in SQL are measured after a window was merged, and beside what it counts. */
export function mergedCount(profiles: readonly Pick<ProfileRow, "kind">[]): number {
  return profiles.reduce((count, { kind }) => count + (kind === "sql" ? 0 : 1), 0);
}

/** False while the store does not show all that was merged. */
export function isWhole({ window, profiles }: CompleteWindow): boolean {
  return mergedCount(profiles) >= window.profileCount;
}
