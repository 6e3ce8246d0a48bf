/**
 * Has a feature more nulls than the features whose nulls usually come with its own?
 *
 * One cause empties several features together (a cancelled flight has neither arrival nor air time), so their nulls
 * rise and fall with the weather. What one has *beyond* its two nearest siblings hardly moves, and a fault in one of
 * them stands out from a storm in all. Two siblings, the larger count: with one, a fault that fills the sibling's
 * nulls would put the blame on the healthy feature.
 */

import { pushBounded } from "../quantile.ts";
import { poissonSignificance } from "./normal-tail.ts";

/** Windows remembered, and the fewest before siblings are named. */
const WINDOWS_MAX = 120;
const WINDOWS_MIN = 16;
const FEATURES_MAX = 64;
/** Siblings must explain at least this share of a feature's nulls. */
const EXPLAINED_MIN = 0.5;
/** Pseudo-nulls that a past without any left over is credited with. */
const PRIOR = 0.5;

export interface SiblingMemory {
  /** Null counts by feature in the newest accepted windows, all lists in step. */
  nulls: Record<string, number[]>;
  records: number[];
}

export interface Orphaned {
  readonly siblings: readonly [string, string];
  /** Nulls that the siblings do not share. */
  readonly count: number;
  readonly significance: number;
}

export function emptySiblings(): SiblingMemory {
  return { nulls: {}, records: [] };
}

/** @returns how the feature's nulls compare with its siblings'; undefined when it has no two that explain it */
export function orphanedNulls(
  memory: SiblingMemory,
  feature: string,
  nulls: ReadonlyMap<string, number>,
  records: number,
): Orphaned | undefined {
  const own = memory.nulls[feature];
  const windows = memory.records.length;
  if (own === undefined || windows < WINDOWS_MIN || total(own) < windows / 2) return undefined;
  const nearest = Object.keys(memory.nulls)
    .filter((name) => name !== feature && nulls.has(name))
    .map((name) => ({ name, left: leftOver(own, memory.nulls[name]!) }))
    .sort((a, b) => a.left - b.left || (a.name < b.name ? -1 : 1));
  if (nearest.length < 2) return undefined;
  const siblings = [nearest[0]!.name, nearest[1]!.name] as const;
  const usual = leftOver(own, larger(memory.nulls[siblings[0]]!, memory.nulls[siblings[1]]!));
  if (nearest[1]!.left > (1 - EXPLAINED_MIN) * total(own)) return undefined;
  const count = (nulls.get(feature) ?? 0) - Math.max(nulls.get(siblings[0])!, nulls.get(siblings[1])!);
  const mean = ((usual + PRIOR) * records) / total(memory.records);
  return { siblings, count: Math.max(0, count), significance: poissonSignificance(count, mean) };
}

/** Folds a window in, in which no feature's nulls were suspect. */
export function noteNulls(memory: SiblingMemory, nulls: ReadonlyMap<string, number>, records: number): void {
  const before = memory.records.length;
  for (const name of nulls.keys()) {
    if (memory.nulls[name] !== undefined || Object.keys(memory.nulls).length >= FEATURES_MAX) continue;
    memory.nulls[name] = new Array<number>(before).fill(0);
  }
  for (const [name, counts] of Object.entries(memory.nulls))
    pushBounded(counts, nulls.get(name) ?? 0, WINDOWS_MAX);
  pushBounded(memory.records, records, WINDOWS_MAX);
}

function leftOver(own: readonly number[], sibling: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < own.length; i++) sum += Math.max(0, own[i]! - sibling[i]!);
  return sum;
}

function larger(a: readonly number[], b: readonly number[]): number[] {
  return a.map((count, i) => Math.max(count, b[i]!));
}

function total(counts: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  return sum;
}
