/** Sends, and writes down what came of it: the last two stages. */
import type { Clock } from "../base/clock.ts";
import { errorText, OperationalError } from "../base/errors.ts";
import { retry } from "../base/retry.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { NotificationRow } from "../store/contract.ts";
import { deliveryIdOf, sentOf, worsenedCountOf } from "./dedup.ts";
import type { Delivery, LogDetail, Stage } from "./delivery.ts";
import { isMonitorId } from "./monitor.ts";
import type { NotificationLog } from "./notification-log.ts";

export interface SendParts {
  readonly log: NotificationLog;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly urlOf: (incidentId: string) => string;
  readonly signal: AbortSignal;
  /** The receiver said how long it wants to be left alone (Retry-After). */
  readonly onRetryAfter: (waitMs: number) => void;
  /** Whether the receiver took the message. */
  readonly onSent: (isTaken: boolean) => void;
}

/** The log's write is tried this long. Past it the message may be sent again after a restart: at least once. */
const RECORD_DEADLINE_MS = 30_000;
/** The same for what the monitor told, since the store may be what is away: its end must not wait behind. */
const MONITOR_RECORD_DEADLINE_MS = 3_000;
const ERROR_LENGTH_MAX = 500;

export function sendStage(parts: SendParts): Stage {
  return async (delivery) => {
    const { row, notifier, log } = delivery;
    const reason = delivery.reason!;
    const deliveryId = deliveryIdOf(delivery, reason, sentOf(log).length);
    const atMs = parts.clock.nowMs();
    try {
      await notifier.send(
        { incident: row, reason, url: parts.urlOf(row.id), deliveryId, atMs },
        parts.signal,
      );
    } catch (error) {
      // Cut off by our own stop: the next process tries again.
      return parts.signal.aborted ? "retry" : failed(parts, delivery, error);
    }
    parts.onSent(true);
    return delivery;
  };
}

/** A keepalive is not news and leaves no row. */
export function recordStage(parts: SendParts): Stage {
  return async (delivery) => {
    const { row, log } = delivery;
    const reason = delivery.reason!;
    if (reason === "keepalive") return "sent";
    // An incident that opened and ended while the receiver was away is told as opened first, then as resolved.
    const state = row.state === "resolved" && reason !== "resolved" ? "open" : row.state;
    const detail = { ...detailOf(delivery), deliveryId: deliveryIdOf(delivery, reason, sentOf(log).length) };
    await record(parts, {
      ...rowOf(parts, delivery),
      state,
      outcome: "sent",
      detail: JSON.stringify(detail),
    });
    return "sent";
  };
}

async function failed(parts: SendParts, delivery: Delivery, error: unknown): Promise<"retry" | "refused"> {
  const { row, notifier } = delivery;
  parts.onSent(false);
  const waitMs = error instanceof OperationalError ? error.context["retryAfterMs"] : undefined;
  if (typeof waitMs === "number") parts.onRetryAfter(waitMs);
  const refused = !(error instanceof OperationalError && error.retryable);
  parts.telemetry.error("a notification was not accepted", error, {
    notifier: notifier.name,
    incident: row.id,
  });
  // Of those that are tried again only the first leaves a row, or an hour's outage would leave hundreds.
  const known = delivery.log.at(-1)?.outcome === "failed";
  if (refused || !known) {
    const detail = { ...detailOf(delivery), refused, error: errorText(error).slice(0, ERROR_LENGTH_MAX) };
    const failure = { ...rowOf(parts, delivery), state: row.state, outcome: "failed" as const };
    await record(parts, { ...failure, detail: JSON.stringify(detail) });
  }
  return refused ? "refused" : "retry";
}

function detailOf(delivery: Delivery): LogDetail {
  const { row, reason, log } = delivery;
  return {
    reason: reason!,
    deliveryId: deliveryIdOf(delivery, reason!, sentOf(log).length),
    worsenedCount: worsenedCountOf(row),
    changedAtMs: row.changedAtMs,
  };
}

/**
 * Later than every row before it, whatever the wall clock says. Written by a clock that was set back, "resolved" would
 * stand before the "opened" that it ends, and be due again, and sent again, until the clock has caught up.
 */
function rowOf({ clock }: SendParts, { row, notifier, log }: Delivery) {
  const beforeMs = log.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  return { incidentId: row.id, notifier: notifier.name, atMs: Math.max(clock.nowMs(), beforeMs + 1) };
}

/** A log that can't be written is reported; it must not make the message be sent again at once. */
async function record(parts: SendParts, row: NotificationRow): Promise<void> {
  const deadlineMs = isMonitorId(row.incidentId) ? MONITOR_RECORD_DEADLINE_MS : RECORD_DEADLINE_MS;
  const options = { deadlineMs, signal: parts.signal };
  try {
    await retry(parts.clock, () => parts.log.write(row), options);
  } catch (error) {
    parts.telemetry.error("a notification's log row was not written", error, { incident: row.incidentId });
  }
}
