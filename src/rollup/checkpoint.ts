/**
 * Where a rollup stands, kept in the store's states, so that a start reads the newest segments only and not all that
 * the store keeps. Never the truth: a checkpoint that is old costs reading, one that is missing more of it.
 */
import type { Store } from "../store/contract.ts";
import type { PathTotals } from "./path-totals.ts";

const KEY = "rollup|frontier";
const VERSION = 1;

export interface PartitionCheckpoint {
  readonly topic: string;
  readonly partition: number;
  /** A place on the path before which no segment has rows of a window that is still open. */
  readonly fromOffset: number;
  /** Segments of the path up to here are in the windows that were merged. */
  readonly mergedOffset: number;
  /** Highest event time before `fromOffset`; null when there is none. */
  readonly eventTimeMaxMs: number | null;
  /** Sums over the path before `fromOffset`. */
  readonly totals?: PathTotals;
}

export interface LaneCheckpoint {
  readonly swimlane: string;
  readonly source: string;
  readonly windowSizeMs: number;
  readonly nextStartMs: number;
  readonly lastFilledMs: number;
}

export interface RollupCheckpoint {
  readonly partitions: readonly PartitionCheckpoint[];
  readonly lanes: readonly LaneCheckpoint[];
}

export async function readCheckpoint(store: Pick<Store, "readState">): Promise<RollupCheckpoint | undefined> {
  const text = await store.readState(KEY);
  if (text === undefined) return undefined;
  const { version, ...checkpoint } = JSON.parse(text) as RollupCheckpoint & { readonly version: number };
  return version === VERSION ? checkpoint : undefined;
}

export async function writeCheckpoint(
  store: Pick<Store, "writeStates">,
  checkpoint: RollupCheckpoint,
): Promise<void> {
  await store.writeStates([{ key: KEY, value: JSON.stringify({ version: VERSION, ...checkpoint }) }]);
}
