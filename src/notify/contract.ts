import type { IncidentRow } from "../store/contract.ts";

/**
 * Why a notification is sent now. "monitor" is Lanewatch speaking of itself. "acknowledged" and "keepalive" go only
 * to notifiers that ask for them: the one to stop a pager's escalation, the other to keep an alert from expiring.
 */
export type Reason =
  | "opened"
  | "worsened"
  | "reminder"
  | "resolved"
  | "monitor"
  | "acknowledged"
  | "keepalive";

/** What a person is told. One incident has one key, on every notifier, for its whole life: the incident's id. */
export interface Notification {
  readonly incident: IncidentRow;
  /** Why it is sent now. */
  readonly reason: Reason;
  /** Where the page shows it; "" when no public address is configured. */
  readonly url: string;
  /** The same for the same message, also when a crash makes it be sent again: receivers may drop the second. */
  readonly deliveryId: string;
  /** Wall clock. */
  readonly atMs: number;
}

/** Sends one notification. Resolves when the receiver has accepted it. */
export interface Notifier {
  readonly name: string;
  /** Send "keepalive" this often while an incident is open. @default never */
  readonly keepAliveMs?: number;
  /**
   * The receiver keeps an incident under its key, and takes a resolve for one that it does not know as nothing: it may be
   * told that the monitor is well without knowing whether it was told otherwise. @default false
   */
  readonly keepsState?: boolean;
  /** Also send when somebody acknowledged the incident. @default false */
  readonly wantsAcknowledged?: boolean;
  /** @throws {OperationalError} retryable (429, 5xx, no answer) or not (the receiver refused what we sent). */
  send(notification: Notification, signal: AbortSignal): Promise<void>;
}
