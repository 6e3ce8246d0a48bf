/** Record batches built by hand, byte for byte as a broker sends them, so that no encoder's habits are in the way. */

export interface HandRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key?: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: readonly (readonly [string, Buffer | null])[];
}

export interface HandBatch {
  readonly baseOffset: number;
  /** @default that of the last record */
  readonly lastOffset?: number;
  readonly firstTimestampMs?: number;
  readonly maxTimestampMs?: number;
  readonly records: readonly HandRecord[];
  readonly producerId?: number;
  readonly logAppendTime?: boolean;
  readonly transactional?: boolean;
  readonly control?: boolean;
  /** Number of kafkajs' compression type, and the compressor. */
  readonly compression?: { readonly type: number; readonly compress: (records: Buffer) => Promise<Buffer> };
}

export async function encodeBatch(batch: HandBatch): Promise<Buffer> {
  const { baseOffset, records, producerId = -1 } = batch;
  const firstTimestampMs = batch.firstTimestampMs ?? records[0]?.timestampMs ?? 0;
  const lastOffset = batch.lastOffset ?? records.at(-1)?.offset ?? baseOffset;
  const plain = Buffer.concat(records.map((record) => encodeRecord(record, baseOffset, firstTimestampMs)));
  const body = batch.compression ? await batch.compression.compress(plain) : plain;
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(BigInt(baseOffset), 0);
  header.writeInt32BE(49 + body.length, 8);
  header.writeInt8(2, 16);
  header.writeInt16BE(attributesOf(batch), 21);
  header.writeInt32BE(lastOffset - baseOffset, 23);
  header.writeBigInt64BE(BigInt(firstTimestampMs), 27);
  header.writeBigInt64BE(
    BigInt(batch.maxTimestampMs ?? Math.max(firstTimestampMs, ...records.map((r) => r.timestampMs))),
    35,
  );
  header.writeBigInt64BE(BigInt(producerId), 43);
  header.writeInt32BE(records.length, 57);
  return Buffer.concat([header, body]);
}

/** The one record of a control batch: abort or commit. */
export function markerRecord(kind: "abort" | "commit", offset: number): HandRecord {
  const key = Buffer.from([0, 0, 0, kind === "abort" ? 0 : 1]);
  return { offset, timestampMs: 0, key, value: Buffer.alloc(6) };
}

function attributesOf({ compression, logAppendTime, transactional, control }: HandBatch): number {
  return (compression?.type ?? 0) | (logAppendTime ? 8 : 0) | (transactional ? 16 : 0) | (control ? 32 : 0);
}

function encodeRecord(record: HandRecord, baseOffset: number, firstTimestampMs: number): Buffer {
  const headers = record.headers ?? [];
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(BigInt(record.timestampMs - firstTimestampMs)),
    varint(BigInt(record.offset - baseOffset)),
    sized(record.key ?? null),
    sized(record.value),
    varint(BigInt(headers.length)),
    ...headers.flatMap(([name, value]) => [sized(Buffer.from(name)), sized(value)]),
  ]);
  return Buffer.concat([varint(BigInt(body.length)), body]);
}

function sized(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1n) : Buffer.concat([varint(BigInt(bytes.length)), bytes]);
}

/** Zigzag, then seven bits a byte. */
function varint(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
