/** Posts each notification as JSON to an address of yours, signed when a secret is set. */
import { createHmac } from "node:crypto";
import { z } from "zod";
import type { Notifier } from "../contract.ts";
import { httpUrl, timeoutMs } from "../options.ts";
import { postJson } from "../post-json.ts";
import { webhookPayload } from "./payload.ts";

export const webhookOptions = z.strictObject({
  url: httpUrl.describe("Where to POST to."),
  secret: z
    .string()
    .min(16)
    .optional()
    .describe("Signs each body: HMAC-SHA256 in the header Lanewatch-Signature. Use ${ENV}."),
  headers: z.record(z.string(), z.string()).default({}).describe("More headers, such as Authorization."),
  timeoutMs,
});

export type WebhookOptions = z.output<typeof webhookOptions>;

export function webhookNotifier(name: string, options: WebhookOptions): Notifier {
  return {
    name,
    async send(notification, signal) {
      const body = JSON.stringify(webhookPayload(notification));
      const headers: Record<string, string> = {
        ...options.headers,
        "idempotency-key": notification.deliveryId,
      };
      if (options.secret !== undefined)
        headers["lanewatch-signature"] = sign(options.secret, notification.atMs, body);
      await postJson({ url: options.url, body, headers, timeoutMs: options.timeoutMs }, signal);
    },
  };
}

/** "t=<seconds>,v1=<hex>": the time is signed too, so that a receiver can refuse what was recorded and played again. */
function sign(secret: string, atMs: number, body: string): string {
  const seconds = Math.floor(atMs / 1000);
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;
}
