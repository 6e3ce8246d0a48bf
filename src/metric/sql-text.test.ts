import { expect, test } from "vitest";
import { boundSql, sqlProblem } from "./sql-text.ts";

const WINDOW = {
  swimlane: "prod/it's",
  source: "",
  windowStartMs: Date.UTC(2026, 9, 1, 12),
  windowSizeMs: 60_000,
  revision: 3,
};

test.each([
  "SELECT 1",
  "select max(mean) from this_lane where feature = 'drop table; -- :nothing'",
  'WITH a AS (SELECT 1 AS "update") SELECT * FROM a;',
  "-- what it is for\nSELECT count(*) /* insert */ FROM this_lane ; ",
  "SELECT mean::double FROM this_lane WHERE swimlane = :lane AND window_start >= :start",
])("one SELECT is taken, whatever its texts, names and comments hold: %s", (sql) => {
  expect(sqlProblem(sql)).toBeUndefined();
});

test.each([
  ["", "it is empty"],
  ["-- nothing but this", "it is empty"],
  ["DELETE FROM profiles", 'begins with "DELETE" at character 1'],
  ["  EXPLAIN SELECT 1", 'begins with "EXPLAIN" at character 3'],
  ["SELECT 1; SELECT 2", 'a second statement begins after ";" at character 9'],
  ["SELECT 1;;", 'a second statement begins after ";" at character 9'],
  ["WITH a AS (SELECT 1) INSERT INTO states SELECT * FROM a", '"INSERT" at character 22 does more than read'],
  ["SELECT 1 INTO x", '"INTO" at character 10 does more than read'],
  ["WITH RECURSIVE a AS (SELECT 1) SELECT * FROM a", "WITH RECURSIVE at character 6"],
  ["SELECT 'open FROM this_lane", "a quote at character 8 is not closed"],
  ["SELECT :lanes", ":lanes at character 8 is no parameter: there are :lane, :source"],
])("%j is refused, with the place", (sql, problem) => {
  expect(sqlProblem(sql)).toContain(problem);
});

test("parameters become literals that no name can break out of; texts, names, comments and casts stay", () => {
  const sql = "SELECT ':lane' AS \":end\", :lane, :source, :start, :end, :window_ms::int -- :lane";
  expect(boundSql(sql, WINDOW, "", 2)).toBe(
    "SELECT * FROM (\nSELECT ':lane' AS \":end\", 'prod/it''s', '', '2026-10-01T12:00:00.000Z', " +
      "'2026-10-01T12:01:00.000Z', 60000::int -- :lane\n) LIMIT 2",
  );
});

test("a relation is there where it is named, of this window's newest revision, and with the tables' prefix", () => {
  expect(boundSql("SELECT 1", WINDOW, "x_", 2)).not.toContain("WITH");
  const lane = boundSql("SELECT count(*) FROM This_Lane;", WINDOW, "x_", 2);
  expect(lane).toMatch(
    /^SELECT \* FROM \(\nWITH this_lane AS \(SELECT DISTINCT window_start, .* FROM x_profiles WHERE /,
  );
  expect(lane).toContain(
    "swimlane = 'prod/it''s' AND source IS NULL AND revision = 3)\nSELECT count(*) FROM This_Lane\n)",
  );
  const all = boundSql("SELECT count(*) FROM all_lanes", WINDOW, "", 2);
  expect(all).toContain(
    "window_start = '2026-10-01T12:00:00.000Z' AND window_size_ms = 60000 AND kind <> 'sql')",
  );
  expect(all).not.toContain("swimlane =");
});

test("a WITH of one's own follows the relations that it reads", () => {
  const sql = boundSql("  with mine as (SELECT * FROM this_lane) SELECT count(*) FROM mine", WINDOW, "", 2);
  expect(sql).toMatch(/WITH this_lane AS \(.*\),\n mine as \(SELECT \* FROM this_lane\) SELECT/);
});
