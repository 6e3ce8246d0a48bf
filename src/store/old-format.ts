/** Refuses tables whose segments an older build wrote: this one could never merge them, and would wait for them for ever. */
import { OperationalError } from "../base/errors.ts";
import { QueryRefusedError } from "./errors.ts";
import { SEGMENT_WINDOWS } from "./schema.ts";
import type { Tables } from "./tables.ts";

/** Where a segment's profiles lay, one row for each feature. */
const OLD_TABLE = "segment_profiles";

/** @throws {OperationalError} STORE_OLD_FORMAT. Nothing was changed. */
export async function refuseOldFormat(tables: Tables): Promise<void> {
  const { tablePrefix: prefix, name } = tables;
  if ((await rowCount(tables, `${prefix}${OLD_TABLE}`)) === 0) return;
  if ((await rowCount(tables, `${prefix}${SEGMENT_WINDOWS.name}`)) > 0) return;
  throw new OperationalError(
    `${name} holds segments that an older Lanewatch wrote (table ${prefix}${OLD_TABLE}), which this one cannot merge. ` +
      "Nothing was changed; windows, verdicts and incidents in it stay readable with SQL. Let the older one merge what is " +
      "open, then begin with new tables: another `store.tablePrefix`, or another DuckDB file.",
    { code: "STORE_OLD_FORMAT", retryable: false, context: { table: `${prefix}${OLD_TABLE}` } },
  );
}

/** 0 where there is no such table. */
async function rowCount(tables: Tables, table: string): Promise<number> {
  try {
    const [row] = await tables.query(`SELECT count(*) AS n FROM ${table}`, []);
    return Number(row?.["n"] ?? 0);
  } catch (error) {
    if (error instanceof QueryRefusedError) return 0;
    throw error;
  }
}
