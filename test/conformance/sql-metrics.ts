/**
 * Metrics defined in SQL on a real store: what each line gives, what is said where it gives nothing, and that a window
 * is measured once for each of its revisions, whoever judges it. Run with every store.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { metric } from "../../detectors/metric/metric.ts";
import { AuditService } from "../../src/app/audit/audit-service.ts";
import { FeedbackFeed } from "../../src/app/audit/feedback-feed.ts";
import { References } from "../../src/app/audit/references.ts";
import { sqlMetricsOf, trySqlMetrics } from "../../src/app/audit/sql-metrics.ts";
import { auditorOptionsOf } from "../../src/app/auditor-options.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import type { Config } from "../../src/app/config/schema.ts";
import { RecentWindows } from "../../src/app/rollup/recent-windows.ts";
import { systemClock } from "../../src/base/clock.ts";
import { OperationalError } from "../../src/base/errors.ts";
import { retry } from "../../src/base/retry.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import { measure } from "../../src/metric/evaluate.ts";
import { boundSql } from "../../src/metric/sql-text.ts";
import { ProfileArena } from "../../src/sketch/arena.ts";
import { emptyProfile, type Profile } from "../../src/sketch/profile.ts";
import type { ProfileRow, Store, WindowRow } from "../../src/store/contract.ts";

export interface SqlStoreUnderTest {
  readonly store: Store;
  dispose(): Promise<void>;
}

const MINUTE_MS = 60_000;
const T0_MS = Date.UTC(2026, 9, 1);
const GUIDE = "docs/guides/sql-metrics.md";
const EXAMPLES = "docs/guides/examples/sql-metrics.yaml";
/** SQL that the store cannot answer within any time limit of these tests. */
const ENDLESS: Readonly<Record<string, string>> = {
  duckdb: "SELECT sum(sin(a.range) * b.range) FROM range(10000000) a, range(10000000) b",
  questdb: "SELECT sum(rnd_double()) FROM long_sequence(100000000000)",
};

interface LaneWindow {
  readonly window: WindowRow;
  readonly profiles: readonly ProfileRow[];
}

function profileOf(values: readonly (number | null)[]): Profile {
  const arena = new ProfileArena();
  const series = arena.open(1);
  for (const value of values) {
    arena.addPresent(series);
    if (value === null) arena.addNullValue(series);
    else arena.addNumber(series, value);
  }
  return arena.seal(series);
}

/** @param features values of each feature; the lane has as many records as the longest of them. */
function laneWindow(
  key: Pick<WindowRow, "swimlane" | "source"> & { readonly minute?: number; readonly revision?: number },
  features: Readonly<Record<string, readonly (number | null)[]>>,
): LaneWindow {
  const { swimlane, source, minute = 0, revision = 1 } = key;
  const recordCount = Math.max(...Object.values(features).map((values) => values.length));
  const row = {
    swimlane,
    source,
    windowStartMs: T0_MS + minute * MINUTE_MS,
    windowSizeMs: MINUTE_MS,
    revision,
  };
  const profiles: ProfileRow[] = [
    {
      ...row,
      feature: "*",
      kind: "records",
      recordCount,
      profile: { ...emptyProfile(), presentCount: recordCount },
    },
    ...Object.entries(features).map(
      ([feature, values]): ProfileRow => ({
        ...row,
        feature,
        kind: "feature",
        recordCount,
        profile: profileOf(values),
      }),
    ),
  ];
  const counts = { recordCount, profileCount: profiles.length, segmentCount: 1, mergedAtMs: T0_MS };
  return { window: { ...row, ...counts }, profiles };
}

async function write(store: Store, windows: readonly LaneWindow[]): Promise<void> {
  await store.writeWindows(
    windows.map(({ window }) => window),
    windows.flatMap(({ profiles }) => profiles),
  );
}

/** As jobs are tried again: QuestDB shows rows some time after it has taken them. */
function soon<T>(step: () => Promise<T>): Promise<T> {
  return retry(systemClock, step, { deadlineMs: 30_000 });
}

