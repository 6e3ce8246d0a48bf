/**
 * What tells a file from another one under its name, and what became of a file while it was read. Log files are rotated,
 * cut short and written anew under one name, and line numbers alone tell none of it.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, stat } from "node:fs/promises";

/** What was read of a file. */
export interface FileSight {
  readonly deviceId: number;
  readonly inode: number;
  bytesRead: number;
}

/**
 * `grown`: bytes were appended that were not read. `renamed`: the name belongs to another file now, or to none; what was
 * opened was read to its end. `rewritten`: it was cut short or begun anew, so that lines were counted that are not in it.
 */
export type FileChange = "none" | "grown" | "renamed" | "rewritten";

/** Enough for a first line; of a longer one its beginning. */
const PREFIX_BYTES = 4_096;
const NEWLINE = 10;

/**
 * @param lineCount of a file that grows, the lines at its beginning that tell it from others: a table's first line is the
 * same in each. 0 for a file that is written once: then its first 4 KiB count.
 * @returns a hash of them, which stays as the file grows; undefined while they are not all there.
 */
export async function identityOf(path: string, lineCount: number): Promise<string | undefined> {
  if (path === "-") return undefined;
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(PREFIX_BYTES);
    const { bytesRead } = await file.read(buffer, 0, PREFIX_BYTES, 0);
    const prefix = buffer.subarray(0, bytesRead);
    const length = lineCount === 0 ? bytesRead : lengthOfLines(prefix, lineCount);
    if (length === 0) return undefined;
    return createHash("sha256").update(prefix.subarray(0, length)).digest("hex").slice(0, 32);
  } finally {
    await file.close();
  }
}

/** 0 while they are not all there; of lines longer than the prefix all of it. */
function lengthOfLines(prefix: Buffer, lineCount: number): number {
  let end = 0;
  for (let line = 0; line < lineCount; line++) {
    const newline = prefix.indexOf(NEWLINE, end);
    if (newline < 0) return prefix.length < PREFIX_BYTES ? 0 : prefix.length;
    end = newline + 1;
  }
  return end;
}

/** Of a file that was just opened. */
export async function sightOf(file: FileHandle): Promise<FileSight> {
  const { dev, ino } = await file.stat();
  return { deviceId: dev, inode: ino, bytesRead: 0 };
}

/** Of a file that others read for us: all that it has now counts as read. */
export async function sightOfPath(path: string): Promise<FileSight> {
  const { dev, ino, size } = await stat(path);
  return { deviceId: dev, inode: ino, bytesRead: size };
}

/** @param identity what {@link identityOf} said before it was read. */
export async function changeOf(
  path: string,
  sight: FileSight,
  identity: { readonly lineCount: number; readonly hash: string | undefined },
): Promise<FileChange> {
  const now = await stat(path).catch(() => undefined);
  if (now === undefined || now.dev !== sight.deviceId || now.ino !== sight.inode) return "renamed";
  if (now.size < sight.bytesRead) return "rewritten";
  const { lineCount, hash } = identity;
  if (hash !== undefined && (await identityOf(path, lineCount).catch(() => undefined)) !== hash)
    return "rewritten";
  return now.size > sight.bytesRead ? "grown" : "none";
}
