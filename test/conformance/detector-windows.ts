/** Windows for the laws: populations by kind of feature, and faults that grow. All from a seed, none from luck. */
import type {
  DetectorContext,
  DistributionSnapshot,
  FeatureKind,
  Reference,
} from "../../detectors/contract.ts";
import { type RawValue, sampleSnapshot } from "../../detectors/lib/sample-snapshot.ts";
import { seededRandom } from "../../src/base/random.ts";

export const CONTEXT: DetectorContext = {
  swimlane: "prod",
  source: "orders",
  feature: "price",
  windowSizeMs: 3_600_000,
  timeZone: "UTC",
  pageBudgetPerWeek: 0.25,
  familySize: 40,
  knownEvents: [],
};

type Draw = (random: () => number) => RawValue;

/** A population of each kind; one value in fifty is null, so that nulls are nothing new. */
const POPULATIONS: Readonly<Record<FeatureKind, Draw>> = {
  numeric: (random) => Math.round((random() + random() + random() + random()) * 1000) / 100,
  discrete: (random) => Math.floor(random() * random() * 12),
  flag: (random) => random() < 0.3,
  category: (random) => `c${Math.floor(random() * random() * 8)}`,
  id: (random) => `id-${Math.floor(random() * 1e9)}`,
  empty: () => null,
};

export function rowsOf(kind: FeatureKind, count: number, seed: number): RawValue[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => (random() < 0.02 ? null : POPULATIONS[kind](random)));
}

export function referenceOf(snapshot: DistributionSnapshot, windowCount = 10): Reference {
  return { name: "trailing", snapshot, windowCount };
}

/** Changes a share of the rows, or all of them by a growing amount. `size` runs from 0 (nothing) to 1. */
export type Fault = (rows: readonly RawValue[], size: number) => RawValue[];

/** Spreads the changed rows evenly, so that the share is exact and no seed decides. */
function atShare(change: (value: RawValue, index: number) => RawValue): Fault {
  return (rows, size) =>
    rows.map((value, i) => (Math.floor((i + 1) * size) > Math.floor(i * size) ? change(value, i) : value));
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  "more nulls": atShare(() => null),
  "more absent": atShare(() => undefined),
  // One value, not each in another type: all numbers as strings would look like all numbers to a count of distinct values.
  "a value of another type": atShare((value) => (typeof value === "number" ? "seven" : 7)),
  "a sentinel far out": atShare((value) => (typeof value === "number" ? 999_999 : value)),
  "a value never seen": atShare((value) => (typeof value === "string" ? "NEVER-SEEN" : value)),
  // By whole numbers, so that integers stay integers and only their place changes.
  "all numbers shifted": (rows, size) =>
    rows.map((value) => (typeof value === "number" ? value + Math.ceil(size * 20) : value)),
};

/** Sizes by which a fault grows; the last changes every row. */
export const FAULT_SIZES = [0, 0.02, 0.1, 0.3, 0.6, 1];

export function windowOf(rows: readonly RawValue[]): DistributionSnapshot {
  return sampleSnapshot(rows);
}
