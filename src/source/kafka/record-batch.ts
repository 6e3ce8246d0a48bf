import type { RecordBatch, RecordVisitor } from "../contract.ts";
import type { BatchMessage } from "./lazy-decoder.ts";
import { firstRecordOffset, walkRecords } from "./record-span.ts";

/** A message as kafkajs' own decoder makes it. */
export interface StockMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly value: Buffer | null;
}

/** What one fetch brought for one partition, as kafkajs hands it to `eachBatch`. */
export interface FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly highWatermark: string;
  /** The offset that was asked for. Not in kafkajs' types, but there since 2.0. */
  readonly fetchedOffset: string;
  readonly messages: readonly (StockMessage | BatchMessage)[];
  lastOffset(): string;
}

const NO_BYTES = Buffer.alloc(0);

/** Batches of kafkajs, lazy or stock, as the contract wants them. */
export function toRecordBatch(fetched: FetchedBatch): RecordBatch {
  const fetchedOffset = Number(fetched.fetchedOffset);
  const endOffset = Math.max(fetchedOffset, Number(fetched.lastOffset()) + 1);
  return {
    topic: fetched.topic,
    partition: fetched.partition,
    startOffset: firstOffset(fetched.messages, fetchedOffset) ?? endOffset,
    endOffset,
    endLogOffset: Math.max(endOffset, Number(fetched.highWatermark)),
    forEach: (visit) => {
      for (const message of fetched.messages) visitMessage(message, fetchedOffset, visit);
    },
  };
}

/**
 * A batch without records: all that was expected before `offset` is not in the log.
 * @param logStartOffset where the log begins, when that is why: offsets before it are lost.
 */
export function emptyBatch(
  topic: string,
  partition: number,
  offset: number,
  endLogOffset: number,
  logStartOffset: number,
): RecordBatch {
  return {
    topic,
    partition,
    startOffset: offset,
    endOffset: offset,
    endLogOffset,
    logStartOffset,
    forEach: () => {},
  };
}

function firstOffset(messages: FetchedBatch["messages"], fromOffset: number): number | undefined {
  for (const message of messages) {
    if (!isBatch(message)) return Number(message.offset);
    const offset = message.unreadable ? undefined : firstRecordOffset(message.span, fromOffset);
    if (offset !== undefined) return offset;
  }
  return undefined;
}

function visitMessage(message: StockMessage | BatchMessage, fromOffset: number, visit: RecordVisitor): void {
  if (isBatch(message)) {
    if (!message.unreadable) walkRecords(message.span, fromOffset, visit);
    return;
  }
  const { offset, timestamp, value } = message;
  if (value) visit(Number(offset), Number(timestamp), value, 0, value.length);
  else visit(Number(offset), Number(timestamp), NO_BYTES, -1, -1);
}

function isBatch(message: StockMessage | BatchMessage): message is BatchMessage {
  return "span" in message;
}
