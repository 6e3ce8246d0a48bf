/** The lines of a JSONL file, as bytes, a block at a time: a log whose offsets are line numbers. */
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createGunzip } from "node:zlib";
import { type FileSight, sightOf } from "./file-identity.ts";

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

/**
 * @param path a file, ".gz" is unpacked, "-" is standard input.
 * @param lineBytesMax bytes of a line beyond which it is cut.
 * @param onOpened told of a plain file once it is open; what it is told of goes on counting the bytes that are read.
 * @returns blocks whose bytes are valid until the next is asked for.
 */
export async function* readLineBlocks(
  path: string,
  blockBytes: number,
  lineBytesMax = LINE_BYTES_MAX,
  onOpened: (sight: FileSight) => void = () => {},
): AsyncGenerator<LineBlock> {
  const splitter = new LineSplitter(blockBytes, lineBytesMax);
  if (path === "-" || path.endsWith(".gz")) {
    for await (const chunk of openStream(path, blockBytes)) yield* splitter.add(chunk);
  } else {
    yield* readFileBlocks(path, splitter, onOpened);
  }
  yield* splitter.end();
}

/** Reads straight into the splitter's buffer: no buffer is made, and no byte copied, for each block. */
async function* readFileBlocks(
  path: string,
  splitter: LineSplitter,
  onOpened: (sight: FileSight) => void,
): AsyncGenerator<LineBlock> {
  const file: FileHandle = await open(path);
  try {
    const sight = await sightOf(file);
    onOpened(sight);
    for (;;) {
      const { buffer, at, room } = splitter.space();
      const { bytesRead } = await file.read(buffer, at, room);
      if (bytesRead === 0) return;
      sight.bytesRead += bytesRead;
      yield* splitter.filled(bytesRead);
    }
  } finally {
    await file.close();
  }
}

function openStream(path: string, blockBytes: number): AsyncIterable<Buffer> {
  if (path === "-") return process.stdin;
  const file = createReadStream(path, { highWaterMark: blockBytes });
  const unpacked = createGunzip({ chunkSize: blockBytes });
  file.on("error", (error) => unpacked.destroy(error));
  return file.pipe(unpacked);
}

/**
 * One buffer for all blocks: what follows the last newline of a block is moved to the front for the next. It grows
 * with a line that does not fit, up to `lineBytesMax`.
 */
class LineSplitter {
  readonly #lineBytesMax: number;
  #buffer: Buffer;
  /** Bytes at the front that belong to a line not ended yet. */
  #rest = 0;
  /** The rest of a line that was handed out cut is passed over. */
  #skipping = false;
  #starts = new Int32Array(4_096);
  #ends = new Int32Array(4_096);

  constructor(blockBytes: number, lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
    this.#buffer = Buffer.allocUnsafeSlow(blockBytes);
  }

  space(): { readonly buffer: Buffer; readonly at: number; readonly room: number } {
    if (this.#rest > this.#buffer.length / 2) this.#grow();
    return { buffer: this.#buffer, at: this.#rest, room: this.#buffer.length - this.#rest };
  }

  *add(chunk: Buffer): Generator<LineBlock> {
    for (let at = 0; at < chunk.length; ) {
      const { buffer, at: to, room } = this.space();
      const copied = chunk.copy(buffer, to, at, at + room);
      at += copied;
      yield* this.filled(copied);
    }
  }

  /** After `count` bytes were put into the space. */
  *filled(count: number): Generator<LineBlock> {
    const end = this.#rest + count;
    const start = this.#skipping ? this.#afterNewline(this.#rest, end) : 0;
    if (start < 0) return;
    const rest = this.#split(start, end);
    if (this.#lineCount > 0) yield this.#block();
    this.#buffer.copyWithin(0, rest, end);
    this.#rest = end - rest;
    if (this.#rest <= this.#lineBytesMax) return;
    yield oneLine(this.#buffer.subarray(0, this.#rest));
    this.#rest = 0;
    this.#skipping = true;
  }

  *end(): Generator<LineBlock> {
    if (this.#rest > 0) yield oneLine(this.#buffer.subarray(0, this.#rest));
    this.#rest = 0;
  }

  #lineCount = 0;

  /** Notes the lines of `[start, end)`. @returns where the line begins that does not end there. */
  #split(start: number, end: number): number {
    const bytes = this.#buffer.subarray(0, end);
    this.#lineCount = 0;
    let at = start;
    for (let newline = bytes.indexOf(NEWLINE, at); newline >= 0; newline = bytes.indexOf(NEWLINE, at)) {
      if (this.#lineCount === this.#starts.length) this.#growLines();
      this.#starts[this.#lineCount] = at;
      this.#ends[this.#lineCount++] = newline;
      at = newline + 1;
    }
    return at;
  }

  #block(): LineBlock {
    return { bytes: this.#buffer, starts: this.#starts, ends: this.#ends, lineCount: this.#lineCount };
  }

  /** Where the line after the one that is passed over begins; −1 when it is not here yet. */
  #afterNewline(from: number, end: number): number {
    const newline = this.#buffer.subarray(0, end).indexOf(NEWLINE, from);
    if (newline < 0) return -1;
    this.#skipping = false;
    return newline + 1;
  }

  #grow(): void {
    const grown = Buffer.allocUnsafeSlow(this.#buffer.length * 2);
    this.#buffer.copy(grown, 0, 0, this.#rest);
    this.#buffer = grown;
  }

  #growLines(): void {
    const starts = new Int32Array(this.#starts.length * 2);
    const ends = new Int32Array(this.#ends.length * 2);
    starts.set(this.#starts);
    ends.set(this.#ends);
    this.#starts = starts;
    this.#ends = ends;
  }
}

function oneLine(bytes: Buffer): LineBlock {
  return { bytes, starts: Int32Array.of(0), ends: Int32Array.of(bytes.length), lineCount: 1 };
}
