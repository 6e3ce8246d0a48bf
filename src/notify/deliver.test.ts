import { afterEach, beforeEach, expect, test } from "vitest";
import { incidentExample } from "../../test/harness/incident-example.ts";
import { type Receiver, refusedUrl, startReceiver } from "../../test/harness/receiver.ts";
import { type Clock, ManualClock } from "../base/clock.ts";
import { Telemetry } from "../base/telemetry.ts";
import { acknowledgeRow, resolveRow } from "../incident/person.ts";
import { type Silence, writeSilence } from "../incident/silence.ts";
import type { IncidentRow, Store } from "../store/contract.ts";
import { DuckDbTables } from "../store/duckdb/duckdb-tables.ts";
import { duckDbOptionsSchema } from "../store/duckdb/options.ts";
import { TableStore } from "../store/table-store.ts";
import type { Notifier } from "./contract.ts";
import { Deliverer, type DeliverOptions } from "./deliver.ts";
import { notifierPlugins } from "./index.ts";

const MINUTE_MS = 60_000;
const NOW_MS = Date.parse("2026-03-02T14:12:00Z");

let receiver: Receiver;
let store: Store;
let clock: ManualClock;
let telemetry: Telemetry;
let deliverers: Deliverer[] = [];

beforeEach(async () => {
  clock = new ManualClock(NOW_MS);
  telemetry = new Telemetry({ level: "silent" });
  const options = duckDbOptionsSchema.parse({ type: "duckdb" });
  store = new TableStore(new DuckDbTables(options, { clock, telemetry }));
  await store.open();
  receiver = await startReceiver();
});

afterEach(async () => {
  await Promise.all(deliverers.map((deliverer) => deliverer.stop()));
  deliverers = [];
  await receiver.close();
  await store.close();
});

function webhook(name = "hook", url = receiver.url): Notifier {
  return notifierPlugins.webhook.create(
    name,
    notifierPlugins.webhook.options.parse({ url, timeoutMs: 5_000 }),
  );
}

/** A process that delivers: a new one is a restart, a second one a replica. */
function start(
  options: Partial<DeliverOptions> = {},
  notifiers: readonly Notifier[] = [webhook()],
): Deliverer {
  const deliverer = new Deliverer({ store, notifiers, clock, telemetry }, options);
  deliverers.push(deliverer);
  return deliverer;
}

async function look(deliverer: Deliverer, laterMs = 0): Promise<void> {
  clock.advanceTo(clock.nowMs() + laterMs);
  await deliverer.tick();
  await deliverer.idle();
}

async function write(changes: Partial<IncidentRow> = {}): Promise<IncidentRow> {
  const row = { ...incidentExample(), ...changes };
  await store.writeIncidents([row]);
  return row;
}

const resolvedNow = (row: IncidentRow) => resolveRow(row, "ada", row.changedAtMs + MINUTE_MS);
const reasons = () => receiver.received.map(({ body }) => body.reason);

