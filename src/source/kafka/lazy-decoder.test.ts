import { createRequire } from "node:module";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeBatch,
  type HandBatch,
  type HandRecord,
  markerRecord,
} from "../../../test/harness/kafka-batches.ts";
import { dropAborted } from "./aborted.ts";
import { type BatchMessage, createLazyDecoder, type FetchDecoder } from "./lazy-decoder.ts";
import { type FetchedBatch, type StockMessage, toRecordBatch } from "./record-batch.ts";

const require = createRequire(import.meta.url);
const KafkaDecoder = require("kafkajs/src/protocol/decoder.js") as new (buffer: Buffer) => FetchDecoder;
const stockDecode = require("kafkajs/src/protocol/recordBatch/v0/decoder.js") as (
  decoder: FetchDecoder,
) => Promise<{ records: (StockMessage & { isControlRecord: boolean })[] }>;

const gzip = { type: 1, compress: async (bytes: Buffer) => gzipSync(bytes) };
const lazyDecode = createLazyDecoder({
  codecOf: (attributes) => (attributes === 1 ? { decompress: async (bytes) => gunzipSync(bytes) } : null),
  partialError: (message) => new Error(message),
});

interface Seen {
  readonly offset: number;
  readonly logTimeMs: number;
  readonly value: string | null;
}

test("a batch is handed out record by record: offset, log time, and the value's bytes", async () => {
  const records = [
    { offset: 10, timestampMs: 1_000, value: Buffer.from("a") },
    { offset: 11, timestampMs: 900, key: Buffer.from("k"), value: null },
    {
      offset: 14,
      timestampMs: 5_000_000_000_000,
      value: Buffer.alloc(0),
      headers: [["h", Buffer.from("v")]] as const,
    },
  ];
  const batch = await lazily([{ baseOffset: 10, records }], 10);
  expect(seenBy(batch)).toEqual([
    { offset: 10, logTimeMs: 1_000, value: "a" },
    { offset: 11, logTimeMs: 900, value: null },
    { offset: 14, logTimeMs: 5_000_000_000_000, value: "" },
  ]);
  expect(batch).toMatchObject({ startOffset: 10, endOffset: 15, endLogOffset: 15 });
});

test("with the broker's own time, every record has the batch's", async () => {
  const records = [record(0, 5), record(1, 6)];
  const batch = await lazily([{ baseOffset: 0, records, logAppendTime: true, maxTimestampMs: 777 }], 0);
  expect(seenBy(batch).map(({ logTimeMs }) => logTimeMs)).toEqual([777, 777]);
});

test("records before the offset that was asked for are left out, and the start is the first one read", async () => {
  const batch = await lazily([{ baseOffset: 100, records: [record(100), record(101), record(105)] }], 102);
  expect(batch).toMatchObject({ startOffset: 105, endOffset: 106 });
  expect(offsets(batch)).toEqual([105]);
});

test("a batch whose last records were compacted away still covers their offsets", async () => {
  const batch = await lazily([{ baseOffset: 0, lastOffset: 9, records: [record(3)] }], 0);
  expect(batch).toMatchObject({ startOffset: 3, endOffset: 10 });
});

// The stock decoder makes no message of it, and kafkajs asks for the same offset for ever.
test("a batch that compaction has emptied moves the reader on", async () => {
  const batch = await lazily([{ baseOffset: 20, lastOffset: 24, records: [] }], 20);
  expect(batch).toMatchObject({ startOffset: 25, endOffset: 25 });
  expect(seenBy(batch)).toEqual([]);
});

test("an offset delta or a time beyond 32 bits is read exactly", async () => {
  const records = [record(2 ** 40, 2 ** 41), record(2 ** 40 + 70_000, 2 ** 41 - 2 ** 36)];
  const batch = await lazily([{ baseOffset: 2 ** 40, records }], 2 ** 40);
  expect(seenBy(batch).map(({ offset, logTimeMs }) => [offset, logTimeMs])).toEqual([
    [2 ** 40, 2 ** 41],
    [2 ** 40 + 70_000, 2 ** 41 - 2 ** 36],
  ]);
});

test("a batch that is cut off at the end of a fetch is left for the next fetch", async () => {
  const whole = await encodeBatch({ baseOffset: 0, records: [record(0)] });
  await expect(lazyDecode(new KafkaDecoder(whole.subarray(0, whole.length - 1)))).rejects.toThrow("partial");
});

test("a record that runs past its batch is an error, never a wrong count", async () => {
  const bytes = await encodeBatch({ baseOffset: 0, records: [record(0), record(1)] });
  bytes.writeUInt8(0x7e, 61); // the first record's length: 63 bytes
  const { records } = await lazyDecode(new KafkaDecoder(bytes));
  expect(() => seenBy(toRecordBatch(fetchedOf(records, 0)))).toThrow(/past its own end/);
});

