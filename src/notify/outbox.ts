/**
 * One notifier's waiting incidents. Each notifier has its own, so that a receiver that hangs holds up nobody else;
 * and within it an incident that fails steps back, so that it does not hold up the others.
 */
import type { Clock } from "../base/clock.ts";
import type { IncidentRow } from "../store/contract.ts";
import type { Ending } from "./delivery.ts";

export interface OutboxParts {
  readonly clock: Clock;
  /** Most incidents that wait. At the bound a new one is refused; the next look at the store brings it again. */
  readonly countMax: number;
  readonly deliver: (row: IncidentRow) => Promise<Ending>;
  readonly onEnding: (ending: Ending | "queue-full", row: IncidentRow) => void;
  readonly onDepth: (count: number) => void;
  /** An error that no stage expected: a store that can't be read, or a bug. The incident is tried again. */
  readonly onError: (error: unknown) => void;
}

interface Waiting {
  readonly row: IncidentRow;
  /** Elapsed time: by a wall clock that is set back a page would wait for as long as it had been ahead. */
  readonly notBeforeMs: number;
  readonly attempt: number;
}

const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 120_000;
const PAUSE_MS_MAX = 600_000;

export class Outbox {
  readonly #parts: OutboxParts;
  /** By incident: only its newest state is worth telling. */
  readonly #waiting = new Map<string, Waiting>();
  #running: Promise<void> | undefined;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  readonly #stop = new AbortController();
  /** Aborted to end a sleep when something new came. */
  #nudge = new AbortController();

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /**
   * Never blocks. An incident that already waits keeps its turn and its back-off.
   * @param waitMs from now on, before it is told.
   */
  put(row: IncidentRow, waitMs: number): void {
    if (this.#stop.signal.aborted) return;
    const before = this.#waiting.get(row.id);
    if (before === undefined && this.#waiting.size >= this.#parts.countMax) {
      this.#parts.onEnding("queue-full", row);
      return;
    }
    const notBeforeMs = this.#parts.clock.elapsedMs() + waitMs;
    this.#waiting.set(row.id, { notBeforeMs, attempt: 0, ...before, row });
    this.#parts.onDepth(this.#waiting.size);
    this.#nudge.abort();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** The receiver asked to be left alone for so long; it is not asked to speak for itself beyond a bound. */
  pause(forMs: number): void {
    this.#pausedUntilMs = this.#parts.clock.elapsedMs() + Math.min(forMs, PAUSE_MS_MAX);
  }

  get depth(): number {
    return this.#waiting.size;
  }

  /** Resolves when nothing waits; incidents that step back count as waiting. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#nudge.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#stop.signal.aborted) {
      const [next] = [...this.#waiting.values()].sort((a, b) => a.notBeforeMs - b.notBeforeMs);
      const waitMs = Math.max(next!.notBeforeMs, this.#pausedUntilMs) - this.#parts.clock.elapsedMs();
      if (waitMs > 0) {
        this.#nudge = new AbortController();
        await this.#parts.clock.sleep(waitMs, this.#nudge.signal);
      } else await this.#deliver(next!);
    }
  }

  async #deliver(next: Waiting): Promise<void> {
    const ending = await this.#parts.deliver(next.row).catch((error: unknown): Ending => {
      this.#parts.onError(error);
      return "retry";
    });
    this.#parts.onEnding(ending, next.row);
    const newer = this.#waiting.get(next.row.id)!;
    if (ending === "retry") {
      const delayMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(next.attempt, 16));
      const notBeforeMs = this.#parts.clock.elapsedMs() + delayMs;
      this.#waiting.set(next.row.id, { row: newer.row, notBeforeMs, attempt: next.attempt + 1 });
    } else if (ending !== "sent" && newer.row === next.row) this.#waiting.delete(next.row.id);
    // After a message was sent there may be another: what opened and ended while the receiver was away.
    else
      this.#waiting.set(next.row.id, {
        row: newer.row,
        notBeforeMs: this.#parts.clock.elapsedMs(),
        attempt: 0,
      });
    this.#parts.onDepth(this.#waiting.size);
  }
}
