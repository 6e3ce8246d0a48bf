import type { Column, ColumnType, Table } from "../schema.ts";

/** A column's type in DuckDB. Times are UTC without a zone. */
export const DUCKDB_TYPES: Readonly<Record<ColumnType, string>> = {
  timestamp: "TIMESTAMP",
  long: "BIGINT",
  double: "DOUBLE",
  "double[]": "DOUBLE[]",
  symbol: "VARCHAR",
  varchar: "VARCHAR",
};

/** `CREATE TABLE` for a table of the schema. No primary key: rows are replaced in bulk, see bulk-upsert.ts. */
export function createTableSql(table: Table): string {
  return `CREATE TABLE IF NOT EXISTS ${table.name} (\n${table.columns.map(columnSql).join(",\n")}\n)`;
}

export function columnSql(column: Column): string {
  return `  ${column.name} ${DUCKDB_TYPES[column.type]}`;
}
