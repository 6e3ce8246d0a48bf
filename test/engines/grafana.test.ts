/** Every query of the dashboard, run on the real QuestDB with tables that the store made and rows that it wrote. */
import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { panels } from "../../deploy/grafana/dashboard.ts";
import { variableQueries } from "../../deploy/grafana/queries.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { Store } from "../../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import { grafanaRows } from "../harness/grafana-rows.ts";

const TABLES = ["segments", "windows", "profiles", "verdicts", "incidents", "notifications"];

describeWithEngines(["questdb"], "Grafana's queries on QuestDB", () => {
  const prefix = `g${randomBytes(6).toString("hex")}_`;
  let store: Store;
  let client: Client;
  let httpPort: number;

  beforeAll(async () => {
    const address = await engine("questdb");
    httpPort = address.httpPort;
    const options = storeOptionsSchema.parse({
      type: "questdb",
      http: `http://127.0.0.1:${httpPort}`,
      pg: `127.0.0.1:${address.pgPort}`,
      tablePrefix: prefix,
      flushIntervalMs: 50,
    });
    store = makeStore(options, { clock: systemClock, telemetry: new Telemetry({ level: "silent" }) });
    await store.open();
    const rows = grafanaRows();
    await store.writeSegments(rows.segments);
    await store.writeWindows(rows.windows, rows.profiles);
    await store.writeVerdicts(rows.verdicts);
    await store.writeIncidents(rows.incidents);
    await store.writeNotifications(rows.notifications);
    client = new Client({
      host: "127.0.0.1",
      port: address.pgPort,
      user: "admin",
      password: "quest",
      database: "qdb",
    });
    await client.connect();
    await visible("windows", rows.windows.length);
    await visible("profiles", rows.profiles.length);
    await visible("verdicts", rows.verdicts.length);
    await visible("segments", rows.segments.length);
    await visible("incidents", rows.incidents.length);
    await visible("notifications", rows.notifications.length);
  });

  afterAll(async () => {
    await client?.end();
    await store?.close();
    for (const table of [...TABLES, "segment_profiles", "states"]) {
      await fetch(
        `http://127.0.0.1:${httpPort}/exec?query=${encodeURIComponent(`DROP TABLE IF EXISTS ${prefix}${table}`)}`,
      );
    }
  });

  const countOf = async (table: string) =>
    Number((await client.query(`SELECT count() AS n FROM ${prefix}${table}`)).rows[0].n);

  /** QuestDB applies what it has acknowledged a moment later. */
  const visible = async (table: string, count: number) => {
    for (let i = 0; i < 300 && (await countOf(table)) < count; i++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await countOf(table)).toBe(count);
  };

  /** What Grafana does to a query before it sends it, and our tables' prefix. */
  const run = async (rawSql: string) => {
    const sql = rawSql
      .replaceAll(
        /\$__timeFilter\((\w+)\)/g,
        "$1 >= cast(1772409600000000 as timestamp) AND $1 <= cast(1772496000000000 as timestamp)",
      )
      .replaceAll("${swimlane:sqlstring}", "'prod','it''s odd'")
      .replaceAll("${source:sqlstring}", "'clicks','views'")
      .replaceAll("${feature:sqlstring}", "'age'")
      .replaceAll("${window_size_ms}", "300000")
      .replaceAll("${bucket}", "5m")
      .replaceAll(new RegExp(`\\bFROM (${TABLES.join("|")})\\b`, "g"), `FROM ${prefix}$1`);
    expect(sql).not.toMatch(/\$/);
    return (await client.query(sql)).rows as Record<string, unknown>[];
  };

  for (const panel of panels.filter(({ type }) => type !== "row")) {
    test(`"${panel.title}" (${panel.type}) gives rows`, async () => {
      const rows = await run(panel.rawSql);
      expect(rows.length).toBeGreaterThan(0);
      if (panel.type === "timeseries") expect(rows[0]!["time"]).toBeInstanceOf(Date);
    });
  }

  for (const [name, sql] of Object.entries(variableQueries)) {
    test(`the choice "${name}" has values`, async () => {
      expect((await run(sql)).length).toBeGreaterThan(0);
    });
  }

  test("the proof of counts adds up: offsets covered, outcomes, and records in windows", async () => {
    const proof = panels.find(({ title }) => title === "Offsets against segments")!;
    const rows = await run(proof.rawSql);
    expect(rows.map((row) => Number(row["offsets_minus_covered"]))).toEqual([0]);
    const outcomes = await run(panels.find(({ title }) => title === "What became of every record")!.rawSql);
    const total = outcomes
      .flatMap(({ time: _, ...counts }) => Object.values(counts).map(Number))
      .reduce((a, b) => a + b, 0);
    expect(total).toBe(Number(rows[0]!["covered"]));
  });

  test("the SQL that incidents quote runs as it stands", async () => {
    const { incidents } = grafanaRows();
    const queries = incidents.flatMap((row) => JSON.parse(row.explanation).sql as string[]);
    expect(queries.length).toBeGreaterThan(2);
    for (const sql of queries) expect((await run(sql)).length).toBeGreaterThan(0);
  });
});
