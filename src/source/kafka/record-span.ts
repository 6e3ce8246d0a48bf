/**
 * The records of one batch as they came over the wire, read without making an object for any of them.
 *
 * @see https://kafka.apache.org/documentation/#recordbatch for the layout.
 */
import { OperationalError } from "../../base/errors.ts";
import type { RecordVisitor } from "../contract.ts";

/** Where the records of one batch lie, and what its header says of all of them. */
export interface RecordSpan {
  readonly baseOffset: number;
  /** Offset of the batch's last record when it was written; compaction may have removed that record since. */
  readonly lastOffset: number;
  readonly recordCount: number;
  readonly firstTimestampMs: number;
  readonly maxTimestampMs: number;
  /** The broker stamped the batch on arrival: every record has `maxTimestampMs`. */
  readonly logAppendTime: boolean;
  /** The records, decompressed, at `[start, end)`. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Where the reader stands. One reader at a time: walks are synchronous, and a visitor that walks keeps a copy. */
let cursor = 0;

/** Hands every record from `fromOffset` on to `visit`, in offset order. */
export function walkRecords(span: RecordSpan, fromOffset: number, visit: RecordVisitor): void {
  const { bytes, baseOffset, firstTimestampMs, maxTimestampMs, logAppendTime, end } = span;
  cursor = span.start;
  for (let i = 0; i < span.recordCount; i++) {
    const length = readVarint(bytes);
    const recordEnd = cursor + length;
    if (length < 0 || recordEnd > end) throw corrupt(span);
    cursor++; // attributes: unused
    const timestampDelta = readVarlong(bytes);
    const offset = baseOffset + readVarint(bytes);
    const keyLength = readVarint(bytes);
    if (keyLength > 0) cursor += keyLength;
    const valueLength = readVarint(bytes);
    const valueStart = cursor;
    if (valueStart + Math.max(valueLength, 0) > recordEnd) throw corrupt(span);
    if (offset >= fromOffset) {
      const logTimeMs = logAppendTime ? maxTimestampMs : firstTimestampMs + timestampDelta;
      if (valueLength < 0) visit(offset, logTimeMs, bytes, -1, -1);
      else visit(offset, logTimeMs, bytes, valueStart, valueStart + valueLength);
    }
    cursor = recordEnd; // over the headers
  }
}

/** Offset of the first record at or after `fromOffset`; undefined when there is none. */
export function firstRecordOffset(span: RecordSpan, fromOffset: number): number | undefined {
  const { bytes, baseOffset, end } = span;
  cursor = span.start;
  for (let i = 0; i < span.recordCount; i++) {
    const length = readVarint(bytes);
    const recordEnd = cursor + length;
    if (length < 0 || recordEnd > end) throw corrupt(span);
    cursor++;
    readVarlong(bytes);
    const offset = baseOffset + readVarint(bytes);
    if (offset >= fromOffset) return offset;
    cursor = recordEnd;
  }
  return undefined;
}

/** The key of the first record: two int16, of which the second tells abort (0) from commit (1) in a control batch. */
export function isAbortMarker(span: RecordSpan): boolean {
  if (span.recordCount === 0) return false;
  const { bytes } = span;
  cursor = span.start;
  readVarint(bytes);
  cursor++;
  readVarlong(bytes);
  readVarint(bytes);
  const keyLength = readVarint(bytes);
  return keyLength >= 4 && bytes.readInt16BE(cursor + 2) === 0;
}

/** Zigzag, at most 32 bits: lengths and offset deltas. */
function readVarint(bytes: Buffer): number {
  let byte = bytes[cursor++]!;
  let raw = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) {
    byte = bytes[cursor++]!;
    raw |= (byte & 0x7f) << shift;
  }
  return (raw >>> 1) ^ -(raw & 1);
}

/** Zigzag, at most 64 bits, as a double: exact up to 2^53, which is 285,000 years of milliseconds. */
function readVarlong(bytes: Buffer): number {
  let byte = bytes[cursor++]!;
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
  let raw = byte & 0x7f;
  let scale = 128;
  while (byte >= 0x80) {
    byte = bytes[cursor++]!;
    raw += (byte & 0x7f) * scale;
    scale *= 128;
  }
  const half = Math.floor(raw / 2);
  return raw % 2 === 0 ? half : -half - 1;
}

function corrupt(span: RecordSpan): OperationalError {
  return new OperationalError(
    `A record batch at offset ${span.baseOffset} runs past its own end; the log or the connection is damaged. ` +
      "Nothing of it was counted. Compare with kafka-dump-log on the broker.",
    { code: "SOURCE_BATCH_CORRUPT", retryable: false, context: { baseOffset: span.baseOffset } },
  );
}