/** Waits, in real time, for something that a loop of its own brings about; retries sleep on the scripted clock. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 300 && !holds(); i++) {
    clock.advanceTo(clock.nowMs() + 1_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(holds()).toBe(true);
}

test("an incident is told once when it opens and once when it is resolved, however often the store is looked at", async () => {
  const row = await write();
  const deliverer = start();
  for (let i = 0; i < 3; i++) await look(deliverer, MINUTE_MS);
  await write(resolvedNow(row));
  for (let i = 0; i < 3; i++) await look(deliverer, MINUTE_MS);
  expect(reasons()).toEqual(["opened", "resolved"]);
  expect(new Set(receiver.received.map(({ body }) => body.incident.id)).size).toBe(1);
});

test("a restart tells nothing twice, and tells what changed while nobody ran", async () => {
  const row = await write();
  await look(start());
  await look(start(), MINUTE_MS);
  expect(reasons()).toEqual(["opened"]);
  await write(resolvedNow(row));
  await look(start(), MINUTE_MS);
  await look(start(), MINUTE_MS);
  expect(reasons()).toEqual(["opened", "resolved"]);
});

test("a wall clock that is set back between two messages repeats neither of them", async () => {
  const row = await write();
  await look(start());
  await write(resolvedNow(row));
  clock = new ManualClock(NOW_MS - 10 * MINUTE_MS);
  await start().tick();
  await until(() => receiver.received.length >= 2);
  for (let i = 0; i < 3; i++) await look(start(), MINUTE_MS);
  expect(reasons()).toEqual(["opened", "resolved"]);
});

test("a wall clock that ran ahead while the receiver was away holds no page back once it is put right", async () => {
  let aheadMs = 10 * MINUTE_MS;
  const wrong: Clock = {
    nowMs: () => clock.nowMs() + aheadMs,
    elapsedMs: () => clock.elapsedMs(),
    sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
  };
  receiver.answer([503]);
  const row = await write();
  const deliverer = new Deliverer({ store, notifiers: [webhook()], clock: wrong, telemetry });
  deliverers.push(deliverer);
  await deliverer.tick();
  await until(() => receiver.received.length === 1);
  // The refusal is written down before the next try is set.
  while ((await store.readNotifications(row.id)).length === 0) await new Promise(setImmediate);
  await new Promise((resolve) => setTimeout(resolve, 50));
  aheadMs = 0;
  // Within five minutes.
  await until(() => receiver.received.length === 2);
});

test("a second replica keeps quiet while the first speaks, and speaks when the first is gone", async () => {
  await write();
  const [first, second] = [start(), start({ replicaIndex: 1, replicaWaitMs: 30_000 })];
  await second.tick();
  await look(first);
  clock.advanceTo(NOW_MS + 31_000);
  await second.idle();
  expect(reasons()).toEqual(["opened"]);
  await first.stop();
  await write({ id: "inc-ffffffffffffffff" });
  await second.tick();
  await until(() => receiver.received.length === 2);
});

test("a receiver that fails is tried again with the same delivery id until it accepts", async () => {
  await write();
  receiver.answer([500, "reset", 503]);
  const deliverer = start();
  await deliverer.tick();
  await until(() => receiver.received.length === 4);
  await deliverer.idle();
  expect(new Set(receiver.received.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  const log = await store.readNotifications(incidentExample().id);
  expect(log.map(({ outcome }) => outcome)).toEqual(["failed", "sent"]);
});

test("what a receiver refuses is not sent again for an hour, and the refusal is written down", async () => {
  await write();
  receiver.answer([], 400);
  const deliverer = start({ remindMs: 0 });
  await look(deliverer);
  await look(deliverer, 30 * MINUTE_MS);
  expect(receiver.received).toHaveLength(1);
  expect(await store.readNotifications(incidentExample().id)).toMatchObject([
    { outcome: "failed", notifier: "hook" },
  ]);
  receiver.answer([]);
  await look(deliverer, 31 * MINUTE_MS);
  expect(receiver.received).toHaveLength(2);
});

test("a notifier that can't be reached holds up no other", async () => {
  await write();
  const deliverer = start({}, [webhook("dead", await refusedUrl()), webhook("hook")]);
  await deliverer.tick();
  await until(() => receiver.received.length === 1);
  expect(deliverer.depth()).toBeGreaterThan(0);
});

test("an incident that opened and ended while the receiver was away is told as both", async () => {
  const row = await write();
  receiver.answer([], 503);
  const deliverer = start();
  await deliverer.tick();
  await until(() => receiver.received.length === 2);
  await write(resolvedNow(row));
  await deliverer.tick();
  receiver.answer([]);
  await until(() => reasons().includes("resolved"));
  expect(reasons().slice(-2)).toEqual(["opened", "resolved"]);
});

test("it reminds after the stated interval, and not once somebody has it", async () => {
  const row = await write();
  const deliverer = start({ remindMs: 60 * MINUTE_MS });
  await look(deliverer);
  await look(deliverer, 59 * MINUTE_MS);
  await look(deliverer, 2 * MINUTE_MS);
  await write(acknowledgeRow(row, "ada", row.changedAtMs + 1));
  await look(deliverer, 61 * MINUTE_MS);
  expect(reasons()).toEqual(["opened", "reminder"]);
});

test("it is told again when it gets worse, at most once an interval", async () => {
  const row = await write();
  const deliverer = start({ worsenedIntervalMs: 5 * MINUTE_MS });
  const worsen = (count: number) =>
    write({
      endMs: row.endMs + count,
      explanation: JSON.stringify({ ...JSON.parse(row.explanation), worsenedCount: count }),
    });
  await look(deliverer);
  await worsen(1);
  await look(deliverer, MINUTE_MS);
  expect(reasons()).toEqual(["opened"]);
  await look(deliverer, 5 * MINUTE_MS);
  await worsen(2);
  await look(deliverer, MINUTE_MS);
  expect(reasons()).toEqual(["opened", "worsened"]);
  await look(deliverer, 5 * MINUTE_MS);
  expect(reasons()).toEqual(["opened", "worsened", "worsened"]);
});

test("a silence keeps it quiet until it ends; what was told before is still told as resolved", async () => {
  const silence = (changes: Partial<Silence>): Silence => ({
    id: "s1",
    swimlane: "pr*",
    startMs: clock.nowMs(),
    endMs: clock.nowMs() + 10 * MINUTE_MS,
    reason: "a load test",
    createdBy: "ada",
    ...changes,
  });
  const row = await write();
  await writeSilence(store, silence({}), clock.nowMs());
  const deliverer = start();
  await look(deliverer);
  expect(reasons()).toEqual([]);
  await look(deliverer, 11 * MINUTE_MS);
  expect(reasons()).toEqual(["opened"]);
  await writeSilence(store, silence({ id: "s2" }), clock.nowMs());
  await write(resolvedNow(row));
  await look(deliverer, MINUTE_MS);
  expect(reasons()).toEqual(["opened", "resolved"]);
});

test("one that was silenced for its whole life is never told", async () => {
  const row = await write();
  const silence = {
    id: "s",
    startMs: NOW_MS - 60 * MINUTE_MS,
    endMs: NOW_MS + MINUTE_MS,
    reason: "",
    createdBy: "",
  };
  await writeSilence(store, silence, NOW_MS);
  await look(start());
  await write({ ...resolvedNow(row), resolvedAtMs: NOW_MS });
  await look(start(), 5 * MINUTE_MS);
  expect(reasons()).toEqual([]);
});

test("an incident below another is muted while that one lives", async () => {
  const told = (row: IncidentRow, parentId: string) => ({ ...JSON.parse(row.explanation), parentId });
  const row = incidentExample();
  await write({ id: "grp-1", swimlane: "*" });
  await write({ id: "inc-1", explanation: JSON.stringify(told(row, "grp-1")) });
  await look(start());
  expect(receiver.received.map(({ body }) => body.incident.id)).toEqual(["grp-1"]);
});

test("an inhibition mutes the consequence and tells the cause", async () => {
  await write({ id: "inc-1", swimlane: "raw" });
  await write({ id: "inc-2", swimlane: "features" });
  await look(start({ inhibit: [{ when: { swimlane: "raw" }, mutes: { swimlane: "features" } }] }));
  expect(receiver.received.map(({ body }) => body.incident.id)).toEqual(["inc-1"]);
});

test("pending incidents, those that never opened, and a backfill's old ones wake nobody", async () => {
  const row = incidentExample();
  const untold = JSON.stringify({ ...JSON.parse(row.explanation), openedAtMs: null });
  await write({ id: "inc-1", state: "pending" });
  await write({ id: "inc-2", state: "resolved", explanation: untold, resolvedAtMs: NOW_MS });
  await write({ id: "inc-3", endMs: NOW_MS - 25 * 60 * MINUTE_MS });
  await look(start());
  expect(reasons()).toEqual([]);
});

const MONITOR = {
  code: "store-unreachable",
  severity: "page" as const,
  summary: "the store does not answer",
};

test("the monitor speaks on its own route, never on the data's", async () => {
  const other = await startReceiver();
  const routes = [{ notifiers: ["hook"] }, { notifiers: ["ops"], about: "monitor" as const }];
  const deliverer = start({ routes }, [webhook(), webhook("ops", other.url)]);
  await write();
  await look(deliverer);
  const alert = { code: "ingest-lag", severity: "page" as const, summary: "3 hours behind" };
  deliverer.tell({ ...alert, active: true });
  await deliverer.idle();
  deliverer.tell({ ...alert, active: true });
  await deliverer.idle();
  clock.advanceTo(clock.nowMs() + MINUTE_MS);
  deliverer.tell({ ...alert, active: false });
  await deliverer.idle();
  expect(other.received.map(({ body }) => body.reason)).toEqual(["monitor", "resolved"]);
  expect(reasons()).toEqual(["opened"]);
  await other.close();
});

test("the monitor tells that the store is away, reminds and ends it, while nothing of the store can be read", async () => {
  const ops = await startReceiver();
  const routes = [{ notifiers: ["hook"] }, { notifiers: ["ops"], about: "monitor" as const }];
  await write();
  const deliverer = start({ routes, remindMs: 60 * MINUTE_MS }, [webhook(), webhook("ops", ops.url)]);
  await store.close();
  const alert = { code: "store-away", severity: "page" as const, summary: "the store does not answer" };
  deliverer.tell({ ...alert, active: true });
  await until(() => ops.received.length === 1 && deliverer.depth() === 0);
  for (const laterMs of [MINUTE_MS, 61 * MINUTE_MS]) {
    clock.advanceTo(clock.nowMs() + laterMs);
    await expect(deliverer.tick()).rejects.toThrow();
    await until(() => deliverer.depth() === 0);
  }
  deliverer.tell({ ...alert, active: false });
  await until(() => ops.received.length === 3 && deliverer.depth() === 0);
  expect(ops.received.map(({ body }) => body.reason)).toEqual(["monitor", "reminder", "resolved"]);
  expect(reasons()).toEqual([]);
  await ops.close();
});

test("an alert of the monitor is muted by its name, once the silences were read", async () => {
  const mute: Silence = {
    id: "s1",
    swimlane: "lanewatch",
    detector: MONITOR.code,
    startMs: NOW_MS,
    endMs: NOW_MS + 60 * MINUTE_MS,
    reason: "upgrade",
    createdBy: "ann",
  };
  await writeSilence(store, mute, clock.nowMs());
  const deliverer = start({ routes: [{ notifiers: ["hook"], about: "monitor" }] });
  await deliverer.tick();
  deliverer.tell({ ...MONITOR, active: true });
  deliverer.tell({ ...MONITOR, code: "queue-unreachable", active: true });
  await deliverer.idle();
  expect(receiver.received.map(({ body }) => body.incident.members)).toEqual([["*:queue-unreachable"]]);
});

test("without routes nobody is told of the monitor, and whoever tells is told so", async () => {
  const deliverer = start({}, [webhook()]);
  expect(deliverer.tell({ ...MONITOR, active: true })).toBe(false);
  await deliverer.idle();
  expect(reasons()).toEqual([]);
});

test("a monitor that is well at its start ends what an earlier process told, and is no news else", async () => {
  const routes = [{ notifiers: ["hook"], about: "monitor" as const }];
  const first = start({ routes });
  first.tell({ ...MONITOR, active: false });
  await first.idle();
  expect(reasons()).toEqual([]);
  first.tell({ ...MONITOR, active: true });
  await first.idle();
  const next = start({ routes });
  for (let i = 0; i < 2; i++) next.tell({ ...MONITOR, active: false });
  await next.idle();
  expect(reasons()).toEqual(["monitor", "resolved"]);
});

// The store is away for the message and for the process's whole life, so that its log has no row of what was told.
test("what a process told and could not write down is ended by the next, where the receiver keeps alerts by key", async () => {
  const routes = [{ notifiers: ["hook", "ops"], about: "monitor" as const }];
  const keeper = await startReceiver();
  const notifiers = () => [webhook(), { ...webhook("ops", keeper.url), keepsState: true }];
  const next = start({ routes }, notifiers());
  next.tell({ ...MONITOR, active: false });
  await next.idle();
  next.tell({ ...MONITOR, active: false });
  await next.idle();
  expect(reasons()).toEqual([]);
  expect(keeper.received.map(({ body }) => body.reason)).toEqual(["resolved"]);
  await keeper.close();
});

test("two installations that share a receiver have keys of their own", async () => {
  const routes = [{ notifiers: ["hook"], about: "monitor" as const }];
  for (const deployment of ["", "eu", "eu", "us"]) {
    const deliverer = start({ routes, deployment });
    deliverer.tell({ ...MONITOR, active: true });
    await deliverer.idle();
  }
  const told = receiver.received.map(({ body }) => body.incident);
  expect(new Set(told.map(({ id }) => id)).size).toBe(3);
  expect(told.length).toBe(3);
  expect(told[1]?.title).toContain("(eu)");
});

test("a route takes only the lanes and severities that it names", async () => {
  await write({ id: "inc-1", severity: "warn" });
  await write({ id: "inc-2", severity: "page" });
  await write({ id: "inc-3", severity: "page", swimlane: "dev" });
  await look(start({ routes: [{ notifiers: ["hook"], severity: "page", swimlane: "prod" }] }));
  expect(receiver.received.map(({ body }) => body.incident.id)).toEqual(["inc-2"]);
});

test("what a full queue refuses is counted, and a later look brings it", async () => {
  for (let i = 0; i < 5; i++) await write({ id: `inc-${i}` });
  receiver.answer([], 503);
  const deliverer = start({ queueCountMax: 2 });
  await deliverer.tick();
  expect(deliverer.depth()).toBe(2);
  expect(await telemetry.registry.metrics()).toContain(
    'lanewatch_notify_deliveries_total{notifier="hook",ending="queue-full"} 3',
  );
  receiver.answer([]);
  for (let i = 0; i < 3; i++) {
    await deliverer.tick();
    await until(() => deliverer.depth() === 0);
  }
  expect(new Set(receiver.received.map(({ body }) => body.incident.id)).size).toBe(5);
});

test("an open alert is posted to Alertmanager again before it expires, without a row in the log", async () => {
  const { alertmanager } = notifierPlugins;
  const notifier = alertmanager.create(
    "am",
    alertmanager.options.parse({ url: receiver.url, expiryMs: 40_000 }),
  );
  const row = await write();
  const deliverer = start({}, [notifier]);
  await look(deliverer);
  await look(deliverer, 9_000);
  expect(receiver.received).toHaveLength(1);
  await look(deliverer, 1_000);
  expect(receiver.received).toHaveLength(2);
  await write(resolvedNow(row));
  await look(deliverer, 10_000);
  await look(deliverer, 10_000);
  expect(receiver.received).toHaveLength(3);
  expect(await store.readNotifications(row.id)).toHaveLength(2);
});

test("stopping while a receiver hangs ends at once, and the next process sends it", async () => {
  await write();
  receiver.answer(["hang"]);
  const deliverer = start();
  await deliverer.tick();
  await until(() => receiver.received.length === 1);
  await deliverer.stop();
  await look(start());
  expect(reasons()).toEqual(["opened", "opened"]);
  expect(receiver.received[0]!.body.deliveryId).toBe(receiver.received[1]!.body.deliveryId);
});

test("started, it looks at the store by itself, and an offer before the first look waits for the silences", async () => {
  const row = await write();
  const deliverer = start();
  deliverer.offer([row]);
  expect(deliverer.depth()).toBe(0);
  deliverer.start();
  await until(() => receiver.received.length === 1);
});
