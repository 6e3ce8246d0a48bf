/** Which log of a name is counted, on a QuestDB that shows rows later than it takes them and deletes none. */
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogIds, readLogIds } from "../../src/app/ingest/log-ids.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { Store } from "../../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";

describeWithEngines(["questdb"], "the log that is counted, kept in QuestDB", () => {
  const stores: Store[] = [];
  let http = "";
  let tablePrefix = "";

  beforeEach(async () => {
    tablePrefix = `t${randomBytes(6).toString("hex")}_`;
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  test("is the first that was claimed, until its id is emptied as the guide says", async () => {
    await (await reader("id-1")).write(new Set(["t"]));
    await expect((await reader("id-2")).write(new Set(["t"]))).rejects.toMatchObject({
      code: "SOURCE_LOG_REPLACED",
    });
    await run(`UPDATE ${tablePrefix}states SET value = NULL WHERE key LIKE 'source|log|t|%'`);
    await expect
      .poll(async () => (await readLogIds(stores[0]!, "t")).counted.size, { timeout: 20_000 })
      .toBe(0);
    await (await reader("id-2")).write(new Set(["t"]));
    await expect
      .poll(async () => (await readLogIds(stores[0]!, "t")).otherThan("id-1", 0), { timeout: 20_000 })
      .toBe("id-2");
  });

  test("is one at most of two that are claimed at once", async () => {
    const readers = await Promise.all([reader("id-1"), reader("id-2")]);
    const written = await Promise.allSettled(readers.map((each) => each.write(new Set(["t"]))));
    expect(written.filter(({ status }) => status === "fulfilled").length).toBeLessThan(2);
  });

  /** A process of its own that was assigned the topic's only partition. */
  async function reader(logId: string): Promise<LogIds> {
    const { httpPort, pgPort } = await engine("questdb");
    http = `http://127.0.0.1:${httpPort}`;
    const options = storeOptionsSchema.parse({
      type: "questdb",
      http,
      pg: `127.0.0.1:${pgPort}`,
      tablePrefix,
      flushIntervalMs: 50,
    });
    const store = makeStore(options, { clock: systemClock, telemetry: new Telemetry({ level: "silent" }) });
    await store.open();
    stores.push(store);
    const ids = new LogIds({ store, clock: systemClock, claims: true });
    ids.note([{ topic: "t", partition: 0, offset: 0, logId }]);
    return ids;
  }

  async function run(sql: string): Promise<void> {
    const answer = await fetch(`${http}/exec?query=${encodeURIComponent(sql)}`);
    if (!answer.ok) throw new Error(`${sql}: ${await answer.text()}`);
  }
});
