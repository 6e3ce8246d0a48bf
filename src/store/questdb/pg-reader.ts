/** Reads through QuestDB's PostgreSQL endpoint, in plain JavaScript values: no text where a number is meant. */
import { readFileSync } from "node:fs";
import { DatabaseError, Pool, types } from "pg";
import { errorText, OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { QueryRefusedError, QueryTimeoutError, StoreUnreachableError } from "../errors.ts";
import type { QuestDbStoreOptions } from "./options.ts";

const OID_LONG = 20;
const OID_TIMESTAMP = 1114;
const OID_DOUBLE_LIST = 1022;

export class PgReader {
  readonly #pool: Pool;
  readonly #address: string;

  constructor(
    options: QuestDbStoreOptions,
    as: { readonly user: string; readonly password: string },
    telemetry: Telemetry,
  ) {
    const [host, port] = options.pg.split(":");
    this.#address = options.pg;
    this.#pool = new Pool({
      host,
      port: Number(port),
      database: options.database,
      ...as,
      max: options.connectionsMax,
      query_timeout: options.queryTimeoutMs,
      connectionTimeoutMillis: options.requestTimeoutMs,
      idleTimeoutMillis: 30_000,
      ssl: options.tls ? tlsOptions(options) : false,
      types: { getTypeParser } as never,
    });
    // An idle connection that breaks would otherwise end the process; the pool makes a new one.
    this.#pool.on("error", (error) =>
      telemetry.log("warn", "a QuestDB connection broke", { error: errorText(error) }),
    );
  }

  /** Rows as lists. Our own SQL: a refusal is the outside world's (a table gone), and may pass. */
  async rows(sql: string, parameters: readonly unknown[] = []): Promise<readonly (readonly unknown[])[]> {
    try {
      return (await this.#run(sql, parameters)).rows;
    } catch (error) {
      throw this.#readError(error, sql);
    }
  }

  /** A person's SQL; rows by column name. */
  async query(
    sql: string,
    parameters: readonly unknown[],
    rowsMax: number,
    timeLimitMs?: number,
  ): Promise<readonly Record<string, unknown>[]> {
    try {
      const { fields, rows } = await this.#run(sql, parameters, timeLimitMs);
      return rows.slice(0, rowsMax).map((row) => {
        const named = fields.map(({ name }, i) => [name, plainValue(row[i])] as const);
        return Object.fromEntries(named);
      });
    } catch (error) {
      if (timeLimitMs !== undefined && errorText(error).includes("Query read timeout"))
        throw new QueryTimeoutError(timeLimitMs, sql, error);
      if (error instanceof DatabaseError) throw new QueryRefusedError(errorText(error), sql, error);
      throw this.#readError(error, sql);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** The extended protocol takes one statement only, whatever the text holds. */
  async #run(text: string, values: readonly unknown[], timeLimitMs?: number) {
    const limit = timeLimitMs === undefined ? {} : { query_timeout: timeLimitMs };
    const query = { text, values: [...values], rowMode: "array" as const, queryMode: "extended", ...limit };
    return await this.#pool.query<unknown[]>(
      query as never as { text: string; values: unknown[]; rowMode: "array" },
    );
  }

  #readError(cause: unknown, sql: string): OperationalError {
    if (!(cause instanceof DatabaseError))
      return new StoreUnreachableError("QuestDB", this.#address, "reading", cause);
    return new OperationalError(
      `QuestDB at ${this.#address} could not answer a read (${errorText(cause)}). Nothing was changed; the read may be ` +
        "repeated. If it goes on, compare the tables with docs/reference/tables.md.",
      { code: "STORE_READ_FAILED", retryable: true, context: { sql: sql.slice(0, 500) }, cause },
    );
  }
}

function tlsOptions(options: QuestDbStoreOptions) {
  const ca = options.tlsCaFile === undefined ? {} : { ca: readFileSync(options.tlsCaFile) };
  return { rejectUnauthorized: options.tlsVerify, ...ca };
}

/** QuestDB's text forms. Its times carry no zone and are UTC; pg would read them in the machine's. */
function getTypeParser(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  switch (oid) {
    case OID_LONG:
      return Number;
    case OID_TIMESTAMP:
      return (text) => new Date(`${text.replace(" ", "T").replace(/Z$/, "")}Z`);
    case OID_DOUBLE_LIST:
      return parseDoubleList;
    default:
      return types.getTypeParser(oid, format as "text");
  }
}

/** `{1.5,-0.0,null}` */
function parseDoubleList(text: string): Float64Array {
  const inner = text.slice(1, -1);
  if (inner === "") return new Float64Array(0);
  const parts = inner.split(",");
  const numbers = new Float64Array(parts.length);
  for (let i = 0; i < parts.length; i++) numbers[i] = Number(parts[i]);
  return numbers;
}

function plainValue(value: unknown): unknown {
  return value instanceof Float64Array ? Array.from(value) : value;
}