async function shown(store: Store, windows: readonly LaneWindow[]): Promise<void> {
  for (const { window } of windows)
    await soon(async () => {
      const { swimlane, source, windowStartMs } = window;
      const span = { swimlane, source, sinceMs: windowStartMs, untilMs: windowStartMs + 1 };
      const merged = await store.readWindows(span);
      const rows = await store.readProfiles(span);
      if (merged.length === 0 || rows.length < window.profileCount) throw notShown();
    });
}

/** Of a metric in SQL, by window. */
async function valuesOf(
  store: Store,
  feature: string,
  count: number,
  isDone: (values: readonly number[]) => boolean = () => true,
): Promise<readonly number[]> {
  return await soon(async () => {
    const rows = await store.readProfiles({ feature });
    const values = rows
      .filter(({ kind }) => kind === "sql")
      .sort((a, b) => a.windowStartMs - b.windowStartMs)
      .map(({ profile }) => profile.mean);
    if (values.length < count || !isDone(values)) throw notShown();
    return values;
  });
}

function notShown(): OperationalError {
  return new OperationalError("not shown yet", { code: "TEST_NOT_SHOWN", retryable: true });
}

async function askedIn(telemetry: Telemetry, name: string): Promise<number> {
  const text = await telemetry.registry.getSingleMetricAsString("lanewatch_metric_windows_total");
  const counts = [...text.matchAll(/metric="([^"]+)",outcome="[^"]+"\} (\d+)/g)];
  return counts.filter(([, of]) => of === name).reduce((sum, [, , count]) => sum + Number(count), 0);
}

function range<T>(count: number, of: (i: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, i) => of(i));
}

