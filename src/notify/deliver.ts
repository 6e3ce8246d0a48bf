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
import { type DedupOptions, dedupStage } from "./dedup.ts";
import { type Delivery, type Ending, journey, type Stage } from "./delivery.ts";
import { KeepAlive } from "./keepalive.ts";
import { type MonitorAlert, monitorRow } from "./monitor.ts";
import { muteStage } from "./mute.ts";
import { NotificationLog } from "./notification-log.ts";
import { Outbox } from "./outbox.ts";
import { recordStage, type SendParts, sendStage } from "./send.ts";
import { type IncidentView, newIncidentView } from "./view.ts";

export interface DeliverOptions extends DedupOptions {
  /** Who is told about what. With none, every notifier gets warnings and pages, and what the monitor says of itself. */
  readonly routes: readonly Route[];
  readonly inhibit: readonly InhibitRule[];
  /** Where the page is, such as "https://lanewatch.example"; "" when it has no public address. */
  readonly publicUrl: string;
  /** How often the store is looked at. @default 5 seconds */
  readonly pollMs: number;
  /** 0 speaks at once, 1 after one `replicaWaitMs`, … @default 0 */
  readonly replicaIndex: number;
  /** Longer than a poll, a timeout and the time in which the store shows what it took. @default 30 seconds */
  readonly replicaWaitMs: number;
  /** Incidents that may wait for one notifier. @default 1000 */
  readonly queueCountMax: number;
}

export const deliverDefaults: DeliverOptions = {
  routes: [],
  inhibit: [],
  publicUrl: "",
  pollMs: 5_000,
  replicaIndex: 0,
  replicaWaitMs: 30_000,
  queueCountMax: 1_000,
  remindMs: 4 * 3_600_000,
  worsenedIntervalMs: 5 * 60_000,
  ageMsMax: 86_400_000,
  refusedRetryMs: 3_600_000,
};

export type DeliverStore = Pick<
  Store,
  "readIncidents" | "readNotifications" | "writeNotifications" | "readState"
>;

