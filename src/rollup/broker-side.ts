/**
 * A partition's path held against what the broker says of it: records that nobody has read yet, records whose manifest
 * is missing, and records that the broker deleted before anyone read them look alike from the store alone. Pure.
 */
import type { PartitionEnd } from "../source/contract.ts";
import type { WalkedPartition } from "./proof.ts";

export interface BrokerPartition extends PartitionEnd {
  /** What the consumer group committed; `undefined` without a usable commit. */
  readonly commitOffset?: number;
  /** Id of the log that the path was counted from, or that somebody began to count; `undefined` where none was kept. */
  readonly countedLogId?: string;
}

export interface OffsetRange {
  readonly startOffset: number;
  readonly endOffset: number;
}

export interface ReplacedLog extends OffsetRange {
  readonly countedLogId: string;
  readonly logId: string;
}

export interface BrokerSide {
  /** First offset that the log still has, and one past its last. */
  readonly startOffset: number;
  readonly endOffset: number;
  readonly commitOffset: number | null;
  /** In the log, not counted and not committed: the lag. Not a fault. */
  readonly unreadCount: number;
  /** In the log before the first manifest: counted before the store's retention began, or never ours to read. */
  readonly beforeCount: number;
  /** Committed as counted, and no manifest accounts for them: a manifest is missing. */
  readonly missing: OffsetRange | null;
  /** Deleted from the log before they were read, and no segment has counted them as lost yet. */
  readonly deleted: OffsetRange | null;
  /** Counted, and the log ends before them: the topic was made anew, or the brokers lost records. */
  readonly wentBack: OffsetRange | null;
  /** Committed, and the store has no manifest of the partition at all: it may be older than the store keeps. */
  readonly forgotten: OffsetRange | null;
  /**
   * The log is not the one that was counted: the topic was deleted and made again. These are its offsets, none of them
   * counted; the path is true of the log that is gone. Nothing else is compared then.
   */
  readonly replaced: ReplacedLog | null;
}

/** @param walked `undefined` for a partition without manifests. */
export function compareWithBroker(walked: WalkedPartition | undefined, broker: BrokerPartition): BrokerSide {
  const { startOffset, endOffset, commitOffset, countedLogId, logId } = broker;
  if (logId !== undefined && countedLogId !== undefined && countedLogId !== logId)
    return replacedSide(broker, { countedLogId, logId, startOffset, endOffset });
  const known = walked?.furthestOffset;
  const countedTo = known ?? commitOffset ?? startOffset;
  const readTo = Math.max(countedTo, commitOffset ?? countedTo);
  return {
    startOffset,
    endOffset,
    commitOffset: commitOffset ?? null,
    unreadCount: Math.max(0, endOffset - Math.max(readTo, startOffset)),
    beforeCount: walked === undefined ? 0 : Math.max(0, walked.firstOffset - startOffset),
    missing: known === undefined ? null : range(countedTo, commitOffset ?? countedTo),
    deleted: range(readTo, startOffset),
    wentBack: range(endOffset, countedTo),
    forgotten: known === undefined ? range(startOffset, commitOffset ?? startOffset) : null,
    replaced: null,
  };
}

/** A commit may be of either log; all of the new one is unread. */
function replacedSide(
  { startOffset, endOffset, commitOffset }: BrokerPartition,
  replaced: ReplacedLog,
): BrokerSide {
  const unreadCount = endOffset - startOffset;
  const none = { missing: null, deleted: null, wentBack: null, forgotten: null };
  return {
    startOffset,
    endOffset,
    commitOffset: commitOffset ?? null,
    unreadCount,
    beforeCount: 0,
    ...none,
    replaced,
  };
}

/** Lag is no fault, and what is forgotten is not known to be one. */
export function holdsWithBroker({ missing, deleted, wentBack, replaced }: BrokerSide): boolean {
  return missing === null && deleted === null && wentBack === null && replaced === null;
}

function range(startOffset: number, endOffset: number): OffsetRange | null {
  return endOffset > startOffset ? { startOffset, endOffset } : null;
}
