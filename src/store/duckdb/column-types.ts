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

/**
 * Its type while on the way in and out. JavaScript's only fast number is the double, which holds a time in
 * milliseconds and any count that we allow exactly; DuckDB converts whole vectors at once.
 */
export const WIRE_TYPES: Readonly<Record<ColumnType, "DOUBLE" | "DOUBLE[]" | "VARCHAR">> = {
  timestamp: "DOUBLE",
  long: "DOUBLE",
  double: "DOUBLE",
  "double[]": "DOUBLE[]",
  symbol: "VARCHAR",
  varchar: "VARCHAR",
};

/** From the wire to the table. */
export function storedExpression(column: Column): string {
  switch (column.type) {
    case "timestamp":
      return `make_timestamp(CAST(${column.name} AS BIGINT) * 1000)`;
    case "long":
      return `CAST(${column.name} AS BIGINT)`;
    case "double":
    case "double[]":
    case "symbol":
    case "varchar":
      return column.name;
  }
}

/** From the table to the wire. */
export function wireExpression(column: Column): string {
  switch (column.type) {
    case "timestamp":
      return `CAST(epoch_us(${column.name}) AS DOUBLE) / 1000`;
    case "long":
      return `CAST(${column.name} AS DOUBLE)`;
    case "double":
    case "double[]":
    case "symbol":
    case "varchar":
      return column.name;
  }
}

/** `CREATE TABLE` for a table of the schema. No primary key: rows are replaced in bulk, see bulk-upsert.ts. */
export function createTableSql(table: Table): string {
  const columns = table.columns.map((column) => `  ${column.name} ${DUCKDB_TYPES[column.type]}`);
  return `CREATE TABLE IF NOT EXISTS ${table.name} (\n${columns.join(",\n")}\n)`;
}
