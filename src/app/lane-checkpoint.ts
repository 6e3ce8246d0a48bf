/** The checkpoints of a lane's auditor in the store: two slots, written in turn, so that an older one is there too. */
import type { LaneMemory } from "../audit/lane-memory.ts";
import { decodeMemory, encodeMemory } from "../audit/memory-codec.ts";
import type { LaneName } from "../rollup/lane-progress.ts";
import type { Store } from "../store/contract.ts";

export type Slot = 0 | 1;

/** Every size of a lane's windows has an auditor of its own. */
type LaneOfSize = LaneName & { readonly windowSizeMs: number };

export interface Checkpoint {
  readonly memory: LaneMemory;
  readonly slot: Slot;
}

/** The newest checkpoint whose newest window starts before `beforeStartMs`; undefined when there is none. */
export async function readCheckpoint(
  store: Pick<Store, "readState">,
  lane: LaneOfSize,
  beforeStartMs: number,
): Promise<Checkpoint | undefined> {
  let best: Checkpoint | undefined;
  for (const slot of [0, 1] as const) {
    const value = await store.readState(slotKey(lane, slot));
    if (value === undefined) continue;
    const memory = decodeMemory<LaneMemory>(value);
    const usable = memory.lastWindowStartMs < beforeStartMs;
    if (usable && memory.lastWindowStartMs > (best?.memory.lastWindowStartMs ?? Number.NEGATIVE_INFINITY))
      best = { memory, slot };
  }
  return best;
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
