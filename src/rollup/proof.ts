/** The proof that every record of a partition's log is accounted for once, computed from its manifests alone. */
import { OUTCOMES, type OutcomeCounts, zeroOutcomes } from "../decode/outcome.ts";
import type { Manifest } from "../segment/manifest.ts";
import { findPath } from "./path.ts";
import { addSegments, emptyTotals } from "./path-totals.ts";

/** Offsets that no segment of the path accounts for. */
export interface ProofBreak {
  /** `overlap`: segments reach into them, but begin inside what is counted already. */
  readonly kind: "gap" | "overlap";
  readonly startOffset: number;
  readonly endOffset: number;
}

/** A segment whose outcomes do not add up to its offsets. */
export interface WrongSum {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly outcomeSum: number;
}

export interface PartitionProof {
  readonly startOffset: number;
  readonly endOffset: number;
  /** `endOffset - startOffset`. */
  readonly logCount: number;
  /** Sum over the outcomes of the path. */
  readonly accountedCount: number;
  readonly outcomes: OutcomeCounts;
  readonly segmentCount: number;
  readonly breaks: readonly ProofBreak[];
  readonly wrongSums: readonly WrongSum[];
  /** No break, no wrong sum, and both counts equal. Lost records are accounted for, as lost. */
  readonly holds: boolean;
}

/**
 * @param manifests of one partition, in any order, of any shape.
 * @returns `undefined` when there are none: nothing can be told. What was before the first or after the last of them
 * cannot be known from them.
 */
export function provePartition(manifests: readonly Manifest[]): PartitionProof | undefined {
  if (manifests.length === 0) return undefined;
  const startOffset = manifests.reduce(
    (min, each) => Math.min(min, each.startOffset),
    Number.POSITIVE_INFINITY,
  );
  const { path, breaks } = walk(manifests, startOffset);
  const { outcomes, segmentCount } = addSegments(emptyTotals(startOffset), path);
  const endOffset = Math.max(path.at(-1)?.endOffset ?? startOffset, breaks.at(-1)?.endOffset ?? startOffset);
  const wrongSums = path
    .map((each) => ({
      startOffset: each.startOffset,
      endOffset: each.endOffset,
      outcomeSum: sumOf(each.outcomes),
    }))
    .filter((each) => each.outcomeSum !== each.endOffset - each.startOffset);
  const logCount = endOffset - startOffset;
  const accountedCount = sumOf(outcomes);
  const holds = breaks.length === 0 && wrongSums.length === 0 && logCount === accountedCount;
  return {
    startOffset,
    endOffset,
    logCount,
    accountedCount,
    outcomes,
    segmentCount,
    breaks,
    wrongSums,
    holds,
  };
}

/** The path, and after each break the path from where the next segment begins. */
function walk(manifests: readonly Manifest[], startOffset: number) {
  const path: Manifest[] = [];
  const breaks: ProofBreak[] = [];
  for (let from = startOffset; ; ) {
    const piece = findPath(manifests, from);
    path.push(...piece);
    const end = piece.at(-1)?.endOffset ?? from;
    const beyond = manifests.filter(({ endOffset }) => endOffset > end);
    if (beyond.length === 0) return { path, breaks };
    const across = beyond.filter((each) => each.startOffset < end);
    const next = beyond
      .filter((each) => each.startOffset > end)
      .reduce((min, each) => Math.min(min, each.startOffset), Number.POSITIVE_INFINITY);
    const isLast = !Number.isFinite(next);
    const to = isLast ? across.reduce((max, each) => Math.max(max, each.endOffset), end) : next;
    breaks.push({ kind: across.length > 0 ? "overlap" : "gap", startOffset: end, endOffset: to });
    if (isLast) return { path, breaks };
    from = next;
  }
}

export function sumOutcomes(proofs: readonly PartitionProof[]): OutcomeCounts {
  const sums = { ...zeroOutcomes() };
  for (const { outcomes } of proofs) for (const outcome of OUTCOMES) sums[outcome] += outcomes[outcome];
  return sums;
}

function sumOf(outcomes: OutcomeCounts): number {
  return OUTCOMES.reduce((sum, outcome) => sum + outcomes[outcome], 0);
}
