/**
 * From incidents to people: mute → dedup → send → record.
 *
 * The store is the queue. Every look at it offers all live and newly resolved incidents again, and the dedup stage
 * finds what is due, so nothing is lost by a restart; `offer` only makes it quicker. At least once: a message is
 * written to the log after the receiver took it, so a crash between the two sends it again, with the same key and
 * delivery id.
 *
 * Two replicas may run. The second waits `replicaWaitMs` with each message and then reads the log again, so it
 * speaks only when the first did not.
 */
import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { type InhibitRule, matchedOf } from "../incident/inhibit.ts";
import { notifiersOf, type Route } from "../incident/route.ts";
import { readSilences, type Silence } from "../incident/silence.ts";
import type { IncidentRow, Store } from "../store/contract.ts";
import type { Notifier } from "./contract.ts";
import { Courier, type CourierOptions } from "./courier.ts";
import { type MonitorAlert, monitorRow } from "./monitor.ts";
import { NotificationLog } from "./notification-log.ts";
import { type IncidentView, newIncidentView } from "./view.ts";

export interface DeliverOptions extends CourierOptions {
  /**
   * Who is told about what. With none, every notifier gets warnings and pages about data; nobody is told of the monitor,
   * which logs it: who looks after Lanewatch is not who looks after data.
   */
  readonly routes: readonly Route[];
  readonly inhibit: readonly InhibitRule[];
  /** Where the page is, such as "https://lanewatch.example"; "" when it has no public address. */
  readonly publicUrl: string;
  /** Tells the monitors of several installations apart. @default "" */
  readonly deployment: string;
  /** How often the store is looked at. @default 5 seconds */
  readonly pollMs: number;
  /** 0 speaks at once, 1 after one `replicaWaitMs`, … @default 0 */
  readonly replicaIndex: number;
  /** Longer than a poll, a timeout and the time in which the store shows what it took. @default 30 seconds */
  readonly replicaWaitMs: number;
}

const deliverDefaults: DeliverOptions = {
  routes: [],
  inhibit: [],
  publicUrl: "",
  deployment: "",
  pollMs: 5_000,
  replicaIndex: 0,
  replicaWaitMs: 30_000,
  queueCountMax: 1_000,
  remindMs: 4 * 3_600_000,
  worsenedIntervalMs: 5 * 60_000,
  ageMsMax: 86_400_000,
  refusedRetryMs: 3_600_000,
};

type DeliverStore = Pick<Store, "readIncidents" | "readNotifications" | "writeNotifications" | "readState">;

