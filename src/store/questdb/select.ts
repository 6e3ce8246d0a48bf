import type { Cell, Cells } from "../rows.ts";
import type { Column, Table } from "../schema.ts";
import type { Condition, Selection } from "../tables.ts";

/** Whole rows: times as microseconds, so that nothing parses dates. */
export function selectSql(
  table: Table,
  prefix: string,
  selection: Selection,
): { readonly sql: string; readonly parameters: readonly string[] } {
  const parameters: string[] = [];
  const parameter = (text: string) => `$${parameters.push(text)}`;
  const columns = table.columns.map(({ name, type }) =>
    type === "timestamp" ? `cast(${name} AS long) ${name}_us` : name,
  );
  const where = selection.where.map((condition) => conditionSql(table, condition, parameter));
  const order = selection.orderBy.map((name, i) =>
    orderSql(table, name, i === 0 && selection.descending === true),
  );
  const sql =
    `SELECT ${columns.join(", ")} FROM ${prefix}${table.name}` +
    (where.length > 0 ? ` WHERE ${where.join(" AND ")}` : "") +
    ` ORDER BY ${order.join(", ")} LIMIT ${selection.limit}`;
  return { sql, parameters };
}

/** One row of the answer to {@link selectSql}. */
export function cellsOf(table: Table, row: readonly unknown[]): Cells {
  return table.columns.map((column, i) => toCell(column, row[i]));
}

function toCell(column: Column, value: unknown): Cell {
  if (value === null || value === undefined) return null;
  switch (column.type) {
    case "timestamp":
      return (value as number) / 1_000;
    case "long":
    case "double":
      return value as number;
    case "double[]":
      return (value as Float64Array).length === 0 ? null : (value as Float64Array);
    case "symbol":
    case "varchar":
      return value as string;
  }
}

function orderSql(table: Table, name: string, descending: boolean): string {
  const column = table.columns.find((c) => c.name === name)!;
  return `${column.type === "timestamp" ? `${name}_us` : name}${descending ? " DESC" : ""}`;
}

/** Numbers stand in the text (they are whole, and ours); texts are always parameters. */
function conditionSql(table: Table, condition: Condition, parameter: (text: string) => string): string {
  const column = table.columns.find(({ name }) => name === condition.column)!;
  const value = (v: number | string) => {
    if (typeof v === "string") return parameter(v);
    return column.type === "timestamp" ? `${v * 1_000}` : String(v);
  };
  if (condition.is !== "in") {
    if (condition.value === "") return `${column.name} IS NULL`;
    return `${column.name} ${condition.is} ${value(condition.value)}`;
  }
  if (condition.values.length === 0) return "false";
  return `${column.name} IN (${condition.values.map(value).join(", ")})`;
}
