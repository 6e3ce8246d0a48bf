/** The Alertmanager notifier against Debian's prometheus-alertmanager: what it really lists, expires and forwards. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Notification } from "../../src/notify/contract.ts";
import { notifierPlugins } from "../../src/notify/index.ts";
import { type AlertmanagerEngine, startAlertmanager } from "../harness/engines/alertmanager.ts";
import { describeWithEngines } from "../harness/engines-suite.ts";
import { incidentExample } from "../harness/incident-example.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";

describeWithEngines(["alertmanager"], "Alertmanager", () => {
  let engine: AlertmanagerEngine;
  let receiver: Receiver;
  const signal = new AbortController().signal;
  beforeAll(async () => {
    receiver = await startReceiver();
    engine = await startAlertmanager(receiver.url);
  });
  afterAll(async () => {
    await engine.stop();
    await receiver.close();
  });

  const notifier = () => {
    const { alertmanager } = notifierPlugins;
    return alertmanager.create("am", alertmanager.options.parse({ url: engine.url, expiryMs: 60_000 }));
  };
  const notification = (id: string, changes: Partial<Notification> = {}): Notification => ({
    incident: { ...incidentExample(), id },
    reason: "opened",
    url: "https://lanewatch.example/#/incidents/1",
    deliveryId: "d",
    atMs: Date.now(),
    ...changes,
  });
  const alerts = async (id: string) => {
    const filter = encodeURIComponent(`incident="${id}"`);
    const response = await fetch(`${engine.url}/api/v2/alerts?filter=${filter}`);
    return (await response.json()) as {
      status: { state: string };
      endsAt: string;
      annotations: { summary: string };
      generatorURL: string;
    }[];
  };
  const forwarded = (id: string) =>
    receiver.received.flatMap(({ body }) => body.alerts).filter((alert) => alert.labels.incident === id);

  test("an incident is one active alert, however often and with whatever title it is posted", async () => {
    await notifier().send(notification("inc-one"), signal);
    const worse = { ...incidentExample(), id: "inc-one", severity: "page" as const, title: "prod: worse" };
    await notifier().send(notification("inc-one", { reason: "worsened", incident: worse }), signal);
    const listed = await alerts("inc-one");
    expect(listed).toHaveLength(1);
    expect(listed[0]!.status.state).toBe("active");
    expect(listed[0]!.annotations.summary).toBe("prod: worse");
    expect(listed[0]!.generatorURL).toContain("/incidents/1");
  });

  test("a later post moves its end on, so that it does not expire while it is open", async () => {
    const atMs = Date.now() - 50_000;
    await notifier().send(notification("inc-two", { atMs }), signal);
    const before = Date.parse((await alerts("inc-two"))[0]!.endsAt);
    await notifier().send(notification("inc-two", { reason: "keepalive", atMs: atMs + 40_000 }), signal);
    expect(Date.parse((await alerts("inc-two"))[0]!.endsAt) - before).toBe(40_000);
  });

  test("Alertmanager forwards it as firing, and as resolved once we say so", async () => {
    await notifier().send(notification("inc-three"), signal);
    await expect
      .poll(() => forwarded("inc-three").map((alert) => alert.status), { timeout: 20_000 })
      .toContain("firing");
    const incident = { ...incidentExample(), id: "inc-three", state: "resolved" as const };
    await notifier().send(notification("inc-three", { reason: "resolved", incident }), signal);
    await expect
      .poll(() => forwarded("inc-three").map((alert) => alert.status), { timeout: 20_000 })
      .toContain("resolved");
    expect(await alerts("inc-three")).toEqual([]);
  });

  test("what it would refuse, we do not send: names of any kind are accepted", async () => {
    const incident = {
      ...incidentExample(),
      id: "inc-odd",
      swimlane: 'prod/ü "quoted"\n',
      title: "é😀".repeat(3_000),
    };
    await notifier().send(notification("inc-odd", { incident }), signal);
    expect(await alerts("inc-odd")).toHaveLength(1);
  });
});
