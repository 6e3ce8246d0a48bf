/** How many sources does each swimlane have? Its page budget is the lane's, and they share it. */
import type { LaneProgress } from "./lane-progress.ts";

/** A source that brought nothing for so long, while others did, has left the lane. As long as a budget's week. */
export const SOURCE_AWAKE_MS = 7 * 86_400_000;

/** By swimlane; a source counts from its first complete window on, and for a week after its newest record. */
export function sourceCounts(
  lanes: Iterable<Pick<LaneProgress, "name" | "lastFilledMs">>,
): ReadonlyMap<string, number> {
  const filled = new Map<string, number[]>();
  for (const { name, lastFilledMs } of lanes) {
    const known = filled.get(name.swimlane);
    if (known === undefined) filled.set(name.swimlane, [lastFilledMs]);
    else known.push(lastFilledMs);
  }
  return new Map([...filled].map(([swimlane, times]) => [swimlane, awakeCount(times)]));
}

function awakeCount(lastFilledMs: readonly number[]): number {
  const newestMs = lastFilledMs.reduce((a, b) => Math.max(a, b));
  return lastFilledMs.filter((timeMs) => timeMs > newestMs - SOURCE_AWAKE_MS || timeMs === newestMs).length;
}
