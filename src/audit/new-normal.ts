/**
 * Which part of a run of refused windows is the new normal? What most of them share.
 *
 * Something lasting (a new carrier, another unit) refuses every window; a fault that happens to fall into the same
 * days is in one or two of them. Only what at least half of the windows have may enter the reference, or the
 * fault's "NONE" would be known from then on.
 */
import type { DistributionSnapshot } from "../../detectors/contract.ts";
import type { HeldWindow } from "./feature-memory.ts";
import { quantileOf } from "./quantile.ts";

export function commonPart(held: readonly HeldWindow[]): HeldWindow[] {
  const snapshots = held.map(({ snapshot }) => snapshot);
  const names = commonNames(snapshots);
  const [min, max] = commonRange(snapshots);
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
      categories: snapshot.categories.filter(({ name }) => names.has(name)),
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

/** The medians of the windows' extremes. */
function commonRange(snapshots: readonly DistributionSnapshot[]): [number, number] {
  const filled = snapshots.filter(({ values }) => values.length > 0);
  return [
    quantileOf(
      filled.map(({ min }) => min),
      0.5,
    ),
    quantileOf(
      filled.map(({ max }) => max),
      0.5,
    ),
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
