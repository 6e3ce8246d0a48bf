/**
 * Group commit: writes that come while one is under way are written together by the next.
 *
 * One flush is in flight at a time, so rows are applied in the order in which they came. When idle a write leaves at
 * once; under load a flush begins at most every `intervalMs`, unless `rowsMax` wait. What waits is not bounded here:
 * every caller awaits its own write, so their number bounds it.
 */
import type { Clock } from "../base/clock.ts";

export interface GroupCommitOptions<Item> {
  readonly clock: Clock;
  /** Least time from the start of one flush to the start of the next. */
  readonly intervalMs: number;
  /** A flush begins without waiting once so many rows wait, and takes no further write once it has so many. */
  readonly rowsMax: number;
  /** Writes the items in order; resolves once acknowledged. Names the items that the database refused, if any. */
  readonly flush: (items: readonly Item[]) => Promise<Refusal | undefined>;
}

/** Items that were refused, by their place in the flush; the others were written. */
export interface Refusal {
  readonly indexes: ReadonlySet<number>;
  readonly error: Error;
}

/** One caller's write: never torn in two, so that a database with transactions writes all of it or nothing. */
interface Ticket<Item> {
  readonly items: readonly Item[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Lets writes that were made in the same turn of the event loop join one flush. */
const LINGER_MS = 1;

export class GroupCommit<Item> {
  readonly #options: GroupCommitOptions<Item>;
  #waiting: Ticket<Item>[] = [];
  #waitingRows = 0;
  #running: Promise<void> | undefined;
  #hurry = new AbortController();
  #lastStartMs = Number.NEGATIVE_INFINITY;

  constructor(options: GroupCommitOptions<Item>) {
    this.#options = options;
  }

  /** Rows that wait for their flush to begin. */
  get waitingRows(): number {
    return this.#waitingRows;
  }

  /** Resolves when all items are acknowledged; rejects when any was not. */
  write(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject });
      this.#waitingRows += items.length;
      if (this.#waitingRows >= this.#options.rowsMax) this.#hurry.abort();
      this.#running ??= this.#run();
    });
  }

  /** Flushes what waits now without waiting for the interval; resolves when it has ended, well or not. */
  async drain(): Promise<void> {
    while (this.#running !== undefined) {
      this.#hurry.abort();
      await this.#running;
    }
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        await this.#pause();
        await this.#flush(this.#take());
      }
    } finally {
      this.#running = undefined;
    }
  }

  async #pause(): Promise<void> {
    const { clock, intervalMs } = this.#options;
    const delayMs = Math.max(this.#lastStartMs + intervalMs - clock.nowMs(), intervalMs > 0 ? LINGER_MS : 0);
    if (delayMs > 0) await clock.sleep(delayMs, this.#hurry.signal);
    else await Promise.resolve();
    this.#hurry = new AbortController();
    this.#lastStartMs = clock.nowMs();
  }

  #take(): readonly Ticket<Item>[] {
    let rows = 0;
    let count = 0;
    while (count < this.#waiting.length && rows < this.#options.rowsMax)
      rows += this.#waiting[count++]!.items.length;
    this.#waitingRows -= rows;
    return this.#waiting.splice(0, count);
  }

  async #flush(tickets: readonly Ticket<Item>[]): Promise<void> {
    try {
      const refusal = await this.#options.flush(tickets.flatMap((ticket) => ticket.items));
      settle(tickets, refusal);
    } catch (error) {
      for (const ticket of tickets) ticket.reject(error);
    }
  }
}

/** A caller is told of a refusal only when one of its own items was refused. */
function settle<Item>(tickets: readonly Ticket<Item>[], refusal: Refusal | undefined): void {
  let start = 0;
  for (const { items, resolve, reject } of tickets) {
    const end = start + items.length;
    const refused =
      refusal !== undefined && [...refusal.indexes].some((index) => index >= start && index < end);
    if (refused) reject(refusal.error);
    else resolve();
    start = end;
  }
}
