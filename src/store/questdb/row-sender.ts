/** Rows → one HTTP request of the QuestDB client. What went wrong is told apart by what helps against it. */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { createTransport, SenderOptions } from "@questdb/nodejs-client";
import { errorText, OperationalError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { StoreUnreachableError } from "../errors.ts";
import type { Cells } from "../rows.ts";
import type { Table } from "../schema.ts";
import { IlpEncoder } from "./ilp-encoder.ts";
import type { QuestDbStoreOptions } from "./options.ts";

/** QuestDB answered 400: these rows, or some of them, can never be written. */
export class RequestRejectedError extends Error {}

export class RowSender {
  readonly #address: string;
  readonly #tableName: string;
  readonly #agent: HttpAgent;
  readonly #encoder: IlpEncoder;
  readonly #transport: ReturnType<typeof createTransport>;

  constructor(table: Table, options: QuestDbStoreOptions, telemetry: Telemetry) {
    this.#address = options.http;
    this.#tableName = `${options.tablePrefix}${table.name}`;
    const secure = options.http.startsWith("https:");
    // One connection for each table: one request at a time is in flight.
    this.#agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1, timeout: 60_000 });
    this.#encoder = new IlpEncoder(table, this.#tableName);
    this.#transport = createTransport(senderOptions(options, this.#agent, telemetry));
  }

  /**
   * Resolves once QuestDB has acknowledged all rows, which it takes or leaves together.
   * @throws {RequestRejectedError} when it refused them.
   * @throws {OperationalError} STORE_UNREACHABLE, STORE_UNAUTHORIZED.
   */
  async send(rows: readonly Cells[]): Promise<void> {
    try {
      await this.#transport.send(this.#encoder.encode(rows));
    } catch (error) {
      throw sendError(this.#address, this.#tableName, error);
    }
  }

  async close(): Promise<void> {
    await this.#transport.close();
    this.#agent.destroy();
  }
}

function senderOptions(options: QuestDbStoreOptions, agent: HttpAgent, telemetry: Telemetry): SenderOptions {
  const url = new URL(options.http);
  const protocol = url.protocol.slice(0, -1);
  const port = url.port || (protocol === "https" ? "443" : "80");
  // The default transport has hung for minutes on a refused port; retries and flushes are ours.
  const text =
    `${protocol}::addr=${url.hostname}:${port};stdlib_http=on;auto_flush=off;protocol_version=2;` +
    `retry_timeout=0;request_timeout=${options.requestTimeoutMs};`;
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
