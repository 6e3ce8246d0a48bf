/**
 * Replaces rows by key in bulk: stage the keys, delete what they name, append the rows.
 *
 * DuckDB's own upsert needs an index whose upkeep costs more than all the rest, and row-wise SQL is a hundred times
 * slower. The delete is a hash join that skips all row groups outside the batch's span of time, and is left out
 * where no row can be replaced: so windows which arrive in order cost the same however large the table is.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Cell, Cells } from "../rows.ts";
import { type Table, timeColumn } from "../schema.ts";
import { appendRows, type DuckDb } from "./append-rows.ts";
import { columnSql } from "./column-types.ts";

export class BulkUpsert {
  readonly #table: Table;
  readonly #keyIndexes: readonly number[];
  readonly #keyHoldsTime: boolean;
  /** Latest time in the table, or later; rows after it replace nothing. Infinity where the key holds no time. */
  #latestMs: number;

  constructor(table: Table) {
    this.#table = table;
    this.#keyIndexes = table.key.map((name) => table.columns.findIndex((column) => column.name === name));
    this.#keyHoldsTime = table.key.includes(timeColumn(table).name);
    this.#latestMs = this.#keyHoldsTime ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }

  /** To be called for a table that may hold rows. */
  async lookAt(connection: DuckDBConnection): Promise<void> {
    if (!this.#keyHoldsTime) return;
    const latest = await connection.runAndReadAll(
      `SELECT CAST(epoch_ms(max(${timeColumn(this.#table).name})) AS DOUBLE) FROM ${this.#table.name}`,
    );
    this.#latestMs = (latest.getRows()[0]![0] as number | null) ?? Number.NEGATIVE_INFINITY;
  }

  /** Within the caller's transaction. Of rows with equal keys the last is kept. */
  async upsert(duckdb: DuckDb, connection: DuckDBConnection, rows: readonly Cells[]): Promise<void> {
    const distinct = lastByCells(rows, this.#keyIndexes);
    const replacing = distinct.filter((row) => (row[0] as number) <= this.#latestMs);
    if (replacing.length > 0) await this.#deleteByKey(duckdb, connection, replacing);
    const { name, columns } = this.#table;
    const target = { name, catalog: null, columns, cellIndexes: columns.map((_, i) => i) };
    await appendRows(duckdb, connection, target, distinct);
    // Also when the transaction fails later: too high is safe, too low is not.
    for (const row of distinct) this.#latestMs = Math.max(this.#latestMs, row[0] as number);
  }

  get #stagingName(): string {
    return `replaced_${this.#table.name}`;
  }

  async #deleteByKey(duckdb: DuckDb, connection: DuckDBConnection, rows: readonly Cells[]): Promise<void> {
    const columns = this.#keyIndexes.map((i) => this.#table.columns[i]!);
    // The connection's own, never in the file, and made when first needed: mostly nothing is ever replaced.
    await connection.run(
      `CREATE TEMP TABLE IF NOT EXISTS ${this.#stagingName} (${columns.map(columnSql).join(", ")})`,
    );
    const target = {
      name: this.#stagingName,
      catalog: "temp",
      columns,
      cellIndexes: this.#keyIndexes,
    } as const;
    await appendRows(duckdb, connection, target, rows);
    const equal = columns.map(({ name }) => `t.${name} IS NOT DISTINCT FROM s.${name}`).join(" AND ");
    await connection.run(
      `DELETE FROM ${this.#table.name} AS t USING ${this.#stagingName} AS s WHERE ${equal}${this.#spanSql(rows)}`,
    );
    await connection.run(`DELETE FROM ${this.#stagingName}`);
  }

  /** The rows' span of time as constants, by which DuckDB leaves out whole row groups. */
  #spanSql(rows: readonly Cells[]): string {
    if (!this.#keyHoldsTime) return "";
    const time = timeColumn(this.#table).name;
    let minMs = Number.POSITIVE_INFINITY;
    let maxMs = Number.NEGATIVE_INFINITY;
    for (const row of rows) {
      minMs = Math.min(minMs, row[0] as number);
      maxMs = Math.max(maxMs, row[0] as number);
    }
    return ` AND t.${time} BETWEEN ${timestampSql(minMs)} AND ${timestampSql(maxMs)}`;
  }
}

/**
 * Of rows with equal cells in `indexes` the last, in the order of the first. A map a cell rather than a joined key:
 * texts that come again and again are looked up by a hash that they carry, and no key is built for every row.
 */
function lastByCells(rows: readonly Cells[], indexes: readonly number[]): Cells[] {
  const kept: Cells[] = [];
  const root = new Map<Cell, unknown>();
  const last = indexes.at(-1)!;
  for (const row of rows) {
    let level = root;
    for (const i of indexes) {
      const cell = row[i]!;
      const next = level.get(cell);
      if (i === last) {
        if (next === undefined) level.set(cell, kept.push(row) - 1);
        else kept[next as number] = row;
      } else if (next === undefined) {
        const made = new Map<Cell, unknown>();
        level.set(cell, made);
        level = made;
      } else {
        level = next as Map<Cell, unknown>;
      }
    }
  }
  return kept;
}

function timestampSql(timeMs: number): string {
  return `make_timestamp(${timeMs}::BIGINT * 1000)`;
}
