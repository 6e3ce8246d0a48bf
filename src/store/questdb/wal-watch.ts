/**
 * QuestDB acknowledges a row when its log has it, and applies it to the table later. Suspended, or stuck behind its
 * log, a table goes on acknowledging while readers see nothing new; this watch says so.
 */
import type { Clock } from "../../base/clock.ts";

export interface WalState {
  readonly table: string;
  readonly suspended: boolean;
  /** The last transaction that readers see. */
  readonly appliedTxn: number;
  /** The last that was acknowledged. */
  readonly acknowledgedTxn: number;
}

export class WalWatch {
  readonly #clock: Clock;
  readonly #stallMs: number;
  /** By table: when `appliedTxn` was last seen to move, or to have nothing to do. One entry a table. */
  readonly #progress = new Map<string, { appliedTxn: number; atMs: number }>();

  constructor(clock: Clock, stallMs: number) {
    this.#clock = clock;
    this.#stallMs = stallMs;
  }

  /** Why what was acknowledged does not become visible; undefined while all is well. */
  observe(states: readonly WalState[]): string | undefined {
    const complaints = states.map((state) => this.#observeTable(state));
    return complaints.find((complaint) => complaint !== undefined);
  }

  #observeTable({ table, suspended, appliedTxn, acknowledgedTxn }: WalState): string | undefined {
    const nowMs = this.#clock.nowMs();
    const before = this.#progress.get(table);
    if (before === undefined || appliedTxn !== before.appliedTxn || appliedTxn >= acknowledgedTxn) {
      this.#progress.set(table, { appliedTxn, atMs: nowMs });
    } else if (nowMs - before.atMs >= this.#stallMs) {
      return `table ${table} has not applied what it acknowledged for ${nowMs - before.atMs} ms`;
    }
    return suspended ? `table ${table} is suspended; see ALTER TABLE … RESUME WAL` : undefined;
  }
}
