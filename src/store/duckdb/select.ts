import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import type { Cell, Cells } from "../rows.ts";
import type { Column, Table } from "../schema.ts";
import type { Condition, Selection } from "../tables.ts";
import { wireExpression } from "./column-types.ts";

export async function selectRows(
  connection: DuckDBConnection,
  table: Table,
  selection: Selection,
): Promise<readonly Cells[]> {
  const { sql, parameters } = selectSql(table, selection);
  const result = await connection.runAndReadAll(sql, parameters);
  const rows: Cells[] = [];
  for (const row of result.getRows()) rows.push(row.map(toCell));
  return rows;
}

function selectSql(table: Table, selection: Selection): { sql: string; parameters: DuckDBValue[] } {
  const parameters: DuckDBValue[] = [];
  const parameter = (value: number | string) => `$${parameters.push(value)}`;
  const where = selection.where.map((condition) => conditionSql(table, condition, parameter));
  const order = selection.orderBy.map((name, i) => (i === 0 && selection.descending ? `${name} DESC` : name));
  const sql =
    `SELECT ${table.columns.map(wireExpression).join(", ")} FROM ${table.name}` +
    (where.length > 0 ? ` WHERE ${where.join(" AND ")}` : "") +
    ` ORDER BY ${order.join(", ")} LIMIT ${selection.limit}`;
  return { sql, parameters };
}

function conditionSql(
  table: Table,
  condition: Condition,
  parameter: (value: number | string) => string,
): string {
  const column = table.columns.find(({ name }) => name === condition.column)!;
  const value = (v: number | string) => valueSql(column, parameter(v));
  if (condition.is !== "in") {
    if (condition.value === "") return `${column.name} IS NULL`;
    return `${column.name} ${condition.is} ${value(condition.value)}`;
  }
  if (condition.values.length === 0) return "false";
  return `${column.name} IN (${condition.values.map(value).join(", ")})`;
}

/** Numbers are bound as doubles; the column's own type keeps the comparison one that can skip row groups. */
function valueSql(column: Column, parameter: string): string {
  switch (column.type) {
    case "timestamp":
      return `make_timestamp(CAST(${parameter} AS BIGINT) * 1000)`;
    case "long":
      return `CAST(${parameter} AS BIGINT)`;
    case "double":
    case "double[]":
    case "symbol":
    case "varchar":
      return parameter;
  }
}

function toCell(value: DuckDBValue): Cell {
  if (value === null || typeof value === "number" || typeof value === "string") return value;
  return Float64Array.from((value as { items: readonly number[] }).items);
}