export function sqlMetricsConformance(name: string, open: () => Promise<SqlStoreUnderTest>): void {
  describe(`metrics defined in SQL, on ${name}`, () => {
    let under: SqlStoreUnderTest;
    let store: Store;
    beforeAll(async () => {
      under = await open();
      store = under.store;
      await write(store, [SHOP, OTHER, NAMELESS]);
      await shown(store, [SHOP, OTHER, NAMELESS]);
    }, 60_000);
    afterAll(() => under.dispose());

    const ask = (sql: string, { window }: LaneWindow = SHOP, timeLimitMs = 5_000) =>
      measure(store, { name: "m", sql, timeLimitMs }, window);

    test("every example of the guide gives the number that its comment promises", async () => {
      const { metrics } = parseConfig(readFileSync(EXAMPLES, "utf8"), {});
      const values: Record<string, unknown> = {};
      for (const [metricName, { sql }] of Object.entries(metrics)) {
        expect(readFileSync(GUIDE, "utf8"), `${GUIDE} shows ${metricName}`).toContain(sql);
        const measured = await ask(sql!);
        values[metricName] = measured.outcome === "ok" ? Number(measured.value.toPrecision(6)) : measured;
      }
      expect(values).toEqual({
        discount: 0.8,
        "profile-nulls": 0.05,
        "features-alive": 3,
        tail: 2,
        "share-of-all": 0.625,
      });
    });

    test("parameters, a WITH of one's own, a comment and a semicolon at the end are taken", async () => {
      expect(
        await ask(
          "WITH mine AS (SELECT record_count FROM this_lane WHERE feature = '*' AND swimlane = :lane AND window_start >= :start AND window_start < :end) SELECT sum(record_count) * 60000 / :window_ms FROM mine; -- a minute's",
        ),
      ).toEqual({ outcome: "ok", value: 100 });
      expect(await ask("SELECT sum(record_count) FROM this_lane WHERE feature = '*'", NAMELESS)).toEqual({
        outcome: "ok",
        value: 7,
      });
    });

    test.each([
      ["NULL", "SELECT sum(mean) FROM this_lane WHERE feature = 'no such'", "empty"],
      ["no row", "SELECT mean FROM this_lane WHERE feature = 'no such'", "empty"],
      ["a division by 0", "SELECT sum(mean) / (sum(mean) - sum(mean)) FROM this_lane", "empty"],
      ["several rows", "SELECT mean FROM this_lane WHERE kind = 'feature'", "more than one row"],
      ["two columns", "SELECT sum(mean) AS a, sum(p50) AS b FROM this_lane", "2 columns"],
      ["a text", "SELECT max(kind) FROM this_lane WHERE feature = '*'", "not a number"],
      ["a truth", "SELECT count(*) > 0 FROM this_lane", "not a number"],
      ["an unknown column", "SELECT sum(no_such_column) FROM this_lane", "no_such_column"],
      ["an unknown table", "SELECT count(*) FROM no_such_table", "no_such_table"],
      ["bad grammar", "SELECT sum(mean FROM this_lane", "FROM"],
    ])("%s is said for what it is, and the next line is measured", async (_, sql, said) => {
      const measured = await ask(sql);
      if (said === "empty") expect(measured).toEqual({ outcome: "empty" });
      else expect(measured).toMatchObject({ outcome: "error", problem: expect.stringContaining(said) });
      expect(await ask("SELECT sum(record_count) FROM this_lane WHERE feature = '*'")).toMatchObject({
        value: 100,
      });
    });

    test("a line that takes too long is given up in time, and the store answers on", async () => {
      const startMs = performance.now();
      expect(await ask(ENDLESS[store.name]!, SHOP, 300)).toMatchObject({ outcome: "timeout" });
      expect(performance.now() - startMs).toBeLessThan(5_000);
      expect(await ask("SELECT sum(record_count) FROM this_lane WHERE feature = '*'")).toMatchObject({
        value: 100,
      });
    });

    // `sqlProblem` refuses it at the start; the statement itself cannot write either.
    test("what would write is refused by the store, too, and changes nothing", async () => {
      const table = `${store.tablePrefix}states`;
      for (const sql of [
        `WITH a AS (SELECT 1) INSERT INTO ${table} SELECT * FROM ${table}`,
        `SELECT 1) LIMIT 1; DROP TABLE ${table}; SELECT * FROM (SELECT 1`,
        `DROP TABLE ${table}`,
      ])
        expect(await ask(sql), boundSql(sql, SHOP.window, "", 2)).toMatchObject({ outcome: "error" });
      expect(await store.query(`SELECT count(*) AS n FROM ${table}`)).toEqual([{ n: 0 }]);
    });

    test("what only the store can know is wrong is known before there is any window, by metric", async () => {
      const config = parseConfig(
        `metrics: { good: { sql: "SELECT max(mean) FROM this_lane" }, bad: { sql: "SELECT max(maen) FROM this_lane" }, sent: {} }`,
        {},
      );
      const problems = await trySqlMetrics(store, config);
      expect([...problems.keys()]).toEqual(["bad"]);
      expect(problems.get("bad")).toContain("maen");
    });

    // The quick lane is judged up to its tenth window while the slow one has eight; then both go on.
    test("a line over all lanes is not measured while one of them lags, and says which", async () => {
      const [from, quick, slow] = [10_000, "quick", "slow"];
      const windowsOf = (swimlane: string, first: number, last: number) =>
        range(last - first, (i) =>
          laneWindow({ swimlane, source: "", minute: from + first + i }, { x: range(4, () => 1) }),
        );
      const config = parseConfig(
        `{ lanes: { defaults: { coarser: [] } }, metrics: { of-all: { swimlane: quick, sql: "SELECT sum(CASE WHEN swimlane = :lane THEN record_count ELSE 0 END) * 1.0 / sum(record_count) FROM all_lanes WHERE feature = '*'" } } }`,
        {},
      );
      const run = async (last: number) => {
        const untilStartMs = T0_MS + (from + last) * MINUTE_MS;
        await soon(() => service.run({ swimlane: quick, source: "", windowSizeMs: MINUTE_MS, untilStartMs }));
      };
      const { service } = auditsOf(store, config);
      const apart = [...windowsOf(quick, 0, 10), ...windowsOf(slow, 0, 8)];
      await write(store, apart);
      await shown(store, apart);
      await run(9);
      const caughtUp = [...windowsOf(slow, 8, 11), ...windowsOf(quick, 10, 11)];
      await write(store, caughtUp);
      await shown(store, caughtUp);
      await run(10);
      expect(await valuesOf(store, "of-all", 9)).toEqual(range(9, () => 0.5));
      const verdicts = await soon(() => store.readVerdicts({ swimlane: quick, feature: "of-all" }));
      const unmeasured = verdicts.filter(({ detector }) => detector === "sql");
      expect(unmeasured.map((row) => (row.windowStartMs - T0_MS) / MINUTE_MS - from).sort()).toEqual([8, 9]);
      expect(unmeasured[0]).toMatchObject({
        answer: "insufficient",
        summary: expect.stringContaining("all_lanes would lack slow / "),
      });
    }, 60_000);

    test("each window is measured once; late data has it measured anew, a restart does not", async () => {
      const lane = { swimlane: "once", source: "" };
      const windows = range(30, (minute) => laneWindow({ ...lane, minute }, { x: [minute, minute] }));
      await write(store, windows);
      const config = parseConfig(
        `{ lanes: { defaults: { coarser: [] } }, metrics: { mean-x: { sql: "SELECT max(mean) FROM this_lane WHERE feature = 'x'", swimlane: once }, broken: { sql: "SELECT nothing FROM this_lane" }, elsewhere: { sql: "SELECT 1", swimlane: "pro*" } } }`,
        {},
      );
      const job = (minute: number) => ({
        ...lane,
        windowSizeMs: MINUTE_MS,
        untilStartMs: T0_MS + minute * MINUTE_MS,
      });
      await shown(store, windows);
      const first = auditsOf(store, config);
      await soon(() => first.service.run(job(19)));
      await soon(() => first.service.run(job(24)));
      expect(await first.asked("mean-x")).toBe(25);
      expect(await valuesOf(store, "mean-x", 25)).toEqual(range(25, (i) => i));
      // Windows 20 to 24 came after the last checkpoint: another process judges them again, from what is stored.
      const second = auditsOf(store, config);
      await soon(() => second.service.run(job(29)));
      expect(second.judged).toEqual(range(10, (i) => 20 + i));
      expect(await second.asked("mean-x")).toBe(5);
      expect(await second.asked("broken")).toBe(10);
      expect(await second.asked("elsewhere")).toBe(0);
      await valuesOf(store, "mean-x", 30);
      // Late data: window 25 holds other values, and no store need show them at once.
      const late = laneWindow({ ...lane, minute: 25, revision: 2 }, { x: [25, 25, 1_000] });
      await write(store, [late]);
      await soon(() =>
        second.service.run({ ...job(25), revisedStartMs: late.window.windowStartMs, revision: 2 }),
      );
      await soon(() => second.service.run(job(29)));
      expect(await second.asked("mean-x")).toBe(6);
      const after = await valuesOf(store, "mean-x", 30, (values) => values[25] === 350);
      expect(after).toEqual(range(30, (i) => (i === 25 ? 350 : i)));
      const verdicts = await soon(() => store.readVerdicts({ swimlane: "once", feature: "broken" }));
      expect(new Set(verdicts.map(({ detector, answer }) => `${detector} ${answer}`))).toEqual(
        new Set(["sql insufficient"]),
      );
    }, 60_000);
  });
}