export interface DeliverParts {
  readonly store: DeliverStore;
  readonly notifiers: readonly Notifier[];
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export class Deliverer {
  readonly #parts: DeliverParts;
  readonly #options: DeliverOptions;
  readonly #view: IncidentView;
  readonly #couriers: ReadonlyMap<string, Courier>;
  /** What the monitor says of itself, by code; a closed set, so it needs no bound. */
  readonly #monitor = new Map<string, IncidentRow>();
  readonly #stop = new AbortController();
  /** `undefined` until the store was read: who doesn't know the silences yet tells nobody. */
  #silences: readonly Silence[] | undefined;
  #polling: Promise<void> | undefined;

  constructor(parts: DeliverParts, options: Partial<DeliverOptions> = {}) {
    this.#parts = parts;
    const names = parts.notifiers.map((notifier) => notifier.name);
    this.#options = { ...deliverDefaults, ...options };
    if (this.#options.routes.length === 0) this.#options = { ...this.#options, routes: routesToAll(names) };
    this.#view = newIncidentView(parts.store, parts.clock);
    const log = new NotificationLog(parts.store);
    this.#couriers = new Map(
      parts.notifiers.map((notifier) => [notifier.name, this.#courierOf(notifier, log)]),
    );
  }

  /** Looks at the store now and then on, until {@link stop}. */
  start(): void {
    this.#polling ??= this.#poll();
  }

  /** One look at the store: whatever is due is put into the outboxes. */
  async tick(): Promise<void> {
    // First, since what follows fails while the store is away.
    for (const row of this.#monitor.values()) await this.#routeIfDue(row, "monitor");
    this.#silences = await readSilences({
      readState: (key) => this.#parts.store.readState(key),
      writeStates: never,
    });
    for (const row of await this.#view.refresh()) await this.#routeIfDue(row, "data");
  }

  /** Incidents that just changed; never blocks. Those that it can't take are found by the next look at the store. */
  offer(rows: readonly IncidentRow[]): void {
    for (const row of rows) {
      this.#view.put(row);
      this.#route(row, "data");
    }
  }

  /**
   * Lanewatch on itself: told on routes about "monitor" only, never mixed with what it says about data.
   * @returns whether a route names anybody for it.
   */
  tell(alert: MonitorAlert): boolean {
    const nowMs = this.#parts.clock.nowMs();
    const row = monitorRow(alert, this.#monitor.get(alert.code), nowMs, this.#options.deployment);
    this.#monitor.set(alert.code, row);
    this.#route(row, "monitor");
    return this.#couriersOf(row, "monitor").length > 0;
  }

  /** Notifiers whose receiver took nothing since it last failed. */
  failing(): readonly string[] {
    return [...this.#couriers].flatMap(([name, courier]) => (courier.isFailing ? [name] : []));
  }

  /** Incidents that wait, over all notifiers. */
  depth(): number {
    return [...this.#couriers.values()].reduce((sum, courier) => sum + courier.depth, 0);
  }

  /** Resolves when nothing waits to be sent, retries included. */
  async idle(): Promise<void> {
    await Promise.all([...this.#couriers.values()].map((courier) => courier.idle()));
  }

  /** Cuts off what is being sent (it is sent again by the next process) and ends. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#polling, ...[...this.#couriers.values()].map((courier) => courier.stop())]);
  }

  async #poll(): Promise<void> {
    const { clock, telemetry } = this.#parts;
    while (!this.#stop.signal.aborted) {
      await this.tick().catch((error: unknown) =>
        telemetry.error("the store could not be read for incidents", error),
      );
      await clock.sleep(this.#options.pollMs, this.#stop.signal);
    }
  }

  /** The couriers that the routes name for the incident. */
  #couriersOf(row: IncidentRow, about: "data" | "monitor"): readonly Courier[] {
    const names = notifiersOf(this.#options.routes, { ...matchedOf(row), severity: row.severity }, about);
    return names.flatMap((name) => this.#couriers.get(name) ?? []);
  }

  #route(row: IncidentRow, about: "data" | "monitor"): void {
    // The monitor does not wait for silences: that the store can't be read may be what it has to say.
    if (about === "data" && this.#silences === undefined) return;
    for (const courier of this.#couriersOf(row, about)) courier.put(row, this.#waitMs());
  }

  async #routeIfDue(row: IncidentRow, about: "data" | "monitor"): Promise<void> {
    for (const courier of this.#couriersOf(row, about)) await courier.putIfDue(row, this.#waitMs());
  }

  #waitMs(): number {
    return this.#options.replicaIndex * this.#options.replicaWaitMs;
  }

  #courierOf(notifier: Notifier, log: NotificationLog): Courier {
    const { clock, telemetry } = this.#parts;
    const view = () => ({
      silences: this.#silences ?? [],
      live: this.#view.live(),
      rules: this.#options.inhibit,
    });
    const urlOf = (incidentId: string) => this.#urlOf(incidentId);
    return new Courier(
      notifier,
      { clock, telemetry, log, view, urlOf, signal: this.#stop.signal },
      this.#options,
    );
  }

  #urlOf(incidentId: string): string {
    const base = this.#options.publicUrl.replace(/\/+$/, "");
    return base === "" ? "" : `${base}/#/incidents/${encodeURIComponent(incidentId)}`;
  }
}

function routesToAll(notifiers: readonly string[]): readonly Route[] {
  return [{ notifiers, about: "data" }];
}

async function never(): Promise<void> {
  throw new Error("A deliverer only reads silences.");
}
