/** The proof that every record of a partition's log is accounted for once, computed from its manifests alone. */
import { OUTCOMES, type OutcomeCounts, zeroOutcomes } from "../decode/outcome.ts";
import type { Manifest, SegmentKey } from "../segment/manifest.ts";
import type { TimeSpan } from "../store/contract.ts";
import { findPath, segmentName } from "./path.ts";
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

/** The proof, and what else the same walk found out. */
export interface WalkedPartition {
  /** `undefined` where nothing of the partition lies in the period. */
  readonly proof: PartitionProof | undefined;
  /** The whole path, before and after the period too. */
  readonly firstOffset: number;
  readonly furthestOffset: number;
  /** True when the path ends within the period: what the log holds beyond it is a question of the period, too. */
  readonly endsInPeriod: boolean;
  /** Segments within the proof's offsets that the path does not use: true, and counted already. */
  readonly offPath: readonly SegmentKey[];
}

const ALWAYS: TimeSpan = { sinceMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };

/**
 * @param manifests of one partition, in any order, of any shape.
 * @param period by the log's own time of each segment's first record. A period's offsets reach from the first to the
 * last segment of the path that began in it; a break belongs to it when the segments about it began before its end and
 * not before its beginning, so that a missing segment at the edge of two periods is in both and never in none.
 * @returns `undefined` when there are no manifests: nothing can be told. What was before the first or after the last of
 * them cannot be known from them.
 */
export function walkPartition(
  manifests: readonly Manifest[],
  period: TimeSpan = ALWAYS,
): WalkedPartition | undefined {
  if (manifests.length === 0) return undefined;
  const firstOffset = manifests.reduce(
    (min, each) => Math.min(min, each.startOffset),
    Number.POSITIVE_INFINITY,
  );
  const whole = walk(manifests, firstOffset);
  const furthestOffset = furthestOf(whole.path, whole.breaks, firstOffset);
  const proof = proofOf(withinPeriod(whole.path, whole.breaks, period));
  const onPath = new Set(whole.path.map(segmentName));
  return {
    proof,
    firstOffset,
    furthestOffset,
    endsInPeriod: whole.path.every(({ startedAtMs }) => startedAtMs < period.untilMs),
    offPath: manifests.filter((each) => isIn(proof, each) && !onPath.has(segmentName(each))),
  };
}

export function provePartition(
  manifests: readonly Manifest[],
  period: TimeSpan = ALWAYS,
): PartitionProof | undefined {
  return walkPartition(manifests, period)?.proof;
}

interface Walked {
  readonly path: readonly Manifest[];
  readonly breaks: readonly ProofBreak[];
}

function proofOf({ path, breaks }: Walked): PartitionProof | undefined {
  if (path.length === 0 && breaks.length === 0) return undefined;
  const startOffset = Math.min(
    path[0]?.startOffset ?? Number.POSITIVE_INFINITY,
    breaks[0]?.startOffset ?? Number.POSITIVE_INFINITY,
  );
  const endOffset = furthestOf(path, breaks, startOffset);
  const { outcomes, segmentCount } = addSegments(emptyTotals(startOffset), path);
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

/** What lies between the first and the last segment that began in the period, and the breaks at its edges. */
function withinPeriod(path: readonly Manifest[], breaks: readonly ProofBreak[], period: TimeSpan): Walked {
  const began = path.filter(
    ({ startedAtMs }) => startedAtMs >= period.sinceMs && startedAtMs < period.untilMs,
  );
  const startOffset = began[0]?.startOffset ?? Number.POSITIVE_INFINITY;
  const endOffset = began.at(-1)?.endOffset ?? Number.NEGATIVE_INFINITY;
  const isInside = (at: { readonly startOffset: number; readonly endOffset: number }) =>
    at.startOffset >= startOffset && at.endOffset <= endOffset;
  return {
    path: path.filter(isInside),
    breaks: breaks.filter((each) => isInside(each) || touches(each, path, period)),
  };
}

function touches(at: ProofBreak, path: readonly Manifest[], period: TimeSpan): boolean {
  const before = path.findLast(({ endOffset }) => endOffset <= at.startOffset);
  const after = path.find(({ startOffset }) => startOffset >= at.endOffset);
  return (
    (before?.startedAtMs ?? Number.NEGATIVE_INFINITY) < period.untilMs &&
    (after?.startedAtMs ?? Number.POSITIVE_INFINITY) >= period.sinceMs
  );
}

function furthestOf(path: readonly Manifest[], breaks: readonly ProofBreak[], startOffset: number): number {
  return Math.max(path.at(-1)?.endOffset ?? startOffset, breaks.at(-1)?.endOffset ?? startOffset);
}

function isIn(proof: PartitionProof | undefined, { startOffset, endOffset }: SegmentKey): boolean {
  return proof !== undefined && startOffset >= proof.startOffset && endOffset <= proof.endOffset;
}

/** The path, and after each break the path from where the next segment begins. */
function walk(manifests: readonly Manifest[], startOffset: number): Walked {
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
