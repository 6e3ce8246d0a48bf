/** The laws of a store's states, and of the read-only queries that people write. */
import { expect, test } from "vitest";
import { verdictSql } from "../../src/incident/reproduce.ts";
import type { Store } from "../../src/store/contract.ts";
import { soon, sqlName } from "./store-reads.ts";
import { MINUTE_MS, ODD_NAMES, profileRow, T0_MS, verdictRow, windowRow } from "./store-rows.ts";

export function stateLaws(fresh: () => Promise<Store>): void {
  test("a state is replaced whole, the last write winning", async () => {
    const store = await fresh();
    expect(await store.readState("a")).toBeUndefined();
    const rows = ODD_NAMES.map((key, i) => ({ key, value: JSON.stringify({ i, text: ODD_NAMES }) }));
    await store.writeStates(rows);
    await store.writeStates([{ key: "plain", value: "first" }]);
    await store.writeStates([
      { key: "plain", value: "second" },
      { key: "plain", value: "third" },
    ]);
    await soon(async () => expect(await store.readState("plain")).toBe("third"));
    for (const { key, value } of rows.slice(1)) expect(await store.readState(key)).toBe(value);
    await store.writeStates([{ key: "plain", value: "" }]);
    await soon(async () => expect(await store.readState("plain")).toBe(""));
  });

  test("states are read by what their keys begin with, in the order of the keys", async () => {
    const store = await fresh();
    const keys = [
      "log|t",
      "log|t|",
      "log|t|0",
      "log|t|Z",
      "log|t|claim|é",
      "log|t|\u{10000}",
      "log|t0",
      "log|u|0",
    ];
    await store.writeStates(keys.map((key) => ({ key, value: `of ${key}` })));
    const under = keys.filter((key) => key.startsWith("log|t|"));
    await soon(async () => expect(await store.readStates("log|t|")).toHaveLength(under.length));
    expect(await store.readStates("log|t|")).toEqual(under.map((key) => ({ key, value: `of ${key}` })));
    expect(await store.readStates("log|v|")).toEqual([]);
  });
}

export function queryLaws(fresh: () => Promise<Store>): void {
  test("SQL reads with parameters, and gives numbers, texts, dates and lists", async () => {
    const store = await fresh();
    const profile = profileRow({ recordCount: 12 });
    await store.writeWindows([windowRow()], [profile]);
    const sql =
      "SELECT count(*) AS n, sum(record_count) AS total, max(window_start) AS last, max(swimlane) AS lane " +
      `FROM ${sqlName(store, "profiles")} WHERE feature = $1 AND record_count > $2`;
    await soon(async () => {
      expect(await store.query(sql, ["age", 11])).toStrictEqual([
        { n: 1, total: 12, last: new Date(T0_MS), lane: "prod" },
      ]);
    });
    expect(await store.query(sql, ["it's", 11])).toMatchObject([{ n: 0 }]);
    const [list] = await store.query(`SELECT kll_items FROM ${sqlName(store, "profiles")}`);
    expect(list).toStrictEqual({ kll_items: [...profile.profile.quantiles.items] });
  });

  // The same text in both dialects, whatever the names hold and whether or not the lane's records are meant.
  test("the SQL that explains a verdict gives the verdict, its window, and the windows before it", async () => {
    const store = await fresh();
    const keys = ODD_NAMES.map((name) => ({ swimlane: name, source: "s", feature: name, detector: "ks" }));
    keys.push({ swimlane: "prod", source: "", feature: "age", detector: "ks" });
    const starts = [T0_MS - MINUTE_MS, T0_MS];
    const each = <T>(make: (key: (typeof keys)[number], windowStartMs: number) => T) =>
      keys.flatMap((key) => starts.map((windowStartMs) => make(key, windowStartMs)));
    await store.writeWindows(
      each((key, windowStartMs) => windowRow({ ...key, windowStartMs })),
      each((key, windowStartMs) => profileRow({ ...key, windowStartMs })),
    );
    await store.writeVerdicts(each((key, windowStartMs) => verdictRow({ ...key, windowStartMs })));
    await soon(async () => {
      expect(await store.readProfiles({})).toHaveLength(keys.length * 2);
      expect(await store.readVerdicts({})).toHaveLength(keys.length * 2);
    });
    for (const key of keys) {
      const verdict = verdictRow({ ...key, windowStartMs: T0_MS });
      const [stored, window, past] = verdictSql(verdict, sqlName(store, ""), { untilMs: T0_MS });
      expect(await store.query(stored!), stored).toMatchObject([
        { statistic: verdict.statistic, window_start: new Date(T0_MS) },
      ]);
      expect(await store.query(window!), window).toMatchObject([{ record_count: 1_000 }]);
      expect(await store.query(past!), past).toMatchObject([
        { record_count: 1_000, window_start: new Date(T0_MS - MINUTE_MS) },
      ]);
    }
  });

  test("SQL that does more than read is refused and changes nothing", async () => {
    const store = await fresh();
    await store.writeWindows([windowRow()], []);
    await soon(async () => expect(await store.readWindows({})).toHaveLength(1));
    const table = sqlName(store, "windows");
    for (const sql of [
      `DROP TABLE ${table}`,
      `TRUNCATE TABLE ${table}`,
      `INSERT INTO ${table} SELECT * FROM ${table}`,
      `WITH a AS (SELECT 1) INSERT INTO ${table} SELECT * FROM ${table}`,
      `SELECT 1; DROP TABLE ${table}`,
      `/* SELECT */ DROP TABLE ${table}`,
      "COPY windows TO 'x'",
      "SELECT",
      "",
    ]) {
      await expect(store.query(sql), sql).rejects.toMatchObject({ code: "STORE_QUERY_REFUSED" });
    }
    expect(await store.readWindows({})).toHaveLength(1);
  });
}