const SHOP = laneWindow(
  { swimlane: "prod", source: "web" },
  {
    price_paid: range<number | null>(100, (i) => (i < 10 ? null : 8)),
    price_list: range(100, () => 10),
    latency_ms: range(100, (i) => (i < 90 ? 20 : 40)),
    unused: range(100, () => null),
  },
);
const OTHER = laneWindow({ swimlane: "eval", source: "web" }, { price_paid: range(60, () => 1) });
/** The lane's records came from no named source. */
const NAMELESS = laneWindow({ swimlane: "it's; -- odd", source: "", minute: 5 }, { x: range(7, (i) => i) });

/** A process that judges, with a memory of its own. */
function auditsOf(store: Store, config: Config) {
  const telemetry = new Telemetry({ level: "silent" });
  const judged: number[] = [];
  const service = new AuditService({
    store,
    recent: new RecentWindows(0, new Set()),
    coarserOf: () => [],
    clock: systemClock,
    telemetry,
    feedback: new FeedbackFeed({ store, clock: systemClock }),
    references: new References({ store, clock: systemClock, telemetry, compareWith: () => [] }),
    auditorOptions: auditorOptionsOf(config, [metric]),
    sqlMetrics: sqlMetricsOf(config),
    checkpointWindows: 16,
    onJudged: async (windows) =>
      void judged.push(...windows.map(({ complete }) => (complete.window.windowStartMs - T0_MS) / MINUTE_MS)),
    signal: new AbortController().signal,
  });
  return { service, judged, asked: (name: string) => askedIn(telemetry, name) };
}
