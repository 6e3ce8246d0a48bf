import type { IncidentRow, NotificationRow } from "../store/contract.ts";
import type { Notifier, Reason } from "./contract.ts";

/** One incident on its way to one notifier. Each stage adds what the next one needs, or ends the journey. */
export interface Delivery {
  readonly row: IncidentRow;
  readonly notifier: Notifier;
  /** What this notifier was told of the incident before, oldest first. */
  readonly log: readonly NotificationRow[];
  readonly nowMs: number;
  /** Why it is told now; the dedup stage sets it. */
  readonly reason?: Reason;
}

/** How a journey ended. A closed set: it labels the metric. */
export type Ending =
  /** Silenced, inhibited or below another incident. */
  | "muted"
  /** All was told already. */
  | "nothing-due"
  /** Too old to wake anyone with. */
  | "stale"
  /** Accepted by the receiver and written to the log. */
  | "sent"
  /** The receiver may take it later. */
  | "retry"
  /** The receiver refused it. */
  | "refused";

/** A step of the journey. */
export type Stage = (delivery: Delivery) => Promise<Delivery | Ending>;

/** Runs the stages in order until one ends the journey. */
export async function journey(stages: readonly Stage[], start: Delivery): Promise<Ending> {
  let delivery = start;
  for (const stage of stages) {
    const next = await stage(delivery);
    if (typeof next === "string") return next;
    delivery = next;
  }
  return "sent";
}

/** What the log keeps of a message besides its state, as JSON in `detail`. */
export interface LogDetail {
  readonly reason: Reason;
  readonly deliveryId: string;
  readonly worsenedCount: number;
  readonly changedAtMs: number;
  /** Of a failure. */
  readonly error?: string;
  readonly refused?: boolean;
}