describe("transactions", () => {
  const ofA = (offset: number): HandBatch => ({
    baseOffset: offset,
    records: [record(offset)],
    producerId: 1,
    transactional: true,
  });
  const ofB = (offset: number): HandBatch => ({ ...ofA(offset), producerId: 2 });
  const marker = (kind: "abort" | "commit", offset: number, producerId: number): HandBatch => ({
    baseOffset: offset,
    records: [markerRecord(kind, offset)],
    producerId,
    transactional: true,
    control: true,
  });

  test("a marker is no record, but its offset is covered", async () => {
    const batch = await lazily([ofA(0), marker("commit", 1, 1)], 0);
    expect(offsets(batch)).toEqual([0]);
    expect(batch.endOffset).toBe(2);
  });

  test("records of an aborted transaction are left out, those after its end are not", async () => {
    const batch = await lazily([ofA(0), marker("abort", 1, 1), ofA(2)], 0, [
      { producerId: "1", firstOffset: "0" },
    ]);
    expect(offsets(batch)).toEqual([2]);
    expect(batch).toMatchObject({ startOffset: 2, endOffset: 3 });
  });

  // kafkajs 2.2.4 begins one transaction a message: the first record of the second would be counted.
  test("of two aborted transactions that began before the fetch, none is read", async () => {
    const aborted = [
      { producerId: "2", firstOffset: "3" },
      { producerId: "1", firstOffset: "1" },
    ];
    const batch = await lazily(
      [ofB(10), ofA(11), marker("abort", 12, 1), ofA(13), marker("abort", 14, 2)],
      10,
      aborted,
    );
    expect(offsets(batch)).toEqual([13]);
    expect(batch.endOffset).toBe(15);
  });

  test("another producer's records in between are read", async () => {
    const plain: HandBatch = { baseOffset: 1, records: [record(1)] };
    const batch = await lazily([ofA(0), plain, ofB(2), marker("abort", 3, 1)], 0, [
      { producerId: "1", firstOffset: "0" },
    ]);
    expect(offsets(batch)).toEqual([1, 2]);
  });
});

test("any batch is read as kafkajs' own decoder reads it", async () => {
  const bytesOrNull = fc.option(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    { nil: null },
  );
  const anyRecord = fc.record({
    gap: fc.integer({ min: 0, max: 200 }),
    deltaMs: fc.oneof(fc.integer({ min: -5_000, max: 5_000 }), fc.integer({ min: -(2 ** 45), max: 2 ** 45 })),
    key: bytesOrNull,
    value: bytesOrNull,
    // Header values without null: the stock decoder of headers is not what is compared.
    headers: fc.array(
      fc.tuple(
        fc.string({ maxLength: 5 }),
        fc.uint8Array({ maxLength: 5 }).map((b) => Buffer.from(b)),
      ),
      { maxLength: 3 },
    ),
  });
  const anyBatch = fc.record({
    baseOffset: fc.maxSafeInteger().map((n) => Math.abs(n) % 2 ** 48),
    firstTimestampMs: fc.integer({ min: 0, max: 2 ** 42 }),
    logAppendTime: fc.boolean(),
    compressed: fc.boolean(),
    records: fc.array(anyRecord, { minLength: 1, maxLength: 20 }),
    skip: fc.nat(3_000),
  });
  await fc.assert(
    fc.asyncProperty(anyBatch, async ({ compressed, records, skip, ...header }) => {
      let offset = header.baseOffset;
      const handRecords: HandRecord[] = records.map(({ gap, deltaMs, ...rest }) => {
        const record = { ...rest, offset, timestampMs: header.firstTimestampMs + deltaMs };
        offset += gap + 1;
        return record;
      });
      const batch: HandBatch = {
        ...header,
        records: handRecords,
        ...(compressed ? { compression: gzip } : {}),
      };
      const fetchedOffset = header.baseOffset + skip;
      const lazy = await lazily([batch], fetchedOffset);
      const stock = await stockly([batch], fetchedOffset);
      expect(seenBy(lazy)).toEqual(seenBy(stock));
      if (seenBy(stock).length > 0)
        expect(lazy).toMatchObject({ startOffset: stock.startOffset, endOffset: stock.endOffset });
    }),
    { numRuns: 300, seed: 1 },
  );
});

function record(offset: number, timestampMs = 0): HandRecord {
  return { offset, timestampMs, value: Buffer.from(`{"n":${offset}}`) };
}

async function lazily(
  batches: readonly HandBatch[],
  fetchedOffset: number,
  aborted: readonly { producerId: string; firstOffset: string }[] = [],
) {
  const messages = await decodeAll(batches, lazyDecode);
  dropAborted(messages, aborted);
  return toRecordBatch(fetchedOf(messages, fetchedOffset));
}

async function stockly(batches: readonly HandBatch[], fetchedOffset: number) {
  const messages = await decodeAll(batches, stockDecode);
  // As kafkajs' Batch does it.
  const kept = messages.filter(
    ({ offset, isControlRecord }) => Number(offset) >= fetchedOffset && !isControlRecord,
  );
  return toRecordBatch(fetchedOf(kept, fetchedOffset));
}

async function decodeAll<M>(
  batches: readonly HandBatch[],
  decode: (decoder: FetchDecoder) => Promise<{ records: M[] }>,
): Promise<M[]> {
  const decoder = new KafkaDecoder(Buffer.concat(await Promise.all(batches.map(encodeBatch))));
  const messages: M[] = [];
  while (decoder.offset < decoder.buffer.length) messages.push(...(await decode(decoder)).records);
  return messages;
}

function fetchedOf(messages: readonly (StockMessage | BatchMessage)[], fetchedOffset: number): FetchedBatch {
  const lastOffset = messages.at(-1)?.offset ?? String(fetchedOffset - 1);
  return {
    topic: "t",
    partition: 0,
    highWatermark: String(Number(lastOffset) + 1),
    fetchedOffset: String(fetchedOffset),
    messages,
    lastOffset: () => lastOffset,
  };
}

function seenBy(batch: ReturnType<typeof toRecordBatch>): Seen[] {
  const seen: Seen[] = [];
  batch.forEach((offset, logTimeMs, bytes, start, end) => {
    seen.push({ offset, logTimeMs, value: start < 0 ? null : bytes.toString("latin1", start, end) });
  });
  return seen;
}

function offsets(batch: ReturnType<typeof toRecordBatch>): number[] {
  return seenBy(batch).map(({ offset }) => offset);
}
