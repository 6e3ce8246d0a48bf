/**
 * Prometheus Alertmanager, API v2. Alertmanager forgets an alert at its `endsAt`, so an open incident is posted again
 * well before that; should Lanewatch die, its alerts expire by themselves.
 * @see https://prometheus.io/docs/alerting/latest/alerts_api/
 */
import { z } from "zod";
import type { Notifier } from "../contract.ts";
import { httpUrl, timeoutMs } from "../options.ts";
import { postJson } from "../post-json.ts";
import { alertOf } from "./alert.ts";

/** Posted this many times within one expiry, so that two lost posts do no harm. */
const POSTS_PER_EXPIRY = 4;

export const alertmanagerOptions = z.strictObject({
  url: httpUrl.describe(
    "Its address without /api, such as http://alertmanager:9093. For a cluster, one notifier per member.",
  ),
  labels: z
    .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string())
    .default({})
    .describe("More labels on every alert."),
  headers: z.record(z.string(), z.string()).default({}).describe("More headers, such as Authorization."),
  expiryMs: z
    .number()
    .int()
    .min(10_000)
    .max(86_400_000)
    .default(600_000)
    .describe("An alert not posted again for this long ends."),
  timeoutMs,
});

export type AlertmanagerOptions = z.output<typeof alertmanagerOptions>;

export function alertmanagerNotifier(name: string, options: AlertmanagerOptions): Notifier {
  const url = `${options.url.replace(/\/+$/, "")}/api/v2/alerts`;
  return {
    name,
    keepAliveMs: options.expiryMs / POSTS_PER_EXPIRY,
    send(notification, signal) {
      const body = JSON.stringify([alertOf(notification, options)]);
      return postJson({ url, body, headers: options.headers, timeoutMs: options.timeoutMs }, signal);
    },
  };
}
