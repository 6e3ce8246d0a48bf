/** A person's SQL: one statement that only reads, with bounded rows, in plain JavaScript values. */
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import { errorText } from "../../base/errors.ts";
import { QueryRefusedError } from "../errors.ts";

type DuckDb = typeof import("@duckdb/node-api");

/** @throws {QueryRefusedError} when it writes, is not one statement, or does not run. */
export async function queryReadOnly(
  duckdb: DuckDb,
  connection: DuckDBConnection,
  sql: string,
  parameters: readonly unknown[],
  rowsMax: number,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  try {
    const statements = await connection.extractStatements(sql);
    if (statements.count !== 1)
      throw new QueryRefusedError(`it holds ${statements.count} statements, not one`, sql);
    const prepared = await statements.prepare(0);
    const { SELECT, EXPLAIN } = duckdb.StatementType;
    if (prepared.statementType !== SELECT && prepared.statementType !== EXPLAIN) {
      throw new QueryRefusedError("it does more than read", sql);
    }
    prepared.bind(parameters.map(toParameter));
    const reader = await prepared.runAndReadUntil(rowsMax);
    return reader.getRowObjectsJS().slice(0, rowsMax).map(plainRow);
  } catch (error) {
    if (error instanceof QueryRefusedError) throw error;
    throw new QueryRefusedError(errorText(error), sql, error);
  }
}

function toParameter(value: unknown): DuckDBValue {
  if (value instanceof Date) return value.toISOString().replace("Z", "");
  return value as DuckDBValue;
}

function plainRow(row: Record<string, unknown>): Record<string, unknown> {
  for (const [name, value] of Object.entries(row)) {
    // Counts and sums are BIGINT and HUGEINT.
    if (typeof value === "bigint") row[name] = Number(value);
  }
  return row;
}
