/**
 * What a database must be able to do to be a store: keep the tables of schema.ts, replace rows by key, select.
 * `TableStore` makes a `Store` of it, so that what rows mean is written once and not once a database.
 */
import type { WriteCount } from "./contract.ts";
import type { Cells } from "./rows.ts";
import type { Table } from "./schema.ts";

/** Rows for one table. */
export interface TableRows {
  readonly table: Table;
  readonly rows: readonly Cells[];
}

/** A condition on one column. Times are epoch milliseconds; "" is NULL; `in`, for numbers, with none matches nothing. */
export type Condition =
  | { readonly column: string; readonly is: "=" | ">=" | "<"; readonly value: number | string }
  | { readonly column: string; readonly is: "in"; readonly values: readonly (number | string)[] };

export interface Selection {
  readonly where: readonly Condition[];
  /** Column names, most significant first. */
  readonly orderBy: readonly string[];
  /** Only of the first column of `orderBy`. @default false */
  readonly descending?: boolean;
  readonly limit: number;
}

export interface Tables {
  readonly name: string;
  /** Before every table's name, so that several stores can share one database. */
  readonly tablePrefix: string;
  open(): Promise<void>;
  /**
   * Writes each group before the next (or all at once); resolves when all are acknowledged. A row replaces the one
   * with the same key. Rows of one call have different keys or are replaced in the order given.
   */
  write(groups: readonly TableRows[]): Promise<void>;
  writeCount(table: Table): Promise<WriteCount>;
  /** Whole rows, cells in the order of the table's columns. */
  select(table: Table, selection: Selection): Promise<readonly Cells[]>;
  /**
   * One statement that reads.
   * @param rowsMax most rows given back. @default the store's `queryRowsMax`
   * @param timeLimitMs past it the query is given up. @default the store's own
   */
  query(
    sql: string,
    parameters: readonly unknown[],
    rowsMax?: number,
    timeLimitMs?: number,
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
  ready(): Promise<boolean>;
  close(): Promise<void>;
}
