/**
 * The tables in a QuestDB that many processes share: rows go in by HTTP, come out by the PostgreSQL endpoint.
 * What was acknowledged is on its disk, and becomes visible some time later.
 */
import type { Clock } from "../../base/clock.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { WriteCount } from "../contract.ts";
import { QueryRefusedError } from "../errors.ts";
import type { Cells } from "../rows.ts";
import { TABLES, type Table } from "../schema.ts";
import type { Selection, TableRows, Tables } from "../tables.ts";
import { createTables } from "./create-tables.ts";
import type { QuestDbStoreOptions } from "./options.ts";
import { PgReader } from "./pg-reader.ts";
import { RowSender } from "./row-sender.ts";
import { cellsOf, selectSql } from "./select.ts";
import { TableWriter } from "./table-writer.ts";
import { WalWatch } from "./wal-watch.ts";

export interface QuestDbDeps {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export class QuestDbTables implements Tables {
  readonly name = "questdb";
  readonly tablePrefix: string;
  readonly #options: QuestDbStoreOptions;
  readonly #telemetry: Telemetry;
  readonly #reader: PgReader;
  /** For a person's SQL. */
  readonly #queryReader: PgReader;
  readonly #writers: ReadonlyMap<Table, TableWriter>;
  readonly #watch: WalWatch;

  constructor(options: QuestDbStoreOptions, { clock, telemetry }: QuestDbDeps) {
    this.#options = options;
    this.tablePrefix = options.tablePrefix;
    this.#telemetry = telemetry;
    this.#reader = new PgReader(options, { user: options.user, password: options.password }, telemetry);
    const { readOnlyUser, readOnlyPassword } = options;
    this.#queryReader =
      readOnlyUser === undefined
        ? this.#reader
        : new PgReader(options, { user: readOnlyUser, password: readOnlyPassword }, telemetry);
    this.#writers = new Map(
      TABLES.map((table) => {
        const sender = new RowSender(table, options, telemetry);
        return [table, new TableWriter(table, options, { clock, telemetry, sender })];
      }),
    );
    this.#watch = new WalWatch(clock, options.applyStallMs);
  }

  async open(): Promise<void> {
    await createTables((sql) => this.#reader.rows(sql), this.tablePrefix, this.#options);
  }

  async write(groups: readonly TableRows[]): Promise<void> {
    for (const { table, rows } of groups) await this.#writers.get(table)!.write(rows);
  }

  async select(table: Table, selection: Selection): Promise<readonly Cells[]> {
    const { sql, parameters } = selectSql(table, this.tablePrefix, selection);
    const rows = await this.#reader.rows(sql, parameters);
    return rows.map((row) => cellsOf(table, row));
  }

  async query(
    sql: string,
    parameters: readonly unknown[],
    rowsMax = this.#options.queryRowsMax,
    timeLimitMs?: number,
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    // A guard against mistakes. Against malice give a `readOnlyUser`.
    if (!/^\s*(SELECT|WITH|EXPLAIN|SHOW)\b/i.test(sql))
      throw new QueryRefusedError("it does more than read", sql);
    // WITH may begin an INSERT; within a SELECT it cannot.
    const text = /^\s*WITH\b/i.test(sql) ? `SELECT * FROM (\n${sql.replace(/;\s*$/, "")}\n)` : sql;
    return this.#queryReader.query(text, parameters, rowsMax, timeLimitMs);
  }

  async writeCount(table: Table): Promise<WriteCount> {
    const [state] = await this.#walStates([table]);
    return { acknowledged: state?.acknowledgedTxn ?? 0, shown: state?.appliedTxn ?? 0 };
  }

  async ready(): Promise<boolean> {
    try {
      const complaint = this.#watch.observe(await this.#walStates(TABLES));
      if (complaint !== undefined) {
        const message = "QuestDB acknowledges rows and does not apply them";
        this.#telemetry.event("warn", "store_apply_stalled", message);
        this.#telemetry.log("warn", complaint);
      }
      return complaint === undefined;
    } catch (error) {
      if (!(error instanceof OperationalError)) throw error;
      this.#telemetry.log("warn", "QuestDB is not ready", { error: errorText(error) });
      return false;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
    await this.#reader.close();
    if (this.#queryReader !== this.#reader) await this.#queryReader.close();
  }

  async #walStates(tables: readonly Table[]) {
    const names = tables.map(({ name }) => `'${this.tablePrefix}${name}'`);
    const rows = await this.#reader.rows(
      `SELECT name, suspended, writerTxn, sequencerTxn FROM wal_tables() WHERE name IN (${names.join(", ")})`,
    );
    return rows.map(([table, suspended, appliedTxn, acknowledgedTxn]) => ({
      table: String(table),
      suspended: suspended === true,
      appliedTxn: Number(appliedTxn),
      acknowledgedTxn: Number(acknowledgedTxn),
    }));
  }
}
