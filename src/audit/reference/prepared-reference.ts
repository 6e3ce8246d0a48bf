/** What follows from a reference's feature alone, worked out once and kept beside it. */
import type { DistributionDetector, DistributionSnapshot, FeatureKind } from "../../../detectors/contract.ts";
import { alignedSnapshot } from "../cells/aligned-snapshot.ts";
import { type Catalog, catalogOf } from "../cells/catalog.ts";
import { addToReference, emptyReference } from "../cells/frozen-reference.ts";
import { type Tally, tallyOf } from "../cells/tally.ts";
import type { ReferenceFeature } from "./named-reference.ts";

export interface PreparedReference {
  /** Cells drawn from the reference alone. */
  readonly catalog: Catalog;
  readonly tally: Tally;
  /** The reference on its own cells. */
  readonly aligned: DistributionSnapshot;
  /** What a detector knows once it has seen the reference; made once. */
  memoryOf(detector: DistributionDetector, make: () => unknown): unknown;
}

const known = new WeakMap<ReferenceFeature, PreparedReference>();

/** @param kind what the owner says that the feature is; the same on every call for one reference. */
export function prepareReference(held: ReferenceFeature, kind: FeatureKind | undefined): PreparedReference {
  let prepared = known.get(held);
  if (prepared === undefined) {
    prepared = prepare(held.snapshot, kind);
    known.set(held, prepared);
  }
  return prepared;
}

function prepare(snapshot: DistributionSnapshot, kind: FeatureKind | undefined): PreparedReference {
  const whole = emptyReference();
  addToReference(whole, snapshot);
  const catalog = catalogOf(whole, kind);
  const tally = tallyOf(snapshot, catalog);
  const memories = new Map<DistributionDetector, unknown>();
  return {
    catalog,
    tally,
    aligned: alignedSnapshot(tally, catalog, { ...snapshot }),
    memoryOf(detector, make) {
      if (!memories.has(detector)) memories.set(detector, make());
      return memories.get(detector);
    },
  };
}
