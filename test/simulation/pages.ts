/** What the pager was told: nobody is woken for nothing, and of what was cut off on purpose somebody is, once. */
import type { Notification } from "../../src/notify/contract.ts";
import { NOTIFICATION_ROWS } from "../../src/store/rows.ts";
import { NOTIFICATIONS } from "../../src/store/schema.ts";
import type { Broker } from "./broker.ts";
import type { Checks } from "./checks.ts";
import { windowKey } from "./log.ts";
import { WINDOW_MS } from "./processes.ts";
import { type Drop, LANES } from "./producers.ts";
import type { SimulatedDatabase } from "./tables.ts";
import { START_MS, type World } from "./world.ts";

export class Pages {
  readonly #world: World;
  readonly #broker: Broker;
  readonly #checks: Checks;
  /** What is cut off on purpose, drawn once the surroundings are. */
  drop: Drop | undefined;
  /** Incidents that the pager was told of as open, with how often it was woken. */
  readonly #paged = new Map<string, { readonly lane: string; count: number; endCount: number }>();
  readonly #deliveries = new Set<string>();
  count = 0;

  constructor(world: World, broker: Broker, checks: Checks) {
    this.#world = world;
    this.#broker = broker;
    this.#checks = checks;
  }

  take({ incident, reason, deliveryId }: Notification): void {
    if (this.#deliveries.has(deliveryId)) return;
    this.#deliveries.add(deliveryId);
    this.#world.note(`page: ${reason} ${incident.id} ${incident.title}`);
    if (reason === "resolved") this.#resolved(incident.id);
    if (reason !== "opened") return;
    this.count++;
    const known = this.#paged.get(incident.id);
    if (known !== undefined) known.count++;
    else this.#paged.set(incident.id, { lane: incident.swimlane, count: 1, endCount: 0 });
    if (!this.#hasReason(incident.swimlane, incident.startMs))
      this.#world.fail(`a page for nothing: ${incident.swimlane}, ${incident.title}`);
  }

  #hasReason(lane: string, startMs: number): boolean {
    const { drop } = this;
    const isReal =
      drop !== undefined &&
      (drop.lane === "*" || drop.lane === lane) &&
      startMs >= drop.fromMs - WINDOW_MS &&
      startMs < drop.toMs + WINDOW_MS;
    const isSilent = this.#broker.isSilent && this.#broker.isCounted;
    return isReal || isSilent || this.#checks.isMostlyLate(windowKey(lane, startMs)) || this.#checks.anyLost;
  }

  /** An end ends what was told: there are never more of them. */
  #resolved(id: string): void {
    const page = this.#paged.get(id);
    if (page === undefined || page.endCount >= page.count)
      this.#world.fail(`incident ${id} was told as resolved more often than as opened`);
    else page.endCount++;
  }

  /** At the end: every lane that was cut off was paged once. */
  mustBeSent(): void {
    const { drop } = this;
    if (drop === undefined || this.#checks.anyLost) return;
    // Too little of the new topic came before the drop to tell that there is one.
    if ((this.#broker.replacedMs ?? START_MS) > START_MS + 3 * WINDOW_MS || this.#broker.isSilent) return;
    const lanes = drop.lane === "*" ? LANES : [drop.lane];
    for (const lane of lanes) {
      const pages = [...this.#paged.values()].filter((page) => page.lane === lane);
      const count = pages.reduce((sum, page) => sum + page.count, 0);
      if (count !== 1) this.#world.fail(`lane ${lane} was cut off and paged ${count} times`);
    }
  }

  /** Who was paged stands in the store: a process that starts now must not page again. */
  mustBeRecorded(database: SimulatedDatabase): void {
    const rows = [...database.all(NOTIFICATIONS)].map(NOTIFICATION_ROWS.fromCells);
    const recorded = new Set(
      rows.filter(({ outcome }) => outcome === "sent").map(({ incidentId }) => incidentId),
    );
    for (const id of this.#paged.keys())
      if (!recorded.has(id))
        this.#world.fail(`incident ${id} was paged, and no record of it is in the store`);
  }
}
