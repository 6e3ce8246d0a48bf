/** The checkpoints of a lane's auditor in the store: two slots, written in turn, so that an older one is there too. */
import type { LaneMemory } from "../../audit/lane-memory.ts";
import { decodeMemory, encodeMemory } from "../../audit/memory-codec.ts";
import { OperationalError } from "../../base/errors.ts";
import type { LaneName } from "../../rollup/lane-progress.ts";
import type { Store } from "../../store/contract.ts";

export type Slot = 0 | 1;

/** Every size of a lane's windows has an auditor of its own. */
type LaneOfSize = LaneName & { readonly windowSizeMs: number };

export interface Checkpoint {
  readonly memory: LaneMemory;
  readonly slot: Slot;
}

/**
 * The newest checkpoint whose newest window starts before `beforeStartMs`; undefined when there is none.
 * @param onUnreadable told of a memory that was damaged or written by another version. It is passed over: an older
 *   one, or the stored windows themselves, teach the lane again, and no lane stops being judged for it.
 */
export async function readCheckpoint(
  store: Pick<Store, "readState">,
  lane: LaneOfSize,
  beforeStartMs: number,
  onUnreadable: (error: OperationalError) => void,
): Promise<Checkpoint | undefined> {
  let best: Checkpoint | undefined;
  for (const slot of [0, 1] as const) {
    const value = await store.readState(slotKey(lane, slot));
    if (value === undefined) continue;
    const memory = readable(value, onUnreadable);
    if (memory === undefined) continue;
    const usable = memory.lastWindowStartMs < beforeStartMs;
    if (usable && memory.lastWindowStartMs > (best?.memory.lastWindowStartMs ?? Number.NEGATIVE_INFINITY))
      best = { memory, slot };
  }
  return best;
}

function readable(value: string, onUnreadable: (error: OperationalError) => void): LaneMemory | undefined {
  try {
    return decodeMemory<LaneMemory>(value);
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    onUnreadable(error);
    return undefined;
  }
}

export async function writeCheckpoint(
  store: Pick<Store, "writeStates">,
  lane: LaneOfSize,
  { memory, slot }: Checkpoint,
): Promise<void> {
  await store.writeStates([{ key: slotKey(lane, slot), value: encodeMemory(memory) }]);
}

export function otherSlot(slot: Slot): Slot {
  return slot === 0 ? 1 : 0;
}

/** Names a lane, source and size of windows among the auditors. */
export function laneStateKey(lane: LaneOfSize): string {
  return `audit|${lane.swimlane}|${lane.source}|${lane.windowSizeMs}ms`;
}

function slotKey(lane: LaneOfSize, slot: Slot): string {
  return `${laneStateKey(lane)}|${slot}`;
}
