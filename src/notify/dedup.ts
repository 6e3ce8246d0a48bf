/** Is there anything to tell this notifier, given what it was told before? Pure. */
import { readExplanation } from "../incident/explanation.ts";
import { parseObject } from "../incident/sighting.ts";
import type { NotificationRow } from "../store/contract.ts";
import type { Reason } from "./contract.ts";
import type { Delivery, LogDetail, Stage } from "./delivery.ts";
import { isMonitorId } from "./monitor.ts";

export interface DedupOptions {
  /** Tell an open, unacknowledged incident again after this long. 0 never does. @default 4 hours */
  readonly remindMs: number;
  /** A worsening within this long of the last message waits. @default 5 minutes */
  readonly worsenedIntervalMs: number;
  /** An incident never told that ended longer ago than this stays untold: a backfill wakes nobody. @default 1 day */
  readonly ageMsMax: number;
  /** What the receiver refused is tried again after this long, for someone may have corrected it. @default 1 hour */
  readonly refusedRetryMs: number;
}

export function dedupStage(options: DedupOptions): Stage {
  return async (delivery) => {
    const due = dueReason(delivery, options);
    return due === undefined ? "nothing-due" : due === "stale" ? "stale" : { ...delivery, reason: due };
  };
}

/** The reason to tell now; `undefined` when all was told. */
function dueReason(delivery: Delivery, options: DedupOptions): Reason | "stale" | undefined {
  const reason = wanted(delivery, options);
  if (reason === undefined || reason === "stale") return reason;
  return isRefused(delivery, reason, options) ? undefined : reason;
}

/** The same for the same message of the same incident, on every replica and after every restart. */
export function deliveryIdOf({ row, notifier }: Delivery, reason: Reason, toldCount: number): string {
  return [row.id, notifier.name, reason, worsenedCountOf(row), toldCount].join("/");
}

export function worsenedCountOf(row: Delivery["row"]): number {
  return readExplanation(row)?.worsenedCount ?? 0;
}

function logDetail(row: NotificationRow): LogDetail {
  const detail = parseObject(row.detail);
  return { reason: "opened", deliveryId: "", worsenedCount: 0, changedAtMs: 0, ...detail } as LogDetail;
}

export function sentOf(log: readonly NotificationRow[]): readonly NotificationRow[] {
  return log.filter((row) => row.outcome === "sent");
}

function wanted(delivery: Delivery, options: DedupOptions): Reason | "stale" | undefined {
  const { row, log, nowMs } = delivery;
  if (isMonitorId(row.id) && row.state === "resolved") return monitorResolved(delivery);
  const opened = readExplanation(row)?.openedAtMs ?? null;
  // Pending, or over before it was worth telling. A row without our explanation counts as opened once it is open.
  if (row.state === "pending" || (row.state === "resolved" && opened === null)) return undefined;
  const last = sentOf(log).at(-1);
  if (last === undefined) return nowMs - row.endMs > options.ageMsMax ? "stale" : openedReason(row);
  // Told as resolved: only a newer life of the same incident is news; a row read late from the store is not.
  if (last.state === "resolved") {
    return row.state !== "resolved" && row.changedAtMs > logDetail(last).changedAtMs
      ? openedReason(row)
      : undefined;
  }
  return row.state === "resolved" ? "resolved" : whileLive(delivery, last, options);
}

/**
 * That the monitor is well ends what was told, and is no news else: a start says so of every condition. Whether
 * something was told may not be known, since a log in a store that was away could not be written; receivers that keep
 * alerts by key are told once a process then, for to them the end of what they do not know is nothing.
 */
function monitorResolved({ row, log, notifier }: Delivery): Reason | undefined {
  const last = sentOf(log).at(-1);
  if (last !== undefined && last.state !== "resolved") return "resolved";
  if (notifier.keepsState !== true) return undefined;
  const isNewer = last === undefined || logDetail(last).changedAtMs < row.changedAtMs;
  return isNewer ? "resolved" : undefined;
}

function whileLive(delivery: Delivery, last: NotificationRow, options: DedupOptions): Reason | undefined {
  const { row, log, notifier, nowMs } = delivery;
  const sent = sentOf(log);
  const sinceMs = nowMs - last.atMs;
  if (row.state === "acknowledged" && notifier.wantsAcknowledged && last.state !== "acknowledged")
    return "acknowledged";
  const worsenedTold = Math.max(...sent.map((message) => logDetail(message).worsenedCount));
  if (worsenedCountOf(row) > worsenedTold && sinceMs >= options.worsenedIntervalMs) return "worsened";
  if (row.state === "open" && options.remindMs > 0 && sinceMs >= options.remindMs) return "reminder";
  return undefined;
}

function openedReason(row: Delivery["row"]): Reason {
  return isMonitorId(row.id) ? "monitor" : "opened";
}

function isRefused({ row, log, nowMs }: Delivery, reason: Reason, options: DedupOptions): boolean {
  const last = log.at(-1);
  if (last === undefined || last.outcome !== "failed") return false;
  const detail = logDetail(last);
  return (
    detail.refused === true &&
    detail.reason === reason &&
    detail.worsenedCount === worsenedCountOf(row) &&
    nowMs - last.atMs < options.refusedRetryMs
  );
}
