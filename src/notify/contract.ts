import type { IncidentRow } from "../store/contract.ts";

/** What a person is told. One incident has one key, on every notifier, for its whole life. */
export interface Notification {
  readonly incident: IncidentRow;
  /** Why it is sent now. */
  readonly reason: "opened" | "worsened" | "reminder" | "resolved" | "monitor";
  /** Where the page shows it; "" when no public address is configured. */
  readonly url: string;
}

/** Sends one notification. Resolves when the receiver has accepted it. */
export interface Notifier {
  readonly name: string;
  /** @throws {OperationalError} retryable (429, 5xx, no answer) or not (the receiver refused what we sent). */
  send(notification: Notification, signal: AbortSignal): Promise<void>;
}
