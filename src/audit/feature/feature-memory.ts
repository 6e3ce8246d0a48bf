/** What the auditor remembers of one feature. Plain data, bounded; restored, it goes on as if never stopped. */
import type { DistributionSnapshot, FeatureKind, Overdispersion } from "../../../detectors/contract.ts";
import type { Catalog } from "../cells/catalog.ts";
import { emptyReference, type FrozenReference } from "../cells/frozen-reference.ts";
import { type CandidateRecord, emptyRecords } from "../past/baseline.ts";
import type { Tail } from "../past/calibration.ts";
import { emptyHistory, type History, type Sums } from "../past/history.ts";

/** A window kept whole, while its fate (part of the reference, new normal) is open. */
export interface HeldWindow {
  readonly startMs: number;
  readonly snapshot: DistributionSnapshot;
}

/** Whether a judged window was kept out of what is learned. */
interface Refusal {
  readonly startMs: number;
  readonly refused: boolean;
}

/** What is remembered of one detector on one feature. */
export interface DetectorPast {
  /** The detector's own. */
  memory: unknown;
  /** Its significances on accepted windows, newest last. */
  significances: number[];
  /** Fitted to them; refreshed every few windows. */
  tail: Tail;
}

export interface FeatureMemory {
  /** Undefined while learning: no cells before the reference is known. */
  catalog: Catalog | undefined;
  frozen: FrozenReference;
  /** While learning: windows since start. Afterwards: the newest refused ones. */
  held: HeldWindow[];
  history: History;
  /** The reference on the catalog's cells, for slow drift; undefined until it is complete. */
  pinned: Sums | undefined;
  candidates: CandidateRecord[];
  /** By candidate; refreshed every few windows. */
  overdispersions: Overdispersion[];
  detectors: Record<string, DetectorPast>;
  /** Of the newest judged windows. */
  refusals: Refusal[];
  acceptedCount: number;
  /** Windows in which the lane had records. */
  windowCount: number;
}

export function emptyFeatureMemory(windowSizeMs: number): FeatureMemory {
  return {
    catalog: undefined,
    frozen: emptyReference(),
    held: [],
    history: emptyHistory(0),
    pinned: undefined,
    candidates: emptyRecords(windowSizeMs),
    overdispersions: [],
    detectors: {},
    refusals: [],
    acceptedCount: 0,
    windowCount: 0,
  };
}

/** A snapshot cut down to what a held window needs, safe to keep: no views, no getters. */
export function heldSnapshot(snapshot: DistributionSnapshot): DistributionSnapshot {
  return {
    ...snapshot,
    values: whole(snapshot.values),
    cumulativeCounts: whole(snapshot.cumulativeCounts),
  };
}

/** A view would keep all of its buffer; a list of its own, or one that many share (sketch/shared-lists.ts), is kept as it is. */
function whole(list: Float64Array): Float64Array {
  return list.byteLength === list.buffer.byteLength ? list : list.slice();
}

/** What the owner says of a feature. */
export interface FeatureOptions {
  readonly kind?: FeatureKind;
}
