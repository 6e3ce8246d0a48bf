import type { IncidentRow } from "../store/contract.ts";
import type { Notifier } from "./contract.ts";
import { sentOf } from "./dedup.ts";
import type { Stage } from "./delivery.ts";

/** Live incidents are far fewer; past it the oldest is sent again a little early. */
const ENTRY_COUNT_MAX = 10_000;

/**
 * When each notifier was last sent each incident, to repeat it before it expires there. In memory only: after a
 * restart every open incident is sent once more, which is what a receiver that forgets needs.
 */
export class KeepAlive {
  readonly #sentAtMs = new Map<string, number>();

  sent(notifier: Notifier, row: IncidentRow, nowMs: number): void {
    if (notifier.keepAliveMs === undefined) return;
    const key = keyOf(notifier, row);
    this.#sentAtMs.delete(key);
    this.#sentAtMs.set(key, nowMs);
    if (this.#sentAtMs.size > ENTRY_COUNT_MAX) this.#sentAtMs.delete(this.#sentAtMs.keys().next().value!);
  }

  /** The dedup stage; where it finds nothing due, a live incident that was told is due to be kept alive. */
  or(dedup: Stage): Stage {
    return async (delivery) => {
      const next = await dedup(delivery);
      if (next !== "nothing-due") return next;
      const { row, notifier, log, nowMs } = delivery;
      const isLive = row.state === "open" || row.state === "acknowledged";
      const isTold = sentOf(log).length > 0 && sentOf(log).at(-1)!.state !== "resolved";
      if (notifier.keepAliveMs === undefined || !isLive || !isTold) return next;
      const dueMs =
        (this.#sentAtMs.get(keyOf(notifier, row)) ?? Number.NEGATIVE_INFINITY) + notifier.keepAliveMs;
      return nowMs >= dueMs ? { ...delivery, reason: "keepalive" } : next;
    };
  }
}

function keyOf(notifier: Notifier, row: IncidentRow): string {
  return `${notifier.name}|${row.id}`;
}
