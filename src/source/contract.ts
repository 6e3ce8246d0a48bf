/**
 * What a source owes the rest: batches of records, in offset order, each at a place in a log (topic, partition,
 * offset) that it can be asked for again. Kafka has that by nature; a file is a log whose offsets are its lines.
 */

/** A half-open range of one partition's log, fetched but not decoded. */
export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the first record. Larger than the last batch's `endOffset` when the log has a gap there. */
  readonly startOffset: number;
  /** One past the last offset that the batch covers. */
  readonly endOffset: number;
  /** One past the last offset in the partition when the batch was fetched: `endLogOffset - endOffset` is the lag. */
  readonly endLogOffset: number;
  /**
   * Set when offsets that were expected are gone because the log now begins here (retention was faster than we):
   * what was expected before it is lost, the rest of a gap is a legal jump. Not set: every gap is a legal jump.
   */
  readonly logStartOffset?: number;
  /** Hands every record to `visit`, in offset order, synchronously. The bytes are valid during the call only. */
  forEach(visit: RecordVisitor): void;
}

/**
 * @param offset the record's place in the partition.
 * @param logTimeMs the broker's timestamp; for a source that has none, the time that the run began.
 * @param bytes holds the record's value at `[start, end)`; `start` = -1 for a record without a value (tombstone).
 */
export type RecordVisitor = (
  offset: number,
  logTimeMs: number,
  bytes: Buffer,
  start: number,
  end: number,
) => void;

/** How the handler of a batch talks back to the source. All calls belong to the batch's own assignment. */
export interface BatchControl {
  /** True once the partition may belong to someone else: stop folding and return. */
  isStale(): boolean;
  /** Keeps the membership while a batch takes long. */
  heartbeat(): Promise<void>;
}

export interface PartitionPosition {
  readonly topic: string;
  readonly partition: number;
  /** Where reading will begin. */
  readonly offset: number;
  /** See {@link PartitionEnd}. */
  readonly logId?: string;
}

/** What the app gives to a source. Every method may throw: the source then stops and `finished` rejects. */
export interface SourceHandler {
  /**
   * A new assignment began (also after every rejoin): everything folded and not yet cut for any partition is to be
   * dropped, as reading begins again at `positions`.
   */
  assigned(positions: readonly PartitionPosition[]): Promise<void>;
  /** The partitions are going away (rebalance, stop): cut, write and commit what is open, in bounded time. */
  revoked(): Promise<void>;
  /** Folds one batch. Batches of one partition come one after another; partitions may interleave. */
  batch(batch: RecordBatch, control: BatchControl): Promise<void>;
  /** Where to begin: the end of the tiled path; undefined, where there is none = the group's commit, else the log's start. */
  resumeOffset(topic: string, partition: number): Promise<number | undefined>;
  /**
   * The id of another log than `logId` that the partition was counted from, or may have been, under the same name; undefined
   * when none is known. A source ends with an error rather than read a log beside it.
   */
  otherLogId?(topic: string, partition: number, logId: string): Promise<string | undefined>;
}

/** Every partition of the source's topics, whoever consumes it, as the broker answers just now. */
export interface PartitionEnd {
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
  /** Differs from that of a log that was deleted and made again under the same name; absent where nothing tells. */
  readonly logId?: string;
}

/** A record that cannot be counted as data, kept with the reason and where it came from. */
export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly reason: string;
  readonly detail: string;
  /** The record as it came; cut to the sink's limit, `valueBytes` says how long it was. */
  readonly value: Buffer;
  readonly valueBytes: number;
}

export interface RecordSource {
  /** The name it has in the configuration. */
  readonly name: string;
  /** Joins or opens, then delivers batches to `handler` until stopped or at the end of the input. */
  start(handler: SourceHandler): Promise<void>;
  /** Resolves at the end of a finite input or after `stop`; rejects when the source cannot go on. */
  readonly finished: Promise<void>;
  /** Says that offsets below `endOffset` need not be read again. Never the truth, only where to resume. */
  commit(topic: string, partition: number, endOffset: number): Promise<void>;
  /** Asks the broker. Throws a retryable OperationalError when it cannot be reached. */
  partitionEnds(): Promise<readonly PartitionEnd[]>;
  /**
   * What was last committed, where the log keeps such a thing; partitions without a usable commit are left out. Throws
   * as {@link partitionEnds} does.
   */
  committed?(): Promise<readonly PartitionPosition[]>;
  /**
   * Where logs can be replaced under their names: makes sure that what was delivered so far is of the logs that were
   * assigned. Throws an OperationalError that is not retryable when it may not be, a retryable one as {@link partitionEnds}.
   */
  confirmLogs?(): Promise<void>;
  /** Keeps records that cannot be counted as data (a dead-letter topic; a file when embedded). At least once. */
  keepDeadLetters(letters: readonly DeadLetter[]): Promise<void>;
  pause(): void;
  resume(): void;
  /** Revokes (so that open segments are cut), leaves, closes. Under 20 s. */
  stop(): Promise<void>;
}
