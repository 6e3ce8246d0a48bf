/** Reference and current side by side, as bars over the same bins. Pure: two snapshots in, shares out. */
import type { DistributionSnapshot } from "../../../detectors/contract.ts";
import type { BarAnswer } from "../wire.ts";
import { binEdges } from "./bin-edges.ts";

/** Categories shown by name; all others are one bar. */
const CATEGORY_BARS_MAX = 24;
/** Up to this many different numbers, each is a bar of its own. */
const DISTINCT_BARS_MAX = 24;

type Snapshot = Pick<
  DistributionSnapshot,
  | "values"
  | "cumulativeCounts"
  | "categories"
  | "categoryOtherCount"
  | "stringCount"
  | "booleanCount"
  | "min"
  | "max"
>;

/** Shares of each side's finite numbers. Empty when neither side has any. */
export function numberBars(reference: Snapshot | undefined, current: Snapshot): readonly BarAnswer[] {
  const sides = [reference, current].filter(
    (side) => side !== undefined && side.values.length > 0,
  ) as Snapshot[];
  if (sides.length === 0) return [];
  const distinct = new Set(
    sides.flatMap((side) =>
      side.values.length > DISTINCT_BARS_MAX
        ? [Number.NaN, ...side.values.subarray(0, DISTINCT_BARS_MAX)]
        : [...side.values],
    ),
  );
  if (distinct.size <= DISTINCT_BARS_MAX)
    return valueBars(
      [...distinct].sort((a, b) => a - b),
      reference,
      current,
    );
  return binBars(binEdges(sides), reference, current);
}

function valueBars(
  values: readonly number[],
  reference: Snapshot | undefined,
  current: Snapshot,
): readonly BarAnswer[] {
  return values.map((value) => {
    const referenceShare = shareBelow(reference, value, true) - shareBelow(reference, value, false);
    const currentShare = shareBelow(current, value, true) - shareBelow(current, value, false);
    const note = noteOf(referenceShare, currentShare, reference !== undefined);
    return {
      label: String(value),
      from: value,
      to: value,
      reference: referenceShare,
      current: currentShare,
      note,
    };
  });
}

/** A bar below the first edge, one between each pair, one from the last edge on; the outer ones only where needed. */
function binBars(
  edges: readonly number[],
  reference: Snapshot | undefined,
  current: Snapshot,
): readonly BarAnswer[] {
  const bars: BarAnswer[] = [];
  for (let i = 0; i <= edges.length; i++) {
    const from = edges[i - 1] ?? null;
    const to = edges[i] ?? null;
    const referenceShare = shareOf(reference, from, to);
    const currentShare = shareOf(current, from, to);
    const outer = from === null || to === null;
    if (outer && referenceShare === 0 && currentShare === 0) continue;
    bars.push({
      label: labelOf(from, to),
      from,
      to,
      reference: referenceShare,
      current: currentShare,
      note: "",
    });
  }
  return bars;
}

/** Shares of each side's strings and booleans. */
export function categoryBars(reference: Snapshot | undefined, current: Snapshot): readonly BarAnswer[] {
  const before = sharesOf(reference);
  const after = sharesOf(current);
  const names = [...new Set([...before.keys(), ...after.keys()])];
  if (names.length === 0) return [];
  const largest = (name: string) => Math.max(before.get(name) ?? 0, after.get(name) ?? 0);
  names.sort((a, b) => largest(b) - largest(a) || (a < b ? -1 : 1));
  const shown = names.slice(0, CATEGORY_BARS_MAX).map((name): BarAnswer => {
    const [referenceShare, currentShare] = [before.get(name) ?? 0, after.get(name) ?? 0];
    // Past what the sketch keeps, a name may hide among the others: only an exact side can say new or gone.
    const sure =
      reference !== undefined && (currentShare === 0 ? current : reference).categoryOtherCount === 0;
    return {
      label: name,
      from: null,
      to: null,
      reference: referenceShare,
      current: currentShare,
      note: noteOf(referenceShare, currentShare, sure),
    };
  });
  const other = (shares: ReadonlyMap<string, number>, of: "reference" | "current") =>
    shares.size === 0 ? 0 : Math.max(0, 1 - shown.reduce((sum, bar) => sum + bar[of], 0));
  const rest = { reference: other(before, "reference"), current: other(after, "current") };
  if (Math.max(rest.reference, rest.current) < 1e-9) return shown;
  const label =
    names.length > shown.length ? `all others (${names.length - shown.length} or more)` : "all others";
  return [...shown, { label, from: null, to: null, ...rest, note: "" }];
}

function sharesOf(side: Snapshot | undefined): ReadonlyMap<string, number> {
  const total = side === undefined ? 0 : side.stringCount + side.booleanCount;
  if (side === undefined || total === 0) return new Map();
  return new Map(side.categories.map(({ name, count }) => [name, count / total]));
}

function noteOf(reference: number, current: number, sure: boolean): BarAnswer["note"] {
  if (!sure) return "";
  if (reference === 0 && current > 0) return "new";
  return reference > 0 && current === 0 ? "gone" : "";
}

function shareOf(side: Snapshot | undefined, from: number | null, to: number | null): number {
  const upTo =
    to === null ? (side === undefined || side.values.length === 0 ? 0 : 1) : shareBelow(side, to, false);
  return Math.max(0, upTo - (from === null ? 0 : shareBelow(side, from, false)));
}

/** Share of the finite numbers below `value`, or with `included` at or below it. */
function shareBelow(side: Snapshot | undefined, value: number, included: boolean): number {
  if (side === undefined || side.values.length === 0) return 0;
  const { values, cumulativeCounts } = side;
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const before = included ? values[middle]! <= value : values[middle]! < value;
    if (before) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : cumulativeCounts[low - 1]! / cumulativeCounts[cumulativeCounts.length - 1]!;
}

function labelOf(from: number | null, to: number | null): string {
  if (from === null) return `below ${to}`;
  return to === null ? `${from} and more` : `${from} to ${to}`;
}
