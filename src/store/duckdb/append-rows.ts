/** Appends cells to a table, a vector of each column at a time. */
import type { DuckDBConnection, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import type { Cell, Cells } from "../rows.ts";
import type { Column, ColumnType } from "../schema.ts";

export type DuckDb = typeof import("@duckdb/node-api");

/** Rows of a DuckDB vector: the most that one chunk can hold. */
const CHUNK_ROWS = 2048;

export interface AppendTarget {
  readonly name: string;
  readonly catalog: "temp" | null;
  readonly columns: readonly Column[];
  /** Where each of `columns` stands in a row. */
  readonly cellIndexes: readonly number[];
}

export async function appendRows(
  duckdb: DuckDb,
  connection: DuckDBConnection,
  target: AppendTarget,
  rows: readonly Cells[],
): Promise<void> {
  const types = target.columns.map(({ type }) => wireType(duckdb, type));
  const appender = await connection.createAppender(target.name, null, target.catalog);
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const some = rows.slice(start, start + CHUNK_ROWS);
    const chunk = duckdb.DuckDBDataChunk.create(types, some.length);
    target.columns.forEach(({ type }, i) => {
      chunk.setColumnValues(i, columnValues(duckdb, type, some, target.cellIndexes[i]!));
    });
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

/** Whole numbers travel as doubles; the appender casts whole vectors, far faster than BigInts are made. */
function wireType(duckdb: DuckDb, type: ColumnType): DuckDBType {
  switch (type) {
    case "timestamp":
      return duckdb.TIMESTAMP;
    case "long":
    case "double":
      return duckdb.DOUBLE;
    case "double[]":
      return duckdb.LIST(duckdb.DOUBLE);
    case "symbol":
    case "varchar":
      return duckdb.VARCHAR;
  }
}

function columnValues(duckdb: DuckDb, type: ColumnType, rows: readonly Cells[], at: number): DuckDBValue[] {
  const cells = rows.map((row) => row[at]!);
  switch (type) {
    case "timestamp":
      return timestampValues(duckdb, cells);
    case "double[]":
      // The list is only ever read by index and length, so the typed array can stand for a plain one.
      return cells.map((cell) => (cell === null ? null : duckdb.listValue(cell as unknown as number[])));
    case "long":
    case "double":
    case "symbol":
    case "varchar":
      return cells as DuckDBValue[];
  }
}

/** Neighbours mostly share their time, and so the value. */
function timestampValues(duckdb: DuckDb, cells: readonly Cell[]): DuckDBValue[] {
  let lastMs: Cell = null;
  let last: DuckDBValue = null;
  return cells.map((cell) => {
    if (cell !== lastMs) {
      lastMs = cell;
      last = cell === null ? null : new duckdb.DuckDBTimestampValue(BigInt(cell as number) * 1_000n);
    }
    return last;
  });
}
