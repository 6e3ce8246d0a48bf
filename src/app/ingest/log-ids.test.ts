import { afterEach, beforeEach, expect, test } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import type { Store } from "../../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../store/index.ts";
import { LogIds, readLogIds } from "./log-ids.ts";

const clock = new ManualClock(Date.UTC(2026, 0, 1));
const TOPIC = new Set(["t"]);
let store: Store;
beforeEach(async () => {
  store = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), {
    clock,
    telemetry: new Telemetry({ level: "silent" }),
  });
  await store.open();
});
afterEach(() => store.close());

/** A process that was assigned partitions of the topic while its id was `logId`. */
function reader(logId: string, ...partitions: readonly number[]): LogIds {
  const ids = new LogIds({ store, clock, claims: true });
  ids.note(partitions.map((partition) => ({ topic: "t", partition, offset: 0, logId })));
  return ids;
}

/** What a store says that counts `id-1`, of a log with this id. */
const otherThan = async (logId: string, partition: number) =>
  (await readLogIds(store, "t")).otherThan(logId, partition);

const replaced = (otherLogId: string) => ({
  code: "SOURCE_LOG_REPLACED",
  retryable: false,
  context: { topic: "t", otherLogId },
});

test("whoever reads a log that is counted writes on, in partitions that nobody has read too", async () => {
  await reader("id-1", 0).write(TOPIC);
  await reader("id-1", 0, 1).write(TOPIC);
  expect(await otherThan("id-1", 1)).toBeUndefined();
});

test("of two logs under one name the second is refused, by every process and for every partition", async () => {
  await reader("id-1", 0).write(TOPIC);
  await expect(reader("id-2", 0).write(TOPIC)).rejects.toMatchObject(replaced("id-1"));
  await expect(reader("id-2", 1).write(TOPIC)).rejects.toMatchObject(replaced("id-1"));
  expect(await otherThan("id-2", 1)).toBe("id-1");
  expect(await otherThan("id-1", 1)).toBeUndefined();
});

// Each sees the other's claim: neither can know whether the other writes.
test("of two that claim at once at most one is counted", async () => {
  const results = await Promise.allSettled([reader("id-1", 0).write(TOPIC), reader("id-2", 0).write(TOPIC)]);
  expect(results.filter(({ status }) => status === "fulfilled").length).toBeLessThan(2);
  expect(new Set((await readLogIds(store, "t")).counted.values()).size).toBeLessThan(2);
});

test("a claim alone, by a process that died before it wrote, holds others off", async () => {
  await store.writeStates([{ key: "source|log|t|claim|id-1", value: "id-1" }]);
  await expect(reader("id-2", 0).write(TOPIC)).rejects.toMatchObject(replaced("id-1"));
  await reader("id-1", 0).write(TOPIC);
  expect(await otherThan("id-1", 0)).toBeUndefined();
});

test("a claim that comes when another log is counted already changes nothing", async () => {
  await reader("id-2", 0).write(TOPIC);
  await store.writeStates([{ key: "source|log|t|claim|id-1", value: "id-1" }]);
  await reader("id-2", 0, 1).write(TOPIC);
  await expect(reader("id-1", 0).write(TOPIC)).rejects.toMatchObject(replaced("id-2"));
  expect(await otherThan("id-2", 0)).toBeUndefined();
});

test("a process keeps to the log that it has read, whatever it is assigned next", async () => {
  const ids = reader("id-1", 0);
  expect(await ids.otherThan("id-2", { topic: "t", partition: 1 })).toBe("id-1");
  expect(await ids.otherThan("id-1", { topic: "t", partition: 1 })).toBeUndefined();
});

test("a topic without segments is not claimed by those of others", async () => {
  const ids = reader("id-1", 0);
  ids.note([{ topic: "empty", partition: 0, offset: 0, logId: "id-a" }]);
  await ids.write(TOPIC);
  expect(await store.readStates("source|log|empty|")).toEqual([]);
  await ids.write(new Set(["t", "empty"]));
  expect((await readLogIds(store, "empty")).otherThan("id-b", 0)).toBe("id-a");
});

// Builds before claims wrote an id for each partition, and those before ids none.
test("ids that an older build wrote hold, and where it wrote none the first that is read is taken on", async () => {
  await store.writeStates([{ key: "source|log|t|0", value: "id-1" }]);
  await reader("id-1", 0, 1).write(TOPIC);
  await expect(reader("id-2", 0).write(TOPIC)).rejects.toMatchObject(replaced("id-1"));
  expect(await otherThan("id-2", 5)).toBe("id-1");
});

test("ids that were emptied by hand are forgotten", async () => {
  await reader("id-1", 0).write(TOPIC);
  const rows = await store.readStates("source|log|t|");
  await store.writeStates(rows.map(({ key }) => ({ key, value: "" })));
  await reader("id-2", 0).write(TOPIC);
  expect(await otherThan("id-1", 0)).toBe("id-2");
});

test("a topic whose name another's begins with has ids of its own", async () => {
  await reader("id-1", 0).write(TOPIC);
  await store.writeStates([{ key: "source|log|t2|0", value: "id-2" }]);
  expect([...(await readLogIds(store, "t")).counted.values()]).toEqual(["id-1"]);
});
