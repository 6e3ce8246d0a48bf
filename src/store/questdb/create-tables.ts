/** Makes the tables that are missing; refuses those that are there and different. */
import { SchemaMismatchError } from "../errors.ts";
import {
  type Column,
  type ColumnType,
  type RetentionClass,
  TABLES,
  type Table,
  timeColumn,
} from "../schema.ts";
import type { QuestDbStoreOptions } from "./options.ts";

export const QUESTDB_TYPES: Readonly<Record<ColumnType, string>> = {
  timestamp: "TIMESTAMP",
  long: "LONG",
  double: "DOUBLE",
  "double[]": "DOUBLE[]",
  symbol: "SYMBOL",
  varchar: "VARCHAR",
};

type Query = (sql: string) => Promise<readonly (readonly unknown[])[]>;
type Retention = Pick<QuestDbStoreOptions, "segmentDays" | "windowDays" | "judgementDays">;

export async function createTables(query: Query, prefix: string, retention: Retention): Promise<void> {
  for (const table of TABLES) {
    await query(createTableSql(table, prefix, retention));
    await checkColumns(query, table, prefix);
    await setRetention(query, table, prefix, retention);
  }
}

/**
 * Every commit is deduplicated on the whole key, so that a row written again replaces itself. The key must hold
 * the time that rows are partitioned by.
 */
function createTableSql(table: Table, prefix: string, retention: Retention): string {
  const columns = table.columns.map((column) => `  ${column.name} ${QUESTDB_TYPES[column.type]}`);
  const days = retentionDays(table.retention, retention);
  return (
    `CREATE TABLE IF NOT EXISTS ${prefix}${table.name} (\n${columns.join(",\n")}\n) ` +
    `TIMESTAMP(${timeColumn(table).name}) PARTITION BY DAY${days === undefined ? "" : ` TTL ${days} DAYS`} ` +
    `WAL DEDUP UPSERT KEYS(${upsertKey(table).join(", ")})`
  );
}

function upsertKey(table: Table): readonly string[] {
  const time = timeColumn(table).name;
  return [time, ...table.key.filter((name) => name !== time)];
}

async function checkColumns(query: Query, table: Table, prefix: string): Promise<void> {
  const rows = await query(
    `SELECT "column", type, designated, upsertKey FROM table_columns('${prefix}${table.name}')`,
  );
  const is = rows.map(([name, type, designated, key]) =>
    columnText(String(name), String(type), !!designated, !!key),
  );
  const time = timeColumn(table).name;
  const keys = upsertKey(table);
  const should = table.columns.map(({ name, type }: Column) =>
    columnText(name, QUESTDB_TYPES[type], name === time, keys.includes(name)),
  );
  const differences = [
    ...should.filter((text) => !is.includes(text)).map((text) => `it lacks ${text}`),
    ...is.filter((text) => !should.includes(text)).map((text) => `it has ${text}`),
  ];
  if (differences.length > 0) throw new SchemaMismatchError("QuestDB", `${prefix}${table.name}`, differences);
}

function columnText(name: string, type: string, designated: boolean, key: boolean): string {
  return `${name} ${type}${designated ? " (the time)" : ""}${key ? " (in the key)" : ""}`;
}

/** The retention may change between two starts; the table's follows. */
async function setRetention(query: Query, table: Table, prefix: string, retention: Retention): Promise<void> {
  const days = retentionDays(table.retention, retention);
  const name = `${prefix}${table.name}`;
  const [row] = await query(`SELECT ttlValue, ttlUnit FROM tables() WHERE table_name = '${name}'`);
  const isDays = row === undefined ? undefined : ttlDays(Number(row[0]), String(row[1]));
  if (days !== undefined && isDays !== days) await query(`ALTER TABLE ${name} SET TTL ${days} DAYS`);
}

/** QuestDB tells 14 days as 2 weeks. */
function ttlDays(value: number, unit: string): number | undefined {
  const perUnit: Readonly<Record<string, number>> = { HOUR: 1 / 24, DAY: 1, WEEK: 7 };
  const factor = perUnit[unit];
  return factor === undefined ? undefined : value * factor;
}

function retentionDays(retentionClass: RetentionClass, days: Retention): number | undefined {
  switch (retentionClass) {
    case "segments":
      return days.segmentDays;
    case "windows":
      return days.windowDays;
    case "judgements":
      return days.judgementDays;
    case "forever":
      return undefined;
  }
}
