/** Rows → one HTTP request of the QuestDB client. What went wrong is told apart by what helps against it. */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { Sender, SenderOptions } from "@questdb/nodejs-client";
import { errorText, OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { StoreUnreachableError } from "../errors.ts";
import type { Cell, Cells } from "../rows.ts";
import type { Column, Table } from "../schema.ts";
import type { QuestDbStoreOptions } from "./options.ts";

/** QuestDB answered 400: these rows, or some of them, can never be written. */
export class RequestRejectedError extends Error {}

const BUFFER_BYTES_START = 65_536;
/** A request of the most rows with the largest profiles stays far below. */
const BUFFER_BYTES_MAX = 512 * 1024 * 1024;

export class RowSender {
  readonly #options: QuestDbStoreOptions;
  readonly #table: Table;
  readonly #tableName: string;
  readonly #agent: HttpAgent;
  readonly #sender: Sender;
  /** The client wants symbols before all other columns, and the time last. */
  readonly #symbols: readonly number[];
  readonly #others: readonly number[];

  constructor(table: Table, options: QuestDbStoreOptions, telemetry: Telemetry) {
    this.#options = options;
    this.#table = table;
    this.#tableName = `${options.tablePrefix}${table.name}`;
    const secure = options.http.startsWith("https:");
    // One connection for each table: one request at a time is in flight.
    this.#agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1, timeout: 60_000 });
    this.#sender = new Sender(senderOptions(options, this.#agent, telemetry));
    const places = table.columns.map((_, i) => i);
    this.#symbols = places.filter((i) => table.columns[i]!.type === "symbol");
    this.#others = places.filter((i) => i > 0 && table.columns[i]!.type !== "symbol");
  }

  /**
   * Resolves once QuestDB has acknowledged all rows, which it takes or leaves together.
   * @throws {RequestRejectedError} when it refused them.
   * @throws {OperationalError} STORE_UNREACHABLE, STORE_UNAUTHORIZED.
   */
  async send(rows: readonly Cells[]): Promise<void> {
    // A failed flush leaves nothing to trust in the buffer; the rows are ours until acknowledged.
    this.#sender.reset();
    for (const row of rows) await this.#append(row);
    try {
      await this.#sender.flush();
    } catch (error) {
      throw sendError(this.#options.http, this.#tableName, error);
    }
  }

  async close(): Promise<void> {
    this.#sender.reset();
    await this.#sender.close();
    this.#agent.destroy();
  }

  async #append(row: Cells): Promise<void> {
    const sender = this.#sender.table(this.#tableName);
    for (const i of this.#symbols) {
      const cell = row[i];
      if (cell !== null) sender.symbol(this.#table.columns[i]!.name, cell as string);
    }
    for (const i of this.#others) appendColumn(sender, this.#table.columns[i]!, row[i]!);
    await sender.at(row[0] as number, "ms");
  }
}

/** A cell that is left out is NULL. */
function appendColumn(sender: Sender, column: Column, cell: Cell): void {
  if (cell === null) return;
  switch (column.type) {
    case "timestamp":
      sender.timestampColumn(column.name, cell as number, "ms");
      return;
    case "long":
      sender.intColumn(column.name, cell as number);
      return;
    case "double":
      sender.floatColumn(column.name, cell as number);
      return;
    case "double[]":
      sender.arrayColumn(column.name, Array.from(cell as Float64Array));
      return;
    case "symbol":
    case "varchar":
      sender.stringColumn(column.name, cell as string);
      return;
  }
}

function senderOptions(options: QuestDbStoreOptions, agent: HttpAgent, telemetry: Telemetry): SenderOptions {
  const url = new URL(options.http);
  const protocol = url.protocol.slice(0, -1);
  const port = url.port || (protocol === "https" ? "443" : "80");
  // The default transport has hung for minutes on a refused port; retries and flushes are ours.
  const text =
    `${protocol}::addr=${url.hostname}:${port};stdlib_http=on;auto_flush=off;protocol_version=2;retry_timeout=0;` +
    `request_timeout=${options.requestTimeoutMs};init_buf_size=${BUFFER_BYTES_START};max_buf_size=${BUFFER_BYTES_MAX};`;
  const log = (level: "error" | "warn" | "info" | "debug", message: string | Error) =>
    telemetry.log(level === "error" ? "warn" : "debug", "questdb client", { message: String(message) });
  const sender = new SenderOptions(text, { agent, log });
  sender.tls_verify = options.tlsVerify;
  if (options.tlsCaFile !== undefined) sender.tls_ca = options.tlsCaFile;
  // Set here and not in the text, where ; and = would have to be escaped.
  if (options.httpToken !== undefined) sender.token = options.httpToken;
  if (options.httpUser !== undefined) sender.username = options.httpUser;
  if (options.httpPassword !== undefined) sender.password = options.httpPassword;
  return sender;
}

/** The client tells the status in the text of its error only. */
function sendError(address: string, tableName: string, cause: unknown): Error {
  const status = Number(/statusCode=(\d+)/.exec(errorText(cause))?.[1] ?? Number.NaN);
  if (status === 401 || status === 403) {
    return new OperationalError(
      `QuestDB at ${address} refused the credentials (${status}). Nothing was written. Set httpUser and httpPassword, ` +
        "or httpToken, of the store.",
      { code: "STORE_UNAUTHORIZED", retryable: false, context: { address, status }, cause },
    );
  }
  if (status === 400 || status === 413) return new RequestRejectedError(errorText(cause), { cause });
  return new StoreUnreachableError("QuestDB", address, `writing table "${tableName}"`, cause);
}
