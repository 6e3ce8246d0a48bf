/**
 * Writes one table: group commit, own copy of the rows until acknowledged, retries with a deadline, and a search
 * for the rows that spoil a request.
 *
 * Sending rows again is safe, for their key deduplicates them; so a lost acknowledgement costs a request, no more.
 */
import type { Clock } from "../../base/clock.ts";
import { errorText } from "../../base/errors.ts";
import { retry } from "../../base/retry.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { RowsRejectedError } from "../errors.ts";
import { observeFlush } from "../flush-metric.ts";
import { GroupCommit, type Refusal } from "../group-commit.ts";
import type { Cells } from "../rows.ts";
import type { Table } from "../schema.ts";
import type { QuestDbStoreOptions } from "./options.ts";
import { RequestRejectedError, type RowSender } from "./row-sender.ts";

/** Requests that the search for bad rows may cost; then what was not yet written counts as rejected too. */
const SEARCH_REQUESTS_MAX = 200;
/** Rejected rows that an error names. */
const REJECTED_NAMED_MAX = 5;

export interface TableWriterDeps {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly sender: Pick<RowSender, "send" | "close">;
}

interface Rejected {
  readonly index: number;
  readonly cause: unknown;
}

export class TableWriter {
  readonly #table: Table;
  readonly #options: QuestDbStoreOptions;
  readonly #deps: TableWriterDeps;
  readonly #commits: GroupCommit<Cells>;
  readonly #closing = new AbortController();

  constructor(table: Table, options: QuestDbStoreOptions, deps: TableWriterDeps) {
    this.#table = table;
    this.#options = options;
    this.#deps = deps;
    this.#commits = new GroupCommit({
      clock: deps.clock,
      intervalMs: options.flushIntervalMs,
      rowsMax: options.flushRowsMax,
      flush: (rows) => this.#flush(rows),
    });
  }

  write(rows: readonly Cells[]): Promise<void> {
    return this.#commits.write(rows);
  }

  /** Sends what waits, once, without waiting for a store that is away. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#commits.drain();
    await this.#deps.sender.close();
  }

  async #flush(rows: readonly Cells[]): Promise<Refusal | undefined> {
    const { requestRowsMax } = this.#options;
    const startMs = performance.now();
    const rejected: Rejected[] = [];
    for (let start = 0; start < rows.length; start += requestRowsMax) {
      const count = Math.min(requestRowsMax, rows.length - start);
      rejected.push(...(await this.#sendAround(rows, start, count, { requestsLeft: SEARCH_REQUESTS_MAX })));
    }
    observeFlush(this.#deps.telemetry, this.#table.name, performance.now() - startMs);
    const written = rows.length - rejected.length;
    this.#deps.telemetry
      .counter("store_rows_written_total", "Rows that the store acknowledged", ["table"])
      .inc({ table: this.#table.name }, written);
    return rejected.length === 0 ? undefined : this.#refusal(rows, rejected);
  }

  /** Sends the rows; where they are rejected, halves them until the bad ones stand alone. In order throughout. */
  async #sendAround(
    rows: readonly Cells[],
    start: number,
    count: number,
    search: { requestsLeft: number },
  ): Promise<readonly Rejected[]> {
    try {
      await this.#send(rows.slice(start, start + count));
      return [];
    } catch (cause) {
      if (!(cause instanceof RequestRejectedError)) throw cause;
      search.requestsLeft -= 2;
      if (count === 1 || search.requestsLeft < 0) {
        return Array.from({ length: count }, (_, i) => ({ index: start + i, cause }));
      }
      const half = Math.ceil(count / 2);
      return [
        ...(await this.#sendAround(rows, start, half, search)),
        ...(await this.#sendAround(rows, start + half, count - half, search)),
      ];
    }
  }

  #send(rows: readonly Cells[]): Promise<void> {
    const { clock, sender, telemetry } = this.#deps;
    return retry(clock, () => sender.send(rows), {
      deadlineMs: this.#options.retryDeadlineMs,
      signal: this.#closing.signal,
      onRetry: (error, attempt, delayMs) => {
        telemetry
          .counter("store_retries_total", "Writes tried again", ["table"])
          .inc({ table: this.#table.name });
        telemetry.log("warn", "QuestDB did not take rows; trying again", {
          table: this.#table.name,
          rowCount: rows.length,
          attempt,
          delayMs,
          error: errorText(error),
        });
      },
    });
  }

  #refusal(rows: readonly Cells[], rejected: readonly Rejected[]): Refusal {
    const table = this.#table.name;
    const named = rejected
      .slice(0, REJECTED_NAMED_MAX)
      .map(({ index }) => keyText(this.#table, rows[index]!));
    this.#deps.telemetry.event(
      "error",
      "store_rows_rejected",
      "Rows that the store refused for good",
      { table },
      rejected.length,
    );
    return {
      indexes: new Set(rejected.map(({ index }) => index)),
      error: new RowsRejectedError({
        store: "QuestDB",
        table,
        rejected: named,
        rejectedCount: rejected.length,
        writtenCount: rows.length - rejected.length,
        cause: rejected[0]!.cause,
      }),
    };
  }
}

function keyText(table: Table, row: Cells): string {
  return table.key.map((name) => `${name}=${row[table.columns.findIndex((c) => c.name === name)]}`).join(" ");
}
