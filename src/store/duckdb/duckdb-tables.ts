/**
 * The tables in one DuckDB file. One process at a time; what was acknowledged survives kill -9.
 *
 * All writes of one transaction are atomic, so a manifest is never there without its profiles. One connection
 * writes, one reads, so that a person's query never holds up a commit.
 */

import type { DuckDBConnection } from "@duckdb/node-api";
import type { Clock } from "../../base/clock.ts";
import { errorText, invariant, OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { WriteCount } from "../contract.ts";
import { QueryTimeoutError, SchemaMismatchError } from "../errors.ts";
import { observeFlush } from "../flush-metric.ts";
import { GroupCommit } from "../group-commit.ts";
import type { Cells } from "../rows.ts";
import { TABLES, type Table } from "../schema.ts";
import type { Selection, TableRows, Tables } from "../tables.ts";
import { BulkUpsert } from "./bulk-upsert.ts";
import { createTableSql, DUCKDB_TYPES } from "./column-types.ts";
import { type OpenDatabase, openDatabase } from "./open-database.ts";
import type { DuckDbStoreOptions } from "./options.ts";
import { queryReadOnly } from "./read-only-query.ts";
import { selectRows } from "./select.ts";

interface Open {
  readonly duckdb: typeof import("@duckdb/node-api");
  readonly database: OpenDatabase;
  readonly writer: DuckDBConnection;
  readonly reader: DuckDBConnection;
  readonly upserts: ReadonlyMap<Table, BulkUpsert>;
}

export class DuckDbTables implements Tables {
  readonly name = "duckdb";
  readonly tablePrefix = "";
  readonly #options: DuckDbStoreOptions;
  readonly #telemetry: Telemetry;
  readonly #commits: GroupCommit<Item>;
  #open: Open | undefined;
  /** Reads under way: a connection that is closed beneath one takes the whole process with it. */
  readonly #reads = new Set<Promise<unknown>>();
  /** Connections of queries that have a time limit. */
  readonly #limited = new Set<DuckDBConnection>();
  /** What a buffered write failed with: told to the next caller, as its own has gone. */
  #bufferedError: unknown;

  constructor(options: DuckDbStoreOptions, deps: { readonly clock: Clock; readonly telemetry: Telemetry }) {
    this.#options = options;
    this.#telemetry = deps.telemetry;
    this.#commits = new GroupCommit<Item>({
      clock: deps.clock,
      intervalMs: options.acknowledge === "buffered" ? options.flushIntervalMs : 0,
      rowsMax: options.flushRowsMax,
      flush: (items) => this.#commit(items),
    });
  }

  async open(): Promise<void> {
    invariant(this.#open === undefined, "the store is opened once");
    const database = await openDatabase(this.#options);
    try {
      const writer = await database.instance.connect();
      const reader = await database.instance.connect();
      const upserts = await prepareTables(writer);
      // From here on no SQL, ours or a person's, may loosen what openDatabase forbade.
      await writer.run("SET lock_configuration = true");
      this.#open = { duckdb: await import("@duckdb/node-api"), database, writer, reader, upserts };
    } catch (error) {
      database.close();
      throw error;
    }
  }

  async write(groups: readonly TableRows[]): Promise<void> {
    this.#throwBuffered();
    const items = groups.flatMap(({ table, rows }) => rows.map((row): Item => [table, row]));
    const done = this.#commits.write(items);
    if (this.#options.acknowledge === "committed") return done;
    done.catch((error: unknown) => {
      this.#bufferedError ??= lostError(this.#options.path, error);
    });
    if (this.#commits.waitingRows >= this.#options.flushRowsMax) await this.#settle();
  }

  async select(table: Table, selection: Selection): Promise<readonly Cells[]> {
    await this.#settle();
    return this.#read(({ reader }) => selectRows(reader, table, selection));
  }

  async query(
    sql: string,
    parameters: readonly unknown[],
    rowsMax = this.#options.queryRowsMax,
    timeLimitMs?: number,
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    await this.#settle();
    if (timeLimitMs === undefined)
      return this.#read(({ duckdb, reader }) => queryReadOnly(duckdb, reader, sql, parameters, rowsMax));
    return this.#read((open) => this.#queryWithin(open, timeLimitMs, { sql, parameters, rowsMax }));
  }

  /** What is acknowledged can be read. */
  async writeCount(): Promise<WriteCount> {
    return { acknowledged: 0, shown: 0 };
  }

  async ready(): Promise<boolean> {
    if (this.#open === undefined || this.#bufferedError !== undefined) return false;
    try {
      await this.#read(({ writer }) => writer.run("SELECT 1"));
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    await this.#commits.drain();
    this.#open = undefined;
    while (this.#reads.size > 0) {
      for (const connection of [open.reader, ...this.#limited]) connection.interrupt();
      await Promise.race(this.#reads).catch(() => {});
    }
    open.writer.closeSync();
    open.reader.closeSync();
    open.database.close();
    this.#throwBuffered();
  }

  /** Commits what is buffered, so that a reader sees what this process has written. */
  async #settle(): Promise<void> {
    if (this.#options.acknowledge === "buffered") await this.#commits.drain();
    this.#throwBuffered();
  }

  async #commit(items: readonly Item[]): Promise<undefined> {
    const { duckdb, writer, upserts } = this.#opened();
    const startMs = performance.now();
    const rowsByTable = new Map<Table, Cells[]>();
    for (const [table, row] of items) {
      const rows = rowsByTable.get(table);
      if (rows === undefined) rowsByTable.set(table, [row]);
      else rows.push(row);
    }
    try {
      await writer.run("BEGIN TRANSACTION");
      for (const [table, rows] of rowsByTable) await upserts.get(table)!.upsert(duckdb, writer, rows);
      await writer.run("COMMIT");
    } catch (cause) {
      await writer.run("ROLLBACK").catch(() => {});
      throw writeError(this.#options.path, items.length, cause);
    }
    observeFlush(this.#telemetry, "all", performance.now() - startMs);
    for (const [table, rows] of rowsByTable) {
      this.#telemetry
        .counter("store_rows_written_total", "Rows that the store acknowledged", ["table"])
        .inc({ table: table.name }, rows.length);
    }
    return undefined;
  }

  async #read<T>(read: (open: Open) => Promise<T>): Promise<T> {
    const reading = read(this.#opened());
    this.#reads.add(reading);
    try {
      return await reading;
    } catch (cause) {
      throw this.#open === undefined ? closedError(this.#options.path, cause) : cause;
    } finally {
      this.#reads.delete(reading);
    }
  }

  /** On a connection of its own: what is given up must not take other readers' queries with it. */
  async #queryWithin({ duckdb, database }: Open, timeLimitMs: number, query: PersonsQuery) {
    const { sql, parameters, rowsMax } = query;
    const connection = await database.instance.connect();
    this.#limited.add(connection);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      connection.interrupt();
    }, timeLimitMs);
    try {
      return await queryReadOnly(duckdb, connection, sql, parameters, rowsMax);
    } catch (error) {
      throw isLate ? new QueryTimeoutError(timeLimitMs, sql, error) : error;
    } finally {
      clearTimeout(timer);
      this.#limited.delete(connection);
      connection.closeSync();
    }
  }

  #throwBuffered(): void {
    if (this.#bufferedError !== undefined) throw this.#bufferedError;
  }

  #opened(): Open {
    invariant(this.#open !== undefined, "the store is used between open and close");
    return this.#open;
  }
}

type Item = readonly [table: Table, row: Cells];

interface PersonsQuery {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly rowsMax: number;
}

/** Makes the tables that are missing and checks the others. In few statements: a short replay feels each of them. */
async function prepareTables(connection: DuckDBConnection): Promise<ReadonlyMap<Table, BulkUpsert>> {
  const found = await foundColumns(connection);
  const upserts = new Map<Table, BulkUpsert>();
  const missing: Table[] = [];
  for (const table of TABLES) {
    const columns = found.get(table.name);
    if (columns === undefined) missing.push(table);
    else checkColumns(table, columns);
    const upsert = new BulkUpsert(table);
    upserts.set(table, upsert);
    if (columns !== undefined) await upsert.lookAt(connection);
  }
  if (missing.length > 0)
    await connection.run(`BEGIN TRANSACTION;\n${missing.map(createTableSql).join(";\n")};\nCOMMIT`);
  return upserts;
}

/** Columns with their types, by table. */
async function foundColumns(connection: DuckDBConnection): Promise<ReadonlyMap<string, readonly string[]>> {
  const answer = await connection.runAndReadAll(
    "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY column_index",
  );
  const columns = new Map<string, string[]>();
  for (const [table, name, type] of answer.getRows()) {
    const known = columns.get(String(table)) ?? [];
    known.push(`${name} ${type}`);
    columns.set(String(table), known);
  }
  return columns;
}

function checkColumns(table: Table, is: readonly string[]): void {
  const should = table.columns.map((column) => `${column.name} ${DUCKDB_TYPES[column.type]}`);
  const differences = [
    ...should.filter((text) => !is.includes(text)).map((text) => `it lacks ${text}`),
    ...is.filter((text) => !should.includes(text)).map((text) => `it has ${text}`),
  ];
  if (differences.length > 0) throw new SchemaMismatchError("duckdb", table.name, differences);
}

/** The callers went on believing in those rows, so nothing short of beginning again is right. */
function lostError(path: string, cause: unknown): OperationalError {
  return new OperationalError(
    `Rows that were buffered for ${path} could not be committed and are lost (${errorText(cause)}). What was committed ` +
      "before is safe. Mend the cause and run it again from the start; what is written twice is kept once.",
    { code: "STORE_ROWS_LOST", retryable: false, context: { path }, cause },
  );
}

function closedError(path: string, cause: unknown): OperationalError {
  return new OperationalError(
    `${path} was closed while it was read, as this process ends. Nothing that was written is lost; ask the next process.`,
    { code: "STORE_CLOSED", retryable: false, context: { path }, cause },
  );
}

function writeError(path: string, rowCount: number, cause: unknown): OperationalError {
  return new OperationalError(
    `DuckDB could not write ${rowCount} rows to ${path} (${errorText(cause)}). Nothing of this write is in the file; ` +
      "what was acknowledged before is safe. If the disk is full, free some of it; the write may then be repeated.",
    // After an internal error DuckDB refuses everything until the file is opened anew.
    {
      code: "STORE_WRITE_FAILED",
      retryable: !/invalidated|INTERNAL/.test(errorText(cause)),
      context: { path, rowCount },
      cause,
    },
  );
}
