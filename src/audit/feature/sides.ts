/** What a window's detectors are handed: reference and current on the same cells, or as the window came. */
import type { DistributionSnapshot, Overdispersion, Reference } from "../../../detectors/contract.ts";
import { alignedSnapshot } from "../cells/aligned-snapshot.ts";
import { referenceSnapshot } from "../cells/frozen-reference.ts";
import type { Tally } from "../cells/tally.ts";
import type { Baseline } from "../past/baseline.ts";
import type { Sums } from "../past/history.ts";
import type { FeatureMemory } from "./feature-memory.ts";

interface Side {
  readonly reference: Reference;
  readonly current: DistributionSnapshot;
}

/** What a detector is handed, by what it is held to. */
export interface Sides {
  readonly baseline: Side;
  readonly frozen: Side;
}

export function sidesOf(
  memory: FeatureMemory,
  tally: Tally,
  snapshot: DistributionSnapshot,
  baseline: Baseline,
): Sides {
  const catalog = memory.catalog!;
  const overdispersion = memory.overdispersions[baseline.index] ?? NO_OVERDISPERSION;
  const reference: Reference = {
    name: baseline.name,
    snapshot: alignedSnapshot(sumsAsTally(baseline.sums), catalog, {
      min: memory.frozen.min,
      max: memory.frozen.max,
    }),
    windowCount: baseline.sums.windowCount,
    overdispersion,
  };
  return {
    baseline: { reference, current: alignedSnapshot(tally, catalog, snapshot) },
    frozen: { reference: frozenReference(memory), current: snapshot },
  };
}

function sumsAsTally({ recordCount, nullCount, valueCount, counts }: Sums): Tally {
  return { recordCount, nullCount, valueCount, counts, rankErrorMax: 0 };
}

const NO_OVERDISPERSION: Overdispersion = { ranks: 0, cells: 0, nulls: 0 };

const frozenSnapshots = new WeakMap<
  object,
  { readonly windowCount: number; readonly snapshot: DistributionSnapshot }
>();

function frozenReference(memory: FeatureMemory): Reference {
  return {
    name: "reference",
    snapshot: frozenSnapshot(memory),
    windowCount: memory.frozen.windowCount,
    overdispersion: memory.overdispersions[0] ?? NO_OVERDISPERSION,
  };
}

/** The frozen side changes rarely; it is made again only when windows were added to it. */
function frozenSnapshot(memory: FeatureMemory): DistributionSnapshot {
  const cached = frozenSnapshots.get(memory.frozen);
  if (cached !== undefined && cached.windowCount === memory.frozen.windowCount) return cached.snapshot;
  const snapshot = referenceSnapshot(memory.frozen);
  frozenSnapshots.set(memory.frozen, { windowCount: memory.frozen.windowCount, snapshot });
  return snapshot;
}
