/**
 * PagerDuty Events API v2. The incident's id is the `dedup_key`, so PagerDuty keeps one incident of its own for each
 * of ours, however often it is told.
 * @see https://developer.pagerduty.com/docs/events-api-v2-overview
 */
import { z } from "zod";
import type { Notification, Notifier } from "../contract.ts";
import { httpUrl, timeoutMs } from "../options.ts";
import { postJson } from "../post-json.ts";
import { pagerDutyEvent } from "./event.ts";

export const pagerDutyOptions = z.strictObject({
  routingKey: z
    .string()
    .regex(/^[A-Za-z0-9]{32}$/)
    .describe("The service's integration key, 32 characters. Use ${ENV}."),
  url: httpUrl.default("https://events.pagerduty.com/v2/enqueue").describe("Another region, or a proxy."),
  timeoutMs,
});

export type PagerDutyOptions = z.output<typeof pagerDutyOptions>;

export function pagerDutyNotifier(name: string, options: PagerDutyOptions): Notifier {
  return {
    name,
    wantsAcknowledged: true,
    keepsState: true,
    send(notification: Notification, signal: AbortSignal) {
      const body = JSON.stringify(pagerDutyEvent(notification, options.routingKey));
      return postJson({ url: options.url, body, timeoutMs: options.timeoutMs }, signal);
    },
  };
}
