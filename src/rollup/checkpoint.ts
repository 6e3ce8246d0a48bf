/**
 * Where a rollup stands, kept in the store's states, so that a start reads the newest segments only and not all that
 * the store keeps. Never the truth: a checkpoint that is old costs reading, one that is missing more of it.
 */
import type { Store } from "../store/contract.ts";
import type { PartitionFrontier } from "./frontier.ts";
import type { LaneProgress } from "./lane-progress.ts";
import type { PathTotals } from "./path-totals.ts";

const KEY = "rollup|frontier";
const VERSION = 1;
/** Segments before the path's end that a start reads again: where a successor's other cut may begin. */
const LOOKBACK_SEGMENTS = 64;

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

export function checkpointOf(
  frontiers: Iterable<PartitionFrontier>,
  lanes: Iterable<LaneProgress>,
): RollupCheckpoint {
  const ofLanes = [...lanes].map(laneCheckpoint);
  const openMs = Math.min(...ofLanes.map((lane) => lane.nextStartMs));
  return {
    partitions: [...frontiers].flatMap((frontier) => partitionCheckpoint(frontier, openMs)),
    lanes: ofLanes,
  };
}

function laneCheckpoint(lane: LaneProgress): LaneCheckpoint {
  const { name, windowSizeMs, nextStartMs, lastFilledMs } = lane;
  return { ...name, windowSizeMs, nextStartMs, lastFilledMs };
}

/** From the first segment that has rows of open windows, and a stretch before the end at least. */
function partitionCheckpoint(frontier: PartitionFrontier, openMs: number): readonly PartitionCheckpoint[] {
  const { topic, partition, path } = frontier;
  if (path.length === 0) return [];
  const open = path.findIndex((manifest) => manifest.eventTimeMaxMs >= openMs);
  const from = Math.max(0, Math.min(open < 0 ? path.length : open, path.length - LOOKBACK_SEGMENTS));
  const before = frontier.eventTimeMaxBefore(from);
  const eventTimeMaxMs = Number.isFinite(before) ? before : null;
  const fromOffset = path[from]?.startOffset ?? frontier.endOffset;
  const totals = frontier.totalsBefore(from);
  return [{ topic, partition, fromOffset, mergedOffset: frontier.endOffset, eventTimeMaxMs, totals }];
}
