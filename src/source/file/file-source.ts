/**
 * Files as a log: each file is a topic with one partition, each line or row a record, its number the offset. Several
 * files are read side by side, always from the one that lies furthest back in event time, as partitions would come.
 */
import { access, appendFile, constants, mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { errorText, OperationalError } from "../../base/errors.ts";
import type { SourceContext } from "../context.ts";
import type { DeadLetter, PartitionEnd, RecordBatch, RecordSource, SourceHandler } from "../contract.ts";
import { readCsvBlocks } from "./csv.ts";
import { changeOf, type FileSight, identityOf, sightOfPath } from "./file-identity.ts";
import { fileReplaced, fileWentBack, tellChange } from "./file-problems.ts";
import { type LineBlock, readLineBlocks } from "./lines.ts";
import type { FileOptions } from "./options.ts";
import { readParquetBlocks } from "./parquet.ts";

type FileFormat = FileOptions["format"];

/** Smaller blocks when several files are read side by side keep their event times together. */
const BLOCK_BYTES = 4 * 1_048_576;
const BLOCK_BYTES_SHARED = 262_144;
const BLOCK_ROWS = 16_384;
const BLOCK_ROWS_SHARED = 1_024;

interface OpenFile {
  readonly path: string;
  readonly blocks: AsyncGenerator<LineBlock>;
  readonly identity: { readonly lineCount: number; readonly hash: string | undefined };
  /** Records that an earlier run has counted of it, by the store. */
  readonly countedTo: number;
  /** What is read of it; undefined for standard input, and for a file of lines that is not open yet. */
  sight: FileSight | undefined;
  offset: number;
  done: boolean;
}

export class FileSource implements RecordSource {
  readonly name: string;
  readonly finished: Promise<void>;
  readonly #options: FileOptions;
  readonly #context: SourceContext;
  #finish!: () => void;
  #fail!: (error: unknown) => void;
  #files: OpenFile[] = [];
  #stopping = false;
  #resume: (() => void) | undefined;
  #paused: Promise<void> | undefined;
  #deadLettersOpen = false;
  #stopped: Promise<void> = Promise.resolve();

  constructor(name: string, options: FileOptions, context: SourceContext) {
    this.name = name;
    this.#options = options;
    this.#context = context;
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.finished.catch(() => {});
  }

  async start(handler: SourceHandler): Promise<void> {
    const shared = this.#options.paths.length > 1;
    for (const path of this.#options.paths) this.#files.push(await this.#open(path, shared, handler));
    await handler.assigned(
      this.#files.map(({ path, identity }) => ({
        topic: path,
        partition: 0,
        offset: 0,
        logId: identity.hash,
      })),
    );
    this.#stopped = this.#run(handler).then(this.#finish, this.#fail);
  }

  /** A store that has counted a file before must have counted this one: its line numbers are the offsets. */
  async #open(path: string, shared: boolean, handler: SourceHandler): Promise<OpenFile> {
    await assertReadable(path);
    const format = this.#options.format === "auto" ? formatOf(path) : this.#options.format;
    const lineCount = isWrittenOnce(path, format) ? 0 : format === "csv" ? 2 : 1;
    const hash = await identityOf(path, lineCount);
    const countedTo = await handler.resumeOffset(path, 0);
    if (countedTo !== undefined && hash !== undefined) {
      const other = await handler.otherLogId?.(path, 0, hash);
      if (other !== undefined) throw fileReplaced(path, countedTo);
    }
    const isPlain = format === "jsonl" && !isWrittenOnce(path, format);
    const file: OpenFile = {
      path,
      blocks: openBlocks(path, format, shared, (sight) => {
        file.sight = sight;
      }),
      identity: { lineCount, hash },
      countedTo: countedTo ?? 0,
      sight: isPlain || path === "-" ? undefined : await sightOfPath(path),
      offset: 0,
      done: false,
    };
    return file;
  }

  async #run(handler: SourceHandler): Promise<void> {
    for (let file = this.#next(); file !== undefined && !this.#stopping; file = this.#next()) {
      await this.#paused;
      const block = await nextBlock(file);
      if (block === undefined) {
        if (file.offset < file.countedTo) throw fileWentBack(file.path, file.offset, file.countedTo);
        continue;
      }
      const startOffset = file.offset;
      file.offset += block.lineCount;
      await handler.batch(batchOf(file.path, startOffset, block), {
        isStale: () => this.#stopping,
        heartbeat: async () => {},
      });
    }
    if (!this.#stopping) await this.#tellChanges();
    await handler.revoked();
  }

  async #tellChanges(): Promise<void> {
    const { telemetry } = this.#context;
    for (const { path, sight, identity, offset } of this.#files) {
      if (sight !== undefined)
        tellChange(await changeOf(path, sight, identity), { path, recordCount: offset, telemetry });
    }
  }

  /** The file that lies furthest back; one that was not begun lies at −Infinity. */
  #next(): OpenFile | undefined {
    let next: OpenFile | undefined;
    let lowestMs = Number.POSITIVE_INFINITY;
    for (const file of this.#files) {
      const watermarkMs = file.offset === 0 ? Number.NEGATIVE_INFINITY : this.#context.watermarkMs(file.path);
      if (file.done || (next !== undefined && watermarkMs >= lowestMs)) continue;
      next = file;
      lowestMs = watermarkMs;
    }
    return next;
  }

  /** Files that are read to their end and known to be shorter than asked for have nothing left to bring. */
  async partitionEnds(): Promise<readonly PartitionEnd[]> {
    return this.#files
      .filter((file) => file.done)
      .map((file) => ({ topic: file.path, partition: 0, startOffset: 0, endOffset: file.offset }));
  }

  async commit(): Promise<void> {}

  async keepDeadLetters(letters: readonly DeadLetter[]): Promise<void> {
    const path = this.#options.deadLetterPath;
    if (!this.#deadLettersOpen) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, "");
      this.#deadLettersOpen = true;
    }
    await appendFile(path, letters.map(deadLetterLine).join(""));
  }

  pause(): void {
    this.#paused ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#resume?.();
    this.#paused = undefined;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.resume();
    await this.#stopped;
    for (const file of this.#files) await file.blocks.return(undefined);
  }
}

