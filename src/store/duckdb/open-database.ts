/** Opens the file, with the options under which DuckDB touches nothing else: no network, no other files. */
import { mkdirSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { DuckDBInstance } from "@duckdb/node-api";
import { errorText, OperationalError } from "../../base/errors.ts";
import type { DuckDbStoreOptions } from "./options.ts";

export interface OpenDatabase {
  readonly instance: DuckDBInstance;
  close(): void;
}

/**
 * Files that this process has open. The operating system's lock is the process's, so it would let the same process
 * open the file twice, and two instances that write one file destroy it.
 */
const openPaths = new Set<string>();

/** @throws {OperationalError} STORE_LOCKED, STORE_DUCKDB_MISSING, STORE_FILE_UNREADABLE. */
export async function openDatabase(options: DuckDbStoreOptions): Promise<OpenDatabase> {
  const duckdb = await loadDuckDb();
  const settings = {
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    enable_external_access: "false",
    threads: String(options.threads),
    memory_limit: options.memoryLimit,
    // Its default, 16 MB, folds the log into the file after every few thousand profiles.
    checkpoint_threshold: "128MB",
  };
  if (options.path === ":memory:") {
    const instance = await duckdb.DuckDBInstance.create(":memory:", settings);
    return { instance, close: () => instance.closeSync() };
  }
  const path = absolutePath(options.path);
  if (openPaths.has(path)) throw lockedError(path, "this process");
  openPaths.add(path);
  try {
    const instance = await duckdb.DuckDBInstance.create(path, settings);
    return { instance, close: () => closeFile(instance, path) };
  } catch (error) {
    openPaths.delete(path);
    throw openError(path, error);
  }
}

function closeFile(instance: DuckDBInstance, path: string): void {
  instance.closeSync();
  openPaths.delete(path);
}

/** The same for every name of one file; makes the folder when it is missing. */
function absolutePath(path: string): string {
  const folder = dirname(resolve(path));
  mkdirSync(folder, { recursive: true });
  return join(realpathSync(folder), basename(path));
}

async function loadDuckDb(): Promise<typeof import("@duckdb/node-api")> {
  try {
    return await import("@duckdb/node-api");
  } catch (cause) {
    throw new OperationalError(
      "The file store needs the npm package @duckdb/node-api, which is not installed (it is optional). " +
        "Install it, or configure the questdb store.",
      { code: "STORE_DUCKDB_MISSING", retryable: false, cause },
    );
  }
}

function openError(path: string, cause: unknown): OperationalError {
  const text = errorText(cause);
  if (/could not set lock|conflicting lock|being used by another process/i.test(text)) {
    return lockedError(path, /PID (\d+)/.exec(text)?.[0] ?? "another process", cause);
  }
  return new OperationalError(
    `The store's file ${path} could not be opened. Nothing was changed in it. If it was written by a newer version, ` +
      "use that one; if the disk is full or the folder is not writable, mend that; else give another path.",
    { code: "STORE_FILE_UNREADABLE", retryable: false, context: { path }, cause },
  );
}

function lockedError(path: string, holder: string, cause?: unknown): OperationalError {
  return new OperationalError(
    `The store's file ${path} is in use by ${holder}, and a DuckDB file can be open in one process only. The file is ` +
      "whole and nothing was changed. Stop the other process, give this one another path, or use the questdb store, " +
      "which many processes may share.",
    { code: "STORE_LOCKED", retryable: false, context: { path, holder }, cause },
  );
}
