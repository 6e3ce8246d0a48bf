import { OperationalError } from "../base/errors.ts";

/** A row that no store can hold: found before anything was sent. */
export class InvalidRowError extends OperationalError {
  constructor(table: string, column: string, type: string, value: unknown) {
    super(
      `A row for table "${table}" has ${describe(value)} in column "${column}" (${type}). Nothing of this write was ` +
        `sent and no offset was committed; this is a bug in what wrote the row, please report it.`,
      { code: "STORE_ROW_INVALID", retryable: false, context: { table, column, type } },
    );
  }
}

/** The store answered and refused rows; sending the same rows again cannot succeed. */
export class RowsRejectedError extends OperationalError {
  constructor(options: {
    readonly store: string;
    readonly table: string;
    /** The rejected rows' keys, some of them. */
    readonly rejected: readonly string[];
    readonly rejectedCount: number;
    /** Rows of the same batch that were written. */
    readonly writtenCount: number;
    readonly cause: unknown;
  }) {
    const { store, table, rejected, rejectedCount, writtenCount, cause } = options;
    super(
      `${store} rejected ${rejectedCount} rows for table "${table}" (${rejected.join("; ")}); the other ` +
        `${writtenCount} rows of the batch were written. Compare its columns with docs/reference/tables.md. Nothing ` +
        `that depends on the rejected rows was committed.`,
      { code: "STORE_ROWS_REJECTED", retryable: false, context: { table, rejected, rejectedCount }, cause },
    );
  }
}

/** Its tables were not checked yet, or made: it was away since the start. */
export class StoreNotOpenError extends OperationalError {
  constructor(store: string) {
    super(
      `${store} was not reached since the start, so its tables are not known to be there. Nothing was written; the same ` +
        "write may succeed once it answers.",
      { code: "STORE_NOT_OPEN", retryable: true },
    );
  }
}

/** The store did not answer, or not in time; the same call may succeed later. */
export class StoreUnreachableError extends OperationalError {
  constructor(store: string, address: string, doing: string, cause: unknown) {
    super(
      `${store} at ${address} could not be reached while ${doing}. What it acknowledged before is safe; this call may ` +
        `be repeated. Check that it runs and that the address is right.`,
      { code: "STORE_UNREACHABLE", retryable: true, context: { store, address, doing }, cause },
    );
  }
}

/** A table is there, but not as this version makes it. */
export class SchemaMismatchError extends OperationalError {
  constructor(store: string, table: string, differences: readonly string[]) {
    super(
      `Table "${table}" in ${store} is not as this version of Lanewatch makes it: ${differences.join("; ")}. Nothing ` +
        `was changed. Point the store at another database or file, or rename the table and let it be made anew.`,
      { code: "STORE_SCHEMA_MISMATCH", retryable: false, context: { table, differences } },
    );
  }
}

/** SQL given to `query` that does more than read, or that the store cannot run. */
export class QueryRefusedError extends OperationalError {
  constructor(reason: string, sql: string, cause?: unknown) {
    super(`The SQL was refused: ${reason}. Nothing was changed.`, {
      code: "STORE_QUERY_REFUSED",
      retryable: false,
      context: { sql: sql.slice(0, 500) },
      cause,
    });
  }
}

/** A person's SQL took longer than it may. */
export class QueryTimeoutError extends OperationalError {
  constructor(timeLimitMs: number, sql: string, cause?: unknown) {
    super(`The SQL took longer than ${timeLimitMs} ms and was given up. Nothing was changed.`, {
      code: "STORE_QUERY_TIMEOUT",
      retryable: false,
      context: { timeLimitMs, sql: sql.slice(0, 500) },
      cause,
    });
  }
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  return `${typeof value} ${String(value).slice(0, 100)}`;
}