export function deadLetterLine(letter: DeadLetter): string {
  const { topic, partition, offset, reason, detail, valueBytes } = letter;
  return `${JSON.stringify({ topic, partition, offset, reason, detail, valueBytes, value: letter.value.toString("utf8") })}\n`;
}

async function assertReadable(path: string): Promise<void> {
  if (path === "-") return;
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new OperationalError(
      `cannot read "${path}": ${errorText(cause)}. Nothing was read; check the path.`,
      {
        code: "SOURCE_FILE_UNREADABLE",
        retryable: false,
        context: { path },
        cause,
      },
    );
  }
}

function openBlocks(
  path: string,
  format: Exclude<FileFormat, "auto">,
  shared: boolean,
  onOpened: (sight: FileSight) => void,
): AsyncGenerator<LineBlock> {
  const rows = shared ? BLOCK_ROWS_SHARED : BLOCK_ROWS;
  switch (format) {
    case "csv":
      return readCsvBlocks(path, rows);
    case "parquet":
      return readParquetBlocks(path, rows);
    default:
      return readLineBlocks(path, shared ? BLOCK_BYTES_SHARED : BLOCK_BYTES, undefined, onOpened);
  }
}

/** Lines can be appended to neither. */
function isWrittenOnce(path: string, format: Exclude<FileFormat, "auto">): boolean {
  return format === "parquet" || path.endsWith(".gz");
}

function formatOf(path: string): Exclude<FileFormat, "auto"> {
  if (/\.csv(\.gz)?$/i.test(path)) return "csv";
  return /\.(parquet|pq)$/i.test(path) ? "parquet" : "jsonl";
}

async function nextBlock(file: OpenFile): Promise<LineBlock | undefined> {
  try {
    const { value, done } = await file.blocks.next();
    file.done = done === true;
    return done === true ? undefined : value;
  } catch (cause) {
    throw new OperationalError(
      `reading "${file.path}" failed after record ${file.offset}: ${errorText(cause)}. What was read before it is counted.`,
      {
        code: "SOURCE_FILE_BROKEN",
        retryable: false,
        context: { path: file.path, offset: file.offset },
        cause,
      },
    );
  }
}

function batchOf(topic: string, startOffset: number, block: LineBlock): RecordBatch {
  const endOffset = startOffset + block.lineCount;
  return {
    topic,
    partition: 0,
    startOffset,
    endOffset,
    endLogOffset: endOffset,
    forEach(visit) {
      const { bytes, starts, ends, lineCount } = block;
      for (let i = 0; i < lineCount; i++) {
        const start = starts[i]!;
        const end = trimCarriageReturn(bytes, start, ends[i]!);
        visit(startOffset + i, Number.NaN, bytes, end > start ? start : -1, end);
      }
    },
  };
}

function trimCarriageReturn(bytes: Buffer, start: number, end: number): number {
  return end > start && bytes[end - 1] === 13 ? end - 1 : end;
}
