/**
 * Counts that the stages before kept of a window, as far as the caller knows them. They are how an incident tells
 * "the producer stopped" from "we rejected it", "it came late" or "we are behind".
 */
export interface WindowCounts {
  /** Records that could not be used, by reason. */
  readonly rejectedByReason?: Readonly<Record<string, number>>;
  /** Records that came after their window had closed. */
  readonly lateCount?: number;
  /** Records in the topic that we have not read yet. */
  readonly lagRecords?: number;
  readonly partitionCount?: number;
  /** Partitions that sent nothing in the window though they usually do. */
  readonly silentPartitionCount?: number;
}

/** The counts of one anomalous window. */
export interface Evidence extends WindowCounts {
  readonly source: string;
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
}

/** Enough to see a cause, few enough to store with every change. */
const EVIDENCE_COUNT_MAX = 4;

/** Keeps the newest few. */
export function addEvidence(kept: readonly Evidence[], added: Evidence): readonly Evidence[] {
  const others = kept.filter((e) => e.source !== added.source || e.windowStartMs !== added.windowStartMs);
  return [...others, added].sort((a, b) => a.windowStartMs - b.windowStartMs).slice(-EVIDENCE_COUNT_MAX);
}
