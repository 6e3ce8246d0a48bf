/**
 * What does a feature look like, and onto which cells are its windows counted?
 *
 * Decided once, from the reference, and frozen with it: windows counted onto the same cells add up, so that any
 * baseline (all, last day, same hour) is a sum, and compare cell by cell without interpolation.
 */
import type { FeatureKind } from "../../../detectors/contract.ts";
import type { FrozenReference } from "./frozen-reference.ts";

/** Quantile edges of a numeric feature; more would be finer than the noise of any window of 10,000 rows. */
const QUANTILE_CELLS = 96;
/** A value that holds this share of the reference gets a cell of its own. */
const POINT_MASS_SHARE = 0.01;
/** Up to this many different values, every value has its own cell. */
const DISCRETE_VALUES_MAX = 96;
/** Names with a cell of their own; the cell after them takes all others. */
const NAMES_MAX = 48;
/** Coarse cells, for tests that need a handful of expected rows in each. */
const GROUPS_MAX = 16;
/** Above this share of different values among all, a name identifies a record rather than groups it. */
const ID_DISTINCT_SHARE = 0.5;

export interface Catalog {
  readonly kind: FeatureKind;
  /** Whether cells are spans of numbers or names of categories. */
  readonly layout: "numbers" | "names";
  /** Upper edges (inclusive) of the cells, ascending; the last is `Number.MAX_VALUE`. Empty for names. */
  readonly edges: Float64Array;
  /** Names of the cells but the last, most frequent first. Empty for numbers. */
  readonly names: readonly string[];
  readonly cellCount: number;
  /** The coarse cell that each cell belongs to: a byte, so that no catalog has more than 256. */
  readonly groups: Uint8Array;
  readonly groupCount: number;
}

/** @param kind what the owner says the feature is; decided from the reference when left out. */
export function catalogOf(reference: FrozenReference, kind?: FeatureKind): Catalog {
  const resolved = kind ?? kindOf(reference);
  const named = reference.stringCount + reference.booleanCount > reference.numberCount;
  return named ? nameCatalog(reference, resolved) : numberCatalog(reference, resolved);
}

function kindOf(reference: FrozenReference): FeatureKind {
  const named = reference.stringCount + reference.booleanCount;
  const total = named + reference.numberCount;
  if (total === 0) return "empty";
  if (named <= reference.numberCount) {
    if (reference.values.length <= 2) return "flag";
    return reference.values.length <= 20 ? "discrete" : "numeric";
  }
  const distinct = reference.categories.size;
  if (distinct <= 2 && reference.categoryOtherCount === 0) return "flag";
  const identifies = distinct > ID_DISTINCT_SHARE * named || reference.categoryOtherCount > named / 2;
  return identifies && distinct > 20 ? "id" : "category";
}

function nameCatalog(reference: FrozenReference, kind: FeatureKind): Catalog {
  const ranked = [...reference.categories].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const names = ranked.slice(0, NAMES_MAX).map(([name]) => name);
  const cellCount = names.length + 1;
  const groups = Uint8Array.from({ length: cellCount }, (_, i) => i);
  return {
    kind,
    layout: "names",
    edges: new Float64Array(0),
    names,
    cellCount,
    groups,
    groupCount: cellCount,
  };
}

function numberCatalog(reference: FrozenReference, kind: FeatureKind): Catalog {
  const edges = edgesOf(reference);
  const masses = massesOf(edges, reference.values, reference.counts);
  const { groups, groupCount } = groupsOf(masses);
  return { kind, layout: "numbers", edges, names: [], cellCount: edges.length, groups, groupCount };
}

/** Quantiles of the reference, and both sides of every value that holds a share worth a cell. */
function edgesOf({ values, counts, max }: FrozenReference): Float64Array {
  const edges = new Set<number>([Number.MAX_VALUE]);
  if (max < Number.MAX_VALUE) edges.add(max);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const each = values.length <= DISCRETE_VALUES_MAX;
  let seen = 0;
  let nextQuantile = total / QUANTILE_CELLS;
  for (let i = 0; i < values.length; i++) {
    seen += counts[i]!;
    const pointMass = counts[i]! >= POINT_MASS_SHARE * total;
    if (pointMass) edges.add(justBelow(values[i]!));
    if (pointMass || each || seen >= nextQuantile) edges.add(values[i]!);
    while (seen >= nextQuantile) nextQuantile += total / QUANTILE_CELLS;
  }
  return Float64Array.from(edges).sort();
}

function justBelow(value: number): number {
  return value === 0 ? -Number.MIN_VALUE : value - Math.abs(value) * 2 ** -52;
}

function massesOf(edges: Float64Array, values: Float64Array, counts: Float64Array): Float64Array {
  const masses = new Float64Array(edges.length);
  let cell = 0;
  for (let i = 0; i < values.length; i++) {
    while (edges[cell]! < values[i]!) cell++;
    masses[cell]! += counts[i]!;
  }
  return masses;
}

/** Neighbouring cells joined until each group holds about a sixteenth of the reference. */
function groupsOf(masses: Float64Array): { groups: Uint8Array; groupCount: number } {
  const groups = new Uint8Array(masses.length);
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  let group = 0;
  let groupMass = 0;
  for (let i = 0; i < masses.length; i++) {
    const full = groupMass > 0 && groupMass + masses[i]! / 2 > total / GROUPS_MAX;
    if (full && group < GROUPS_MAX - 1) {
      group++;
      groupMass = 0;
    }
    groups[i] = group;
    groupMass += masses[i]!;
  }
  return { groups, groupCount: group + 1 };
}
