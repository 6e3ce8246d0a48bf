/** The lines of a JSONL file, as bytes, a block at a time: a log whose offsets are line numbers. */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

/** A longer line is handed out cut (decode then counts it `too_large`), so that one bad line cannot fill the memory. */
const LINE_BYTES_MAX = 16 * 1_048_576;
const NEWLINE = 10;

/** Whole lines: line i of the block lies at `[starts[i], ends[i])` of `bytes`, without its newline. */
export interface LineBlock {
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly lineCount: number;
}

/** @param path a file, ".gz" is unpacked, "-" is standard input. */
export async function* readLineBlocks(path: string, blockBytes: number): AsyncGenerator<LineBlock> {
  let rest: Buffer = Buffer.alloc(0);
  let skipping = false;
  for await (const chunk of openBytes(path, blockBytes)) {
    let bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (skipping) {
      const end = bytes.indexOf(NEWLINE);
      if (end < 0) continue;
      bytes = bytes.subarray(end + 1);
      skipping = false;
    }
    const last = bytes.lastIndexOf(NEWLINE);
    if (last >= 0) yield splitLines(bytes.subarray(0, last + 1));
    rest = bytes.subarray(last + 1);
    if (rest.length <= LINE_BYTES_MAX) continue;
    yield oneLine(rest);
    rest = Buffer.alloc(0);
    skipping = true;
  }
  if (rest.length > 0) yield oneLine(rest);
}

function openBytes(path: string, blockBytes: number): AsyncIterable<Buffer> {
  if (path === "-") return process.stdin;
  const file = createReadStream(path, { highWaterMark: blockBytes });
  if (!path.endsWith(".gz")) return file as AsyncIterable<Buffer>;
  const unpacked = createGunzip({ chunkSize: blockBytes });
  file.on("error", (error) => unpacked.destroy(error));
  return file.pipe(unpacked);
}

function splitLines(bytes: Buffer): LineBlock {
  let lineCount = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lineCount++;
  const starts = new Int32Array(lineCount);
  const ends = new Int32Array(lineCount);
  let start = 0;
  for (let i = 0; i < lineCount; i++) {
    const end = bytes.indexOf(NEWLINE, start);
    starts[i] = start;
    ends[i] = end;
    start = end + 1;
  }
  return { bytes, starts, ends, lineCount };
}

function oneLine(bytes: Buffer): LineBlock {
  return { bytes, starts: Int32Array.of(0), ends: Int32Array.of(bytes.length), lineCount: 1 };
}
