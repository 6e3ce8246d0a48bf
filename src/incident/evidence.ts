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
  /** The first of them, "topic|partition". */
  readonly silentPartitions?: readonly string[];
  /** The lane's other sources in the same window. */
  readonly otherSources?: readonly SourceCount[];
}

/** A source's records in one window, beside the mean of the windows before. */
export interface SourceCount {
  readonly source: string;
  readonly recordCount: number;
  readonly usualCount: number;
}

/** The counts of one anomalous window. */
export interface Evidence extends WindowCounts {
  readonly source: string;
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
}

/** Enough to see a cause, few enough to store with every change. */
const EVIDENCE_COUNT_MAX = 4;

/**
 * Keeps the newest few, each source's first, and those of the windows that the causes are read off, however old.
 * @param isNeeded whether a window is one of these.
 */
export function addEvidence(
  kept: readonly Evidence[],
  added: Evidence,
  isNeeded: (evidence: Evidence) => boolean,
): readonly Evidence[] {
  const others = kept.filter((e) => e.source !== added.source || e.windowStartMs !== added.windowStartMs);
  const all = [...others, added].sort((a, b) => a.windowStartMs - b.windowStartMs);
  const isFirst = (e: Evidence) => all.find(({ source }) => source === e.source) === e;
  return all.filter((e, i) => i >= all.length - EVIDENCE_COUNT_MAX || isFirst(e) || isNeeded(e));
}
