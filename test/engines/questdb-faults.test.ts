/** What only a server can get wrong: it dies, it stops applying, it holds tables of another making. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { Store } from "../../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { windowRow } from "../conformance/store-rows.ts";
import { freePorts } from "../harness/engines/ports.ts";
import { type QuestDbEngine, startQuestDb } from "../harness/engines/questdb.ts";
import { describeWithEngines } from "../harness/engines-suite.ts";

describeWithEngines(["questdb"], "QuestDB in trouble", () => {
  // A server of our own: the shared one is nobody's to kill. Only in its dev mode can a table be suspended by hand.
  let server: QuestDbEngine;
  beforeAll(async () => {
    server = await startQuestDb({ "dev.mode.enabled": "true" });
  });
  afterAll(() => server.stop());

  test("killed under load, it loses no acknowledged row, and writers go on once it is back", async () => {
    const store = storeAt(server, { tablePrefix: "killed_" });
    await store.open();
    const acknowledged: number[] = [];
    let stop = false;
    const writing = (async () => {
      for (let i = 0; !stop; i++) {
        await store.writeWindows([windowRow({ windowStartMs: i * 60_000 })], []);
        acknowledged.push(i);
      }
    })();
    await until(() => acknowledged.length >= 20);
    await server.process.end("SIGKILL");
    const countAtKill = acknowledged.length;
    expect(await store.ready()).toBe(false);
    await server.process.start();
    await until(() => acknowledged.length >= countAtKill + 20);
    stop = true;
    await writing;
    await until(async () => (await store.readWindows({})).length >= acknowledged.length);
    const starts = (await store.readWindows({})).map((window) => window.windowStartMs / 60_000);
    expect(starts).toEqual(acknowledged);
    await store.close();
  });

  test("away, it fails calls in bounded time with an error that may be retried", async () => {
    const [httpPort, pgPort] = (await freePorts(2)) as [number, number];
    const store = storeAt({ httpPort, pgPort }, { retryDeadlineMs: 500 });
    const away = { code: "STORE_UNREACHABLE", retryable: true };
    await expect(store.open()).rejects.toMatchObject(away);
    await expect(store.writeWindows([windowRow()], [])).rejects.toMatchObject(away);
    await expect(store.readWindows({})).rejects.toMatchObject(away);
    expect(await store.ready()).toBe(false);
    await store.close();
  });

  test("with a suspended table it is not ready, though it answers and acknowledges", async () => {
    const store = storeAt(server, { tablePrefix: "suspended_" });
    await store.open();
    await store.writeWindows([windowRow()], []);
    expect(await store.ready()).toBe(true);
    // Suspended while it still applies the first row, the table is seen to go on.
    await until(async () => (await store.readWindows({})).length === 1);
    await execute(server, "ALTER TABLE suspended_windows SUSPEND WAL");
    await store.writeWindows([windowRow({ revision: 2 })], []);
    expect(await store.ready()).toBe(false);
    await execute(server, "ALTER TABLE suspended_windows RESUME WAL");
    await until(async () => await store.ready());
    await until(async () => (await store.readWindows({}))[0]?.revision === 2);
    await store.close();
  });

  test("a table of another making is refused, one with another retention is brought up to date", async () => {
    const first = storeAt(server, { windowDays: 30 });
    await first.open();
    await first.close();
    const second = storeAt(server, { windowDays: 60 });
    await second.open();
    // What alters a table is acknowledged before it is applied, here and below.
    await expect
      .poll(() => second.query("SELECT ttlValue, ttlUnit FROM tables() WHERE table_name = 'windows'"), {
        timeout: 60_000,
      })
      .toEqual([{ ttlValue: 60, ttlUnit: "DAY" }]);
    await execute(server, "ALTER TABLE windows DEDUP DISABLE");
    await until(async () => {
      const [keys] = await second.query(
        `SELECT count(*) AS n FROM table_columns('windows') WHERE "upsertKey"`,
      );
      return keys?.["n"] === 0;
    });
    await second.close();
    await expect(storeAt(server).open()).rejects.toMatchObject({
      code: "STORE_SCHEMA_MISMATCH",
      message: expect.stringContaining("it lacks swimlane SYMBOL (in the key)"),
    });
  });

  test("a user who may only read runs a person's SQL, and our own still writes", async () => {
    const store = storeAt(server, { readOnlyUser: "user", tablePrefix: "shared_" });
    await store.open();
    await store.writeWindows([windowRow()], []);
    await until(async () => (await store.query("SELECT count(*) AS n FROM shared_windows"))[0]?.["n"] === 1);
    await store.close();
  });
});

type Ports = Pick<QuestDbEngine, "httpPort" | "pgPort">;

function storeAt({ httpPort, pgPort }: Ports, more: object = {}): Store {
  const options = storeOptionsSchema.parse({
    type: "questdb",
    http: `http://127.0.0.1:${httpPort}`,
    pg: `127.0.0.1:${pgPort}`,
    flushIntervalMs: 20,
    ...more,
  });
  return makeStore(options, { clock: systemClock, telemetry: new Telemetry({ level: "silent" }) });
}

async function execute({ httpPort }: Ports, sql: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/exec?query=${encodeURIComponent(sql)}`);
  expect(await response.text()).toContain("OK");
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 60_000;
  while (!(await Promise.resolve(holds()).catch(() => false))) {
    if (Date.now() > deadlineMs) throw new Error("it did not come to hold within a minute");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
