/**
 * Replaces rows by key in bulk: append to a staging table, delete what it replaces, insert it.
 *
 * DuckDB's own upsert needs an index whose upkeep costs more than all the rest, and row-wise SQL is a hundred times
 * slower. The delete is a hash join that skips all row groups outside the batch's span of time, so that windows
 * which arrive in order cost the same however large the table is.
 */
import type { DuckDBConnection, DuckDBType } from "@duckdb/node-api";
import { invariant } from "../../base/errors.ts";
import type { Cell, Cells } from "../rows.ts";
import { type Table, timeColumn } from "../schema.ts";
import { storedExpression, WIRE_TYPES } from "./column-types.ts";

/** Rows of a DuckDB vector: the most that one chunk can hold. */
const CHUNK_ROWS = 2048;

type DuckDb = typeof import("@duckdb/node-api");

/** Makes the staging table, which is the connection's own and never reaches the file. */
export async function createStaging(connection: DuckDBConnection, table: Table): Promise<void> {
  const columns = table.columns.map((column) => `${column.name} ${WIRE_TYPES[column.type]}`).join(", ");
  await connection.run(`CREATE TEMP TABLE ${stagingName(table)} (${columns})`);
}

/** Within the caller's transaction. Of rows with equal keys the last is kept. */
export async function upsertRows(
  duckdb: DuckDb,
  connection: DuckDBConnection,
  table: Table,
  rows: readonly Cells[],
): Promise<void> {
  const distinct = lastByKey(table, rows);
  await appendToStaging(duckdb, connection, table, distinct);
  await connection.run(deleteSql(table, distinct));
  const names = table.columns.map(({ name }) => name).join(", ");
  const values = table.columns.map(storedExpression).join(", ");
  await connection.run(`INSERT INTO ${table.name} (${names}) SELECT ${values} FROM ${stagingName(table)}`);
  await connection.run(`DELETE FROM ${stagingName(table)}`);
}

function stagingName(table: Table): string {
  return `staging_${table.name}`;
}

function lastByKey(table: Table, rows: readonly Cells[]): readonly Cells[] {
  const at = table.key.map((name) => table.columns.findIndex((column) => column.name === name));
  const byKey = new Map<string, Cells>();
  for (const row of rows) {
    let key = "";
    for (const i of at) key += `${row[i]}\u0000`;
    byKey.set(key, row);
  }
  return byKey.size === rows.length ? rows : [...byKey.values()];
}

async function appendToStaging(
  duckdb: DuckDb,
  connection: DuckDBConnection,
  table: Table,
  rows: readonly Cells[],
): Promise<void> {
  const types = table.columns.map((column) => wireType(duckdb, column.type));
  const appender = await connection.createAppender(stagingName(table), "main", "temp");
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows.length - start);
    const chunk = duckdb.DuckDBDataChunk.create(types, count);
    for (let i = 0; i < types.length; i++) {
      chunk.setColumnValues(i, columnValues(duckdb, rows, i, start, count));
    }
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

function wireType(duckdb: DuckDb, type: Table["columns"][number]["type"]): DuckDBType {
  switch (WIRE_TYPES[type]) {
    case "DOUBLE":
      return duckdb.DOUBLE;
    case "DOUBLE[]":
      return duckdb.LIST(duckdb.DOUBLE);
    case "VARCHAR":
      return duckdb.VARCHAR;
  }
}

function columnValues(duckdb: DuckDb, rows: readonly Cells[], column: number, start: number, count: number) {
  return Array.from({ length: count }, (_, i) => wireValue(duckdb, rows[start + i]![column]!));
}

function wireValue(duckdb: DuckDb, cell: Cell) {
  // The list is only ever read by index and length, so the typed array can stand for a plain one.
  return cell instanceof Float64Array ? duckdb.listValue(cell as unknown as number[]) : cell;
}

function deleteSql(table: Table, rows: readonly Cells[]): string {
  const equal = table.key.map((name) => {
    const column = table.columns.find((c) => c.name === name);
    invariant(column !== undefined, `table ${table.name} has no column ${name}`);
    return `t.${name} IS NOT DISTINCT FROM s.${name}`;
  });
  const staged = table.key.map((name) => {
    const column = table.columns.find((c) => c.name === name)!;
    return `${storedExpression(column)} AS ${name}`;
  });
  const time = timeColumn(table).name;
  const span = table.key.includes(time) ? ` AND ${spanSql(`t.${time}`, rows)}` : "";
  return (
    `DELETE FROM ${table.name} AS t USING (SELECT ${staged.join(", ")} FROM ${stagingName(table)}) AS s ` +
    `WHERE ${equal.join(" AND ")}${span}`
  );
}

/** The batch's span of time as constants, by which DuckDB leaves out whole row groups. */
function spanSql(column: string, rows: readonly Cells[]): string {
  let minMs = Number.POSITIVE_INFINITY;
  let maxMs = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const timeMs = row[0] as number;
    if (timeMs < minMs) minMs = timeMs;
    if (timeMs > maxMs) maxMs = timeMs;
  }
  return `${column} BETWEEN make_timestamp(${minMs} * 1000::BIGINT) AND make_timestamp(${maxMs} * 1000::BIGINT)`;
}
