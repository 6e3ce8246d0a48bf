/**
 * What was told to whom. The store's table is the truth that outlives us; the rows written by this process are kept
 * beside it, since a store may take a while to show what it has acknowledged, and nobody is to be told twice for that.
 */
import { withDeadline } from "../base/deadline.ts";
import type { NotificationRow, Store } from "../store/contract.ts";
import { isMonitorId } from "./monitor.ts";

/** Incidents whose rows are kept in memory; past it the longest unused is read from the store again. */
const INCIDENT_COUNT_MAX = 5_000;
/** Rows kept for a store that is away; past it the oldest message may be told again by the next process. */
const UNWRITTEN_MAX = 1_000;
/** How long the store is asked for what the monitor told: that it is away may be the very news. */
const MONITOR_READ_MS_MAX = 5_000;

export class NotificationLog {
  readonly #store: Pick<Store, "readNotifications" | "writeNotifications">;
  readonly #rows = new Map<string, readonly NotificationRow[]>();
  /** Rows that the store did not take; they go with the next. By key, as each is tried several times. */
  readonly #unwritten = new Map<string, NotificationRow>();

  constructor(store: Pick<Store, "readNotifications" | "writeNotifications">) {
    this.#store = store;
  }

  /** What this process knows, which may lag behind another replica; reads the store the first time. */
  async known(incidentId: string): Promise<readonly NotificationRow[]> {
    return this.#rows.get(incidentId) ?? (await this.read(incidentId));
  }

  /** The store's rows with those of this process, oldest first. */
  async read(incidentId: string): Promise<readonly NotificationRow[]> {
    const stored = isMonitorId(incidentId)
      ? await this.#readIfThere(incidentId)
      : await this.#store.readNotifications(incidentId);
    if (stored === undefined) return this.#rows.get(incidentId) ?? [];
    return this.#keep(incidentId, [...stored, ...(this.#rows.get(incidentId) ?? [])]);
  }

  /** `undefined` while the store is away; memory speaks then, so a restart may repeat the monitor once. */
  async #readIfThere(incidentId: string): Promise<readonly NotificationRow[] | undefined> {
    return withDeadline(this.#store.readNotifications(incidentId), MONITOR_READ_MS_MAX).catch(
      () => undefined,
    );
  }

  /** Kept in memory first: should the store fail, this process at least does not repeat itself. */
  async write(row: NotificationRow): Promise<void> {
    this.#keep(row.incidentId, [...(this.#rows.get(row.incidentId) ?? []), row]);
    this.#unwritten.set(`${row.incidentId}|${keyOf(row)}`, row);
    if (this.#unwritten.size > UNWRITTEN_MAX) this.#unwritten.delete(this.#unwritten.keys().next().value!);
    const rows = [...this.#unwritten];
    await this.#store.writeNotifications(rows.map(([, unwritten]) => unwritten));
    for (const [key] of rows) this.#unwritten.delete(key);
  }

  #keep(incidentId: string, rows: readonly NotificationRow[]): readonly NotificationRow[] {
    const unique = [...new Map(rows.map((row) => [keyOf(row), row])).values()].sort(
      (a, b) => a.atMs - b.atMs,
    );
    this.#rows.delete(incidentId);
    this.#rows.set(incidentId, unique);
    if (this.#rows.size > INCIDENT_COUNT_MAX) this.#rows.delete(this.#rows.keys().next().value!);
    return unique;
  }
}

function keyOf(row: NotificationRow): string {
  return [row.notifier, row.atMs, row.state, row.outcome].join("|");
}
