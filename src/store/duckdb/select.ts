import type { DuckDBConnection, DuckDBListValue, DuckDBTimestampValue, DuckDBValue } from "@duckdb/node-api";
import type { Cell, Cells } from "../rows.ts";
import type { Column, Table } from "../schema.ts";
import type { Condition, Selection } from "../tables.ts";

export async function selectRows(
  connection: DuckDBConnection,
  table: Table,
  selection: Selection,
): Promise<readonly Cells[]> {
  const result = await connection.runAndReadAll(selectSql(table, selection));
  // An empty answer has no columns either.
  const columns = result.getColumns();
  const cells = table.columns.map((column, i) => (columns[i] ?? []).map(cellReader(column)));
  return Array.from({ length: result.currentRowCount }, (_, row) => cells.map((column) => column[row]!));
}

/** Values stand in the text: with parameters DuckDB plans every query twice, which costs more than to run it. */
function selectSql(table: Table, selection: Selection): string {
  const where = selection.where.map((condition) => conditionSql(table, condition));
  const order = selection.orderBy.map((name, i) => (i === 0 && selection.descending ? `${name} DESC` : name));
  return (
    `SELECT ${table.columns.map(({ name }) => name).join(", ")} FROM ${table.name}` +
    (where.length > 0 ? ` WHERE ${where.join(" AND ")}` : "") +
    ` ORDER BY ${order.join(", ")} LIMIT ${selection.limit}`
  );
}

function conditionSql(table: Table, condition: Condition): string {
  const column = table.columns.find(({ name }) => name === condition.column)!;
  const value = (v: number | string) => literalSql(column, v);
  if (condition.is !== "in") {
    if (condition.value === "") return `${column.name} IS NULL`;
    return `${column.name} ${condition.is} ${value(condition.value)}`;
  }
  if (condition.values.length === 0) return "false";
  return `${column.name} IN (${condition.values.map(value).join(", ")})`;
}

/** A constant of the column's own type: by those DuckDB leaves out row groups. */
function literalSql(column: Column, value: number | string): string {
  if (typeof value === "number") {
    return column.type === "timestamp" ? `make_timestamp(${value * 1_000}::BIGINT)` : `${value}`;
  }
  // Between quotes only the quote has a meaning.
  return `'${value.replaceAll("'", "''")}'`;
}

function cellReader(column: Column): (value: DuckDBValue) => Cell {
  switch (column.type) {
    case "timestamp":
      return (value) => (value === null ? null : Number((value as DuckDBTimestampValue).micros) / 1_000);
    case "long":
      return (value) => (value === null ? null : Number(value as bigint));
    case "double[]":
      return (value) =>
        value === null ? null : Float64Array.from((value as DuckDBListValue).items as number[]);
    case "double":
    case "symbol":
    case "varchar":
      return (value) => value as Cell;
  }
}
