import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import type { Notification } from "../../src/notify/contract.ts";
import { notifierPlugins } from "../../src/notify/index.ts";
import { incidentExample } from "../harness/incident-example.ts";
import { startReceiver } from "../harness/receiver.ts";
import { notifierLaws, TEST_TIMEOUT_MS } from "./notifier.ts";

const timeoutMs = TEST_TIMEOUT_MS;
const routingKey = "0123456789abcdef0123456789abcdef";
const { webhook, pagerduty, alertmanager, slack } = notifierPlugins;

notifierLaws("webhook", (url) => webhook.create("w", webhook.options.parse({ url, timeoutMs })));
notifierLaws("pagerduty", (url) =>
  pagerduty.create("p", pagerduty.options.parse({ url, routingKey, timeoutMs })),
);
notifierLaws("alertmanager", (url) =>
  alertmanager.create("a", alertmanager.options.parse({ url, timeoutMs })),
);
notifierLaws("slack", (url) => slack.create("s", slack.options.parse({ url, timeoutMs })));

test("every notifier in the list is held to the laws above", () => {
  expect(Object.keys(notifierPlugins)).toEqual(["webhook", "pagerduty", "alertmanager", "slack"]);
});

const base: Notification = {
  incident: incidentExample(),
  reason: "opened",
  url: "https://lanewatch.example/i/1",
  deliveryId: "inc-1/w/opened/0/0",
  atMs: Date.parse("2026-03-02T14:30:00Z"),
};

test("a webhook's signature can be checked from its header and body alone, and its delivery id is the idempotency key", async () => {
  const receiver = await startReceiver();
  const secret = "a secret of some length";
  await webhook
    .create("w", webhook.options.parse({ url: receiver.url, secret }))
    .send(base, new AbortController().signal);
  const { headers, text } = receiver.received[0]!;
  const [, seconds, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["lanewatch-signature"]))!;
  expect(signature).toBe(createHmac("sha256", secret).update(`${seconds}.${text}`).digest("hex"));
  expect(headers["idempotency-key"]).toBe(base.deliveryId);
  await receiver.close();
});

test("a webhook's body is what the reference describes", async () => {
  const receiver = await startReceiver();
  await webhook
    .create("w", webhook.options.parse({ url: receiver.url }))
    .send(base, new AbortController().signal);
  expect(receiver.received[0]!.headers["lanewatch-signature"]).toBeUndefined();
  expect(receiver.received[0]!.body).toMatchObject({
    version: 1,
    reason: "opened",
    sentAt: "2026-03-02T14:30:00.000Z",
    incident: {
      id: "inc-0123456789abcdef",
      swimlane: "prod",
      sources: ["watch-events"],
      state: "open",
      severity: "page",
      title: "prod: watch-events volume −62 % since 14:05 UTC",
      start: "2026-03-02T14:05:00.000Z",
      end: "2026-03-02T14:10:00.000Z",
      resolvedAt: null,
      members: ["*:volume"],
      url: "https://lanewatch.example/i/1",
    },
  });
  await receiver.close();
});

test("PagerDuty: one dedup key from trigger over acknowledge to resolve, and a summary within its limit", async () => {
  const receiver = await startReceiver();
  const notifier = pagerduty.create("p", pagerduty.options.parse({ url: receiver.url, routingKey }));
  const long = { ...base.incident, title: "é".repeat(5_000) };
  const signal = new AbortController().signal;
  await notifier.send({ ...base, incident: long }, signal);
  await notifier.send({ ...base, reason: "acknowledged" }, signal);
  await notifier.send({ ...base, reason: "resolved" }, signal);
  const bodies = receiver.received.map(({ body }) => body);
  expect(bodies.map((body) => body.event_action)).toEqual(["trigger", "acknowledge", "resolve"]);
  expect(new Set(bodies.map((body) => body.dedup_key))).toEqual(new Set(["inc-0123456789abcdef"]));
  expect([...bodies[0].payload.summary]).toHaveLength(1024);
  expect(bodies[0].payload).toMatchObject({
    source: "prod",
    severity: "critical",
    component: "watch-events",
  });
  expect(bodies[1]).not.toHaveProperty("payload");
  await receiver.close();
});

test("Alertmanager: labels never change in an incident's life, ends lie ahead while open and not after", async () => {
  const receiver = await startReceiver();
  const notifier = alertmanager.create(
    "a",
    alertmanager.options.parse({ url: `${receiver.url}/`, labels: { team: "ml" } }),
  );
  const signal = new AbortController().signal;
  await notifier.send(base, signal);
  const ended = { ...base.incident, state: "resolved" as const, severity: "warn" as const, title: "over" };
  await notifier.send({ ...base, reason: "resolved", incident: ended }, signal);
  const [open, resolved] = receiver.received.map(({ body }) => body[0]);
  expect(receiver.received[0]!.path).toBe("/api/v2/alerts");
  expect(open.labels).toEqual({
    alertname: "LanewatchIncident",
    incident: "inc-0123456789abcdef",
    swimlane: "prod",
    team: "ml",
  });
  expect(resolved.labels).toEqual(open.labels);
  expect(Date.parse(open.endsAt)).toBe(base.atMs + 600_000);
  expect(Date.parse(resolved.endsAt)).toBe(base.atMs);
  expect(open.generatorURL).toBe("https://lanewatch.example/i/1");
  expect(notifier.keepAliveMs).toBe(150_000);
  await receiver.close();
});

test("Slack: a name with marks in it can't mention anyone", async () => {
  const receiver = await startReceiver();
  const notifier = slack.create("s", slack.options.parse({ url: receiver.url }));
  await notifier.send(
    { ...base, incident: { ...base.incident, title: "<!channel> & co" } },
    new AbortController().signal,
  );
  expect(receiver.received[0]!.body.text).toContain("&lt;!channel&gt; &amp; co");
  await receiver.close();
});

test("options that can't work are refused: a relative address, a file, a short routing key, an unknown field", () => {
  expect(webhook.options.safeParse({ url: "/relative" }).success).toBe(false);
  expect(webhook.options.safeParse({ url: "file:///etc/passwd" }).success).toBe(false);
  expect(webhook.options.safeParse({ url: "https://x.example", secrt: "…" }).success).toBe(false);
  expect(pagerduty.options.safeParse({ routingKey: "short" }).success).toBe(false);
});
