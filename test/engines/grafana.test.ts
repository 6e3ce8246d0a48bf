/** Every query of the dashboard, run on the real QuestDB with tables that the store made and rows that it wrote. */
import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { panels } from "../../deploy/grafana/dashboard.ts";
import { variableQueries } from "../../deploy/grafana/queries.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import { provePartition } from "../../src/rollup/proof.ts";
import type { Store } from "../../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import { exampleManifest } from "../harness/example-manifest.ts";
import { grafanaRows } from "../harness/grafana-rows.ts";

const STARTED_MS = Date.parse("2026-03-02T14:00:00Z");
/** Offsets as processes that died, paused or were replaced leave them: [start, end, shape]. */
const CUT_TWICE: Readonly<Record<string, readonly (readonly [number, number, string?])[]>> = {
  once: [
    [0, 10],
    [10, 20],
    [20, 30],
  ],
  gaps: [
    [0, 10],
    [12, 20],
    [25, 30],
  ],
  "dead end": [
    [0, 10],
    [10, 20],
    [10, 15],
    [15, 40],
  ],
  "three dead ends": [
    [0, 10],
    [10, 20],
    [20, 30],
    [30, 33],
    [10, 15],
    [15, 25],
    [25, 50],
    [50, 60],
  ],
  "in the middle": [
    [0, 10],
    [10, 20],
    [5, 20],
    [20, 30],
  ],
  "two shapes": [
    [0, 10],
    [0, 10, "z"],
    [10, 20, "z"],
    [10, 20],
  ],
  longer: [
    [0, 10],
    [10, 50],
    [10, 80],
    [80, 90],
  ],
  "two ways": [
    [0, 10],
    [10, 20],
    [20, 40],
    [10, 15],
    [15, 40],
    [40, 50],
  ],
};
const TABLES = ["segments", "windows", "profiles", "verdicts", "incidents", "notifications", "feedback"];

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
    const [paged] = rows.incidents.filter(({ swimlane }) => swimlane === "prod");
    const said = {
      incidentId: paged!.id,
      swimlane: "prod",
      severity: "page",
      givenBy: "ada",
      reason: "",
    } as const;
    await store.writeFeedback(
      (["real", "noise"] as const).map((label, i) => ({
        ...said,
        label,
        atMs: STARTED_MS + i,
        appliesFromMs: STARTED_MS,
        anomalies: "",
      })),
    );
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
    await visible("feedback", 2);
  });

  afterAll(async () => {
    await client?.end();
    await store?.close();
    for (const table of [...TABLES, "segment_windows", "states"]) {
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
      .replaceAll("${budget}", "0.25")
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

  const panelRows = (title: string) => run(panels.find((panel) => panel.title === title)!.rawSql);
  const proofRows = () => panelRows("Records in the log against records accounted for");

  test("the proof of counts adds up: offsets covered, outcomes, and records in windows", async () => {
    const rows = await proofRows();
    expect(rows.map((row) => [row["answer"], Number(row["unaccounted"])])).toEqual([["adds up", 0]]);
    const outcomes = await panelRows("What became of every record");
    const total = outcomes
      .flatMap(({ time: _, ...counts }) => Object.values(counts).map(Number))
      .reduce((a, b) => a + b, 0);
    expect(total).toBe(Number(rows[0]!["in_the_log"]));
  });

  test("page budgets: pages against what is accepted, the newest word on each, and what rules did", async () => {
    const rows = await panelRows("Pages against the budget");
    const numbers = ["pages", "noise", "real", "not_judged", "may_be_false", "precision_share"];
    const numberOf = (value: unknown) => (value === null ? null : Number(value));
    expect(rows.map((row) => [row["swimlane"], ...numbers.map((name) => numberOf(row[name]))])).toEqual([
      ["prod", 1, 1, 0, 0, 1, 0],
      ["it's odd", 0, 0, 0, 0, 0, null],
    ]);
    expect(Number(rows[0]!["accepted"])).toBeCloseTo((0.25 * 55) / 10_080, 6);
    const rules = await panelRows("What rules did");
    expect(rules.map(({ swimlane, detector, standing }) => [swimlane, detector, standing])).toEqual([
      ["it's odd", "ks", "never fired"],
      ["it's odd", "volume", "never fired"],
      ["prod", "ks", "fired"],
      ["prod", "volume", "fired"],
    ]);
  });

  // Each case a partition of its own; what the panel's query walks is held against the walk of the product.
  test("panels about counts follow the path: what was cut twice counts once, and what is missing shows", async () => {
    const manifests = Object.entries(CUT_TWICE).flatMap(([name, cuts], partition) =>
      cuts.map(([startOffset, endOffset, shape = "s"]) =>
        exampleManifest(startOffset, endOffset, {
          topic: `cut ${name}`,
          partition,
          shape,
          startedAtMs: STARTED_MS,
        }),
      ),
    );
    await store.writeSegments(manifests.map((manifest) => ({ manifest, profiles: [] })));
    await visible("segments", grafanaRows().segments.length + manifests.length);
    const rows = (await proofRows()).filter(({ topic }) => String(topic).startsWith("cut "));
    const expected = Object.keys(CUT_TWICE).map((name) => {
      const proof = provePartition(manifests.filter(({ topic }) => topic === `cut ${name}`))!;
      const { logCount, accountedCount, segmentCount, breaks, holds } = proof;
      return [
        name,
        holds ? "adds up" : "run lanewatch prove",
        logCount,
        accountedCount,
        segmentCount,
        breaks.length,
      ];
    });
    const numbers = ["in_the_log", "accounted_for", "segments", "breaks"];
    const found = rows.map((row) => [
      String(row["topic"]).slice(4),
      row["answer"],
      ...numbers.map((name) => Number(row[name])),
    ]);
    expect(found.sort()).toEqual(expected.sort());
    const stages = await panelRows("Where records went, stage by stage");
    for (const row of stages.filter(({ topic }) => String(topic).startsWith("cut ")))
      expect(Number(row["offsets"])).toBe(expected.find(([name]) => `cut ${name}` === row["topic"])![3]);
  });

  test("the SQL that incidents quote runs as it stands", async () => {
    const { incidents } = grafanaRows();
    const queries = incidents.flatMap((row) => JSON.parse(row.explanation).sql as string[]);
    expect(queries.length).toBeGreaterThan(2);
    for (const sql of queries) expect((await run(sql)).length).toBeGreaterThan(0);
  });
});