export interface DeliverParts {
  readonly store: DeliverStore;
  readonly notifiers: readonly Notifier[];
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export class Deliverer {
  readonly #parts: DeliverParts;
  readonly #options: DeliverOptions;
  readonly #log: NotificationLog;
  readonly #view: IncidentView;
  readonly #keepAlive = new KeepAlive();
  readonly #outboxes: ReadonlyMap<string, Outbox>;
  /** What the monitor says of itself, by code; a closed set, so it needs no bound. */
  readonly #monitor = new Map<string, IncidentRow>();
  /** By row: the notifiers for which it was counted as muted or stale. */
  readonly #counted = new WeakMap<IncidentRow, Set<string>>();
  readonly #stop = new AbortController();
  /** `undefined` until the store was read: who doesn't know the silences yet tells nobody. */
  #silences: readonly Silence[] | undefined;
  #polling: Promise<void> | undefined;

  constructor(parts: DeliverParts, options: Partial<DeliverOptions> = {}) {
    this.#parts = parts;
    const names = parts.notifiers.map((notifier) => notifier.name);
    this.#options = { ...deliverDefaults, ...options };
    if (this.#options.routes.length === 0) this.#options = { ...this.#options, routes: routesToAll(names) };
    this.#log = new NotificationLog(parts.store);
    this.#view = newIncidentView(parts.store, parts.clock);
    this.#outboxes = new Map(parts.notifiers.map((notifier) => [notifier.name, this.#outboxOf(notifier)]));
  }

  /** Looks at the store now and then on, until {@link stop}. */
  start(): void {
    this.#polling ??= this.#poll();
  }

  /** One look at the store: whatever is due is put into the outboxes. */
  async tick(): Promise<void> {
    this.#silences = await readSilences({
      readState: (key) => this.#parts.store.readState(key),
      writeStates: never,
    });
    for (const row of await this.#view.refresh()) this.#route(row, "data");
    for (const row of this.#monitor.values()) this.#route(row, "monitor");
  }

  /** Incidents that just changed; never blocks. Those that it can't take are found by the next look at the store. */
  offer(rows: readonly IncidentRow[]): void {
    for (const row of rows) {
      this.#view.put(row);
      if (this.#silences !== undefined) this.#route(row, "data");
    }
  }

  /** Lanewatch on itself: told on routes about "monitor" only, never mixed with what it says about data. */
  tell(alert: MonitorAlert): void {
    const row = monitorRow(alert, this.#monitor.get(alert.code), this.#parts.clock.nowMs());
    this.#monitor.set(alert.code, row);
    if (this.#silences !== undefined) this.#route(row, "monitor");
  }

  /** Incidents that wait, over all notifiers. */
  depth(): number {
    return [...this.#outboxes.values()].reduce((sum, outbox) => sum + outbox.depth, 0);
  }

  /** Resolves when nothing waits to be sent, retries included. */
  async idle(): Promise<void> {
    await Promise.all([...this.#outboxes.values()].map((outbox) => outbox.idle()));
  }

  /** Cuts off what is being sent (it is sent again by the next process) and ends. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#polling, ...[...this.#outboxes.values()].map((outbox) => outbox.stop())]);
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

  #route(row: IncidentRow, about: "data" | "monitor"): void {
    const notBeforeMs = this.#parts.clock.nowMs() + this.#options.replicaIndex * this.#options.replicaWaitMs;
    const names = notifiersOf(this.#options.routes, { ...matchedOf(row), severity: row.severity }, about);
    for (const name of names) this.#outboxes.get(name)?.put(row, notBeforeMs);
  }

  #outboxOf(notifier: Notifier): Outbox {
    const { telemetry, clock } = this.#parts;
    const endings = telemetry.counter(
      "notify_deliveries_total",
      "Messages to a notifier, by how they ended",
      ["notifier", "ending"],
    );
    return new Outbox({
      clock,
      countMax: this.#options.queueCountMax,
      deliver: (row) => this.#deliver(row, notifier),
      onEnding: (ending, row) => {
        if (!this.#isOldNews(ending, notifier, row)) endings.inc({ notifier: notifier.name, ending });
      },
      onError: (error) =>
        telemetry.error("a delivery failed before it was sent", error, { notifier: notifier.name }),
    });
  }

  /** Each look at the store finds again what is muted or too old: that counts once for each state of an incident. */
  #isOldNews(ending: Ending | "queue-full", notifier: Notifier, row: IncidentRow): boolean {
    if (ending === "nothing-due") return true;
    if (ending !== "muted" && ending !== "stale") return false;
    const counted = this.#counted.get(row) ?? new Set();
    const isOld = counted.has(notifier.name);
    this.#counted.set(row, counted.add(notifier.name));
    return isOld;
  }

  async #deliver(row: IncidentRow, notifier: Notifier): Promise<Ending> {
    const nowMs = this.#parts.clock.nowMs();
    const isMine = ({ notifier: name }: { readonly notifier: string }) => name === notifier.name;
    const known = (await this.#log.known(row.id)).filter(isMine);
    const delivery: Delivery = { row, notifier, log: known, nowMs };
    const early = await journey(this.#decide(), delivery);
    if (early !== "sent") return early;
    // Something is due by what we know: another replica may have told it meanwhile.
    const log = (await this.#log.read(row.id)).filter(isMine);
    const ending = await journey([...this.#decide(), ...this.#act(notifier)], { ...delivery, log });
    if (ending === "sent") this.#keepAlive.sent(notifier, row, nowMs);
    return ending;
  }

  #decide(): readonly Stage[] {
    const view = () => ({
      silences: this.#silences ?? [],
      live: this.#view.live(),
      rules: this.#options.inhibit,
    });
    return [muteStage(view), this.#keepAlive.or(dedupStage(this.#options))];
  }

  #act(notifier: Notifier): readonly Stage[] {
    const parts: SendParts = {
      ...this.#parts,
      log: this.#log,
      signal: this.#stop.signal,
      urlOf: (id) => this.#urlOf(id),
      onRetryAfter: (waitMs) => this.#outboxes.get(notifier.name)?.pause(waitMs),
    };
    return [sendStage(parts), recordStage(parts)];
  }

  #urlOf(incidentId: string): string {
    const base = this.#options.publicUrl.replace(/\/+$/, "");
    return base === "" ? "" : `${base}/#/incidents/${encodeURIComponent(incidentId)}`;
  }
}

function routesToAll(notifiers: readonly string[]): readonly Route[] {
  return [
    { notifiers, about: "data" },
    { notifiers, about: "monitor", severity: "info" },
  ];
}

async function never(): Promise<void> {
  throw new Error("A deliverer only reads silences.");
}
