/**
 * Which part of a run of refused windows is the new normal? What most of them share.
 *
 * Something lasting (a new carrier, another unit) refuses every window; a fault that happens to fall into the same
 * days is in one or two of them. Only what at least half of the windows have may enter the reference, or the
 * fault's "NONE" would be known from then on.
 */
import type { CategoryCount, DistributionSnapshot } from "../../../detectors/contract.ts";
import type { Catalog } from "../cells/catalog.ts";
import type { FrozenReference } from "../cells/frozen-reference.ts";
import { type Tally, tallyOf } from "../cells/tally.ts";
import { quantileOf } from "../quantile.ts";
import type { HeldWindow } from "./feature-memory.ts";

/** Windows that must be alike for something to be called normal. */
const ALIKE_WINDOWS_MIN = 4;
/** Share of the records by which two windows of one population may differ beyond sampling. */
const ALIKE_DISTANCE = 0.2;

/**
 * The refused windows that are like the newest one: a fault that came and went just before is none of them.
 * @returns undefined where too few are alike to speak of a new normal
 */
export function alikeWindows(held: readonly HeldWindow[], catalog: Catalog): HeldWindow[] | undefined {
  const newest = held.at(-1);
  if (newest === undefined) return undefined;
  const last = tallyOf(newest.snapshot, catalog);
  const alike = held.filter(({ snapshot }) => isAlike(tallyOf(snapshot, catalog), last, catalog));
  return alike.length >= ALIKE_WINDOWS_MIN ? alike : undefined;
}

/** Total variation over the coarse cells and the nulls, against what sampling leaves of it. */
function isAlike(a: Tally, b: Tally, catalog: Catalog): boolean {
  const [left, right] = [groupShares(a, catalog), groupShares(b, catalog)];
  const distance = left.reduce((sum, share, i) => sum + Math.abs(share - right[i]!), 0) / 2;
  const sampling = Math.sqrt((left.length * (1 / a.recordCount + 1 / b.recordCount)) / (2 * Math.PI));
  return distance <= ALIKE_DISTANCE + sampling;
}

function groupShares(tally: Tally, catalog: Catalog): number[] {
  const shares: number[] = new Array(catalog.groupCount + 1).fill(0);
  const total = tally.valueCount + tally.nullCount;
  for (let i = 0; i < tally.counts.length; i++) shares[catalog.groups[i]!]! += tally.counts[i]! / total;
  shares[catalog.groupCount] = tally.nullCount / total;
  return shares;
}

/** @param frozen what was known before stays known. */
export function commonPart(held: readonly HeldWindow[], frozen: FrozenReference): HeldWindow[] {
  const snapshots = held.map(({ snapshot }) => snapshot);
  const names = commonNames(snapshots);
  const isKnown = ({ name }: CategoryCount): boolean => names.has(name) || frozen.categories.has(name);
  const [min, max] = commonRange(snapshots, frozen);
  const numbers = isCommon(snapshots, (snapshot) => snapshot.numberCount);
  const strings = isCommon(snapshots, (snapshot) => snapshot.stringCount);
  const booleans = isCommon(snapshots, (snapshot) => snapshot.booleanCount);
  return held.map(({ startMs, snapshot }) => ({
    startMs,
    snapshot: {
      ...snapshot,
      ...withinRange(snapshot, min, max),
      numberCount: numbers ? snapshot.numberCount : 0,
      stringCount: strings ? snapshot.stringCount : 0,
      booleanCount: booleans ? snapshot.booleanCount : 0,
      categories: snapshot.categories.filter(isKnown),
      categoryOtherCount:
        snapshot.categoryOtherCount + countOf(snapshot.categories.filter((c) => !isKnown(c))),
    },
  }));
}

function isCommon(
  snapshots: readonly DistributionSnapshot[],
  count: (snapshot: DistributionSnapshot) => number,
): boolean {
  return 2 * snapshots.filter((snapshot) => count(snapshot) > 0).length >= snapshots.length;
}

function commonNames(snapshots: readonly DistributionSnapshot[]): ReadonlySet<string> {
  const windows = new Map<string, number>();
  for (const { categories } of snapshots) {
    for (const { name } of categories) windows.set(name, (windows.get(name) ?? 0) + 1);
  }
  return new Set([...windows].filter(([, count]) => 2 * count >= snapshots.length).map(([name]) => name));
}

function countOf(categories: readonly CategoryCount[]): number {
  return categories.reduce((sum, { count }) => sum + count, 0);
}

/** The medians of the windows' extremes, and all that was in range before. */
function commonRange(snapshots: readonly DistributionSnapshot[], frozen: FrozenReference): [number, number] {
  const filled = snapshots.filter(({ values }) => values.length > 0);
  const [min, max] = [filled.map((window) => window.min), filled.map((window) => window.max)];
  const before = frozen.values.length > 0;
  return [
    Math.min(quantileOf(min, 0.5), before ? frozen.min : Number.POSITIVE_INFINITY),
    Math.max(quantileOf(max, 0.5), before ? frozen.max : Number.NEGATIVE_INFINITY),
  ];
}

function withinRange(
  snapshot: DistributionSnapshot,
  min: number,
  max: number,
): Pick<DistributionSnapshot, "values" | "cumulativeCounts" | "min" | "max"> {
  const { values, cumulativeCounts } = snapshot;
  const kept: number[] = [];
  const counts: number[] = [];
  let seen = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i]! < min || values[i]! > max) continue;
    kept.push(values[i]!);
    seen += cumulativeCounts[i]! - (i > 0 ? cumulativeCounts[i - 1]! : 0);
    counts.push(seen);
  }
  return {
    values: Float64Array.from(kept),
    cumulativeCounts: Float64Array.from(counts),
    min: Math.max(min, snapshot.min),
    max: Math.min(max, snapshot.max),
  };
}
