/** One notifier's way: what is due for it, its outbox, its stages. */
import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { IncidentRow } from "../store/contract.ts";
import type { Notifier } from "./contract.ts";
import { type DedupOptions, dedupStage } from "./dedup.ts";
import { type Delivery, type Ending, journey, type Stage } from "./delivery.ts";
import { KeepAlive } from "./keepalive.ts";
import { type MuteView, muteStage } from "./mute.ts";
import type { NotificationLog } from "./notification-log.ts";
import { Outbox } from "./outbox.ts";
import { recordStage, sendStage } from "./send.ts";

export interface CourierParts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly log: NotificationLog;
  readonly view: () => MuteView;
  readonly urlOf: (incidentId: string) => string;
  readonly signal: AbortSignal;
}

export interface CourierOptions extends DedupOptions {
  /** Incidents that may wait for one notifier. @default 1000 */
  readonly queueCountMax: number;
}

export class Courier {
  readonly #notifier: Notifier;
  readonly #parts: CourierParts;
  readonly #keepAlive = new KeepAlive();
  readonly #outbox: Outbox;
  readonly #decide: readonly Stage[];
  readonly #act: readonly Stage[];
  /** Rows that were counted as muted or too old: each look at the store finds the same ones again. */
  readonly #counted = new WeakSet<IncidentRow>();
  #isFailing = false;

  constructor(notifier: Notifier, parts: CourierParts, options: CourierOptions) {
    this.#notifier = notifier;
    this.#parts = parts;
    this.#outbox = this.#newOutbox(options.queueCountMax);
    this.#decide = [muteStage(parts.view), this.#keepAlive.or(dedupStage(options))];
    const sendParts = {
      ...parts,
      onRetryAfter: (waitMs: number) => this.#outbox.pause(waitMs),
      onSent: (isTaken: boolean) => {
        this.#isFailing = !isTaken;
      },
    };
    this.#act = [sendStage(sendParts), recordStage(sendParts)];
  }

  /** Queues the incident whatever is due of it. */
  put(row: IncidentRow, waitMs: number): void {
    this.#outbox.put(row, waitMs);
  }

  /** Queues the incident if, by what is known, something is due: what was told must not fill the queue. */
  async putIfDue(row: IncidentRow, waitMs: number): Promise<void> {
    const ending = await journey(this.#decide, await this.#deliveryOf(row, "known"));
    if (ending === "sent") this.#outbox.put(row, waitMs);
    else this.#count(ending, row);
  }

  /** True from a failure on until the receiver takes a message. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  get depth(): number {
    return this.#outbox.depth;
  }

  idle(): Promise<void> {
    return this.#outbox.idle();
  }

  stop(): Promise<void> {
    return this.#outbox.stop();
  }

  async #deliver(row: IncidentRow): Promise<Ending> {
    const early = await journey(this.#decide, await this.#deliveryOf(row, "known"));
    if (early !== "sent") return early;
    // Something is due by what this process knows; another replica may have told it meanwhile.
    const delivery = await this.#deliveryOf(row, "read");
    const ending = await journey([...this.#decide, ...this.#act], delivery);
    if (ending === "sent") this.#keepAlive.sent(this.#notifier, row, delivery.nowMs);
    return ending;
  }

  async #deliveryOf(row: IncidentRow, how: "known" | "read"): Promise<Delivery> {
    const log = await (how === "known" ? this.#parts.log.known(row.id) : this.#parts.log.read(row.id));
    const mine = log.filter(({ notifier }) => notifier === this.#notifier.name);
    return { row, notifier: this.#notifier, log: mine, nowMs: this.#parts.clock.nowMs() };
  }

  #newOutbox(countMax: number): Outbox {
    const { clock, telemetry } = this.#parts;
    const waiting = telemetry.gauge("notify_waiting_incidents", "Incidents that wait for a notifier", [
      "notifier",
    ]);
    return new Outbox({
      clock,
      countMax,
      deliver: (row) => this.#deliver(row),
      onEnding: (ending, row) => this.#count(ending, row),
      onDepth: (count) => waiting.set({ notifier: this.#notifier.name }, count),
      onError: (error) =>
        telemetry.error("a delivery failed before it was sent", error, { notifier: this.#notifier.name }),
    });
  }

  #count(ending: Ending | "queue-full", row: IncidentRow): void {
    if (ending === "nothing-due") return;
    if (ending === "muted" || ending === "stale") {
      if (this.#counted.has(row)) return;
      this.#counted.add(row);
    }
    this.#parts.telemetry
      .counter("notify_deliveries_total", "Messages to a notifier, by how they ended", ["notifier", "ending"])
      .inc({ notifier: this.#notifier.name, ending });
  }
}
