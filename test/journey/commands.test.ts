/** The commands as a person types them, wrong ones too. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";

vi.setConfig({ testTimeout: 120_000 });
const folder = mkdtempSync(join(tmpdir(), "lanewatch-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lanewatch(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["bin/lanewatch.mjs", ...words], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("validate tells every problem at once, where it is and what was probably meant", () => {
  const path = file(
    "bad.yaml",
    `
lanes: { defaults: { windw: 1m, pageBudget: -1, timeZone: Mars/Olympus } }
sources: { a: { type: kafka, brokers: ["x:1"], topcs: [a] } }
store: { type: duckdb, pth: x }
control: { token: "\${NOT_SET_ANYWHERE}" }
`,
  );
  const { status, stderr } = lanewatch("validate", "--config", path);
  expect(status).toBe(64);
  expect(stderr).toContain('lanes.defaults.windw: unknown key (did you mean "window"?)');
  expect(stderr).toContain("lanes.defaults.pageBudget:");
  expect(stderr).toContain("Mars/Olympus");
  expect(stderr).toContain('sources.a.topcs: unknown key (did you mean "topics"?)');
  expect(stderr).toContain('store.pth: unknown key (did you mean "path"?)');
  expect(stderr).toContain("NOT_SET_ANYWHERE is not set");
});

test("validate finds what is wrong in the SQL of a metric: a second statement, and a column that no store has", () => {
  const sql = (text: string) => file("sql.yaml", `metrics: { ratio: { sql: "${text}" } }`);
  const second = lanewatch("validate", "--config", sql("SELECT 1; DELETE FROM x"));
  expect(second.stderr).toContain('metrics.ratio.sql: a second statement begins after ";" at character 9');
  const column = lanewatch("validate", "--config", sql("SELECT max(maen) FROM this_lane"));
  expect([column.status, column.stderr]).toEqual([
    64,
    expect.stringMatching(/metrics\.ratio\.sql: .*"maen".*"mean"/),
  ]);
});

test("the example configuration is valid", () => {
  const { status, stdout } = lanewatch("validate", "--config", "lanewatch.example.yaml");
  expect([status, stdout]).toEqual([0, expect.stringContaining("is valid")]);
});

test.each([
  [["replya"], 64, "Did you mean replay?"],
  [["run", "--role", "ingst", "--config", "lanewatch.example.yaml"], 64, 'did you mean "ingest"?'],
  [["run", "--config", "/nowhere.yaml"], 64, "cannot be read"],
  [["gate", "--since", "1h"], 64, "--swimlane"],
  [["gate", "--swimlane", "prod", "--since", "soon"], 64, "not a length of time"],
  [["gate", "--swimlane", "prod", "--url", "http://127.0.0.1:9"], 2, "does not answer"],
  [["demo", "--port", "x"], 64, "--port"],
  [["validate", "--config", "/nowhere.yaml"], 64, "Name yours with --config FILE"],
  [
    ["replay", "src", "--config", "lanewatch.example.yaml", "--out", join(folder, "o")],
    64,
    '"src" is a folder',
  ],
  [
    ["replay", "package.json", "--config", "lanewatch.example.yaml", "--out", "package.json"],
    64,
    '--out "package.json" is a file',
  ],
  [["sketch", "inspect", "package.json"], 1, ""],
] as const)("%j exits with %i and says why", (words, status, text) => {
  const result = lanewatch(...words);
  expect([result.status, result.stderr]).toEqual([status, expect.stringContaining(text)]);
});

test("validate says what was given where something else belongs, and which plug-ins there are", () => {
  const path = file(
    "kinds.yaml",
    `
lanes: { rules: [{ match: prod, window: 5 }] }
metrics: []
sources: { a: { type: kafak, topics: [a] }, b: { topics: [b] } }
`,
  );
  expect(lanewatch("validate", "--config", path).stderr.split("\n").slice(1).sort()).toEqual([
    "",
    "  lanes.rules[0].window: must be a text, not the number 5",
    "  metrics: must be a map (`key: value`), not a list",
    '  sources.a.type: there is no "kafak" (did you mean "kafka"?)',
    "  sources.b.type: is missing (known here: kafka, file, synthetic)",
  ]);
});

test("baselines are not looked for in a store that is not there, and none is made", () => {
  const store = join(folder, "none.duckdb");
  const path = file("no-store.yaml", `store: { type: duckdb, path: ${store} }`);
  expect(lanewatch("baseline", "list", "--config", path)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`there is no store at ${store}: nothing was made`),
  });
  expect(existsSync(store)).toBe(false);
});

test("a detector that does not exist is named with the nearest that does", () => {
  const path = file("detectors.yaml", "detectors: { disable: [nul-rate] }");
  expect(lanewatch("validate", "--config", path)).toMatchObject({
    status: 64,
    stderr: expect.stringContaining('did you mean "null-rate"?'),
  });
});

test("replay, sketch export and sketch inspect follow one another", () => {
  const records = Array.from({ length: 600 }, (_, i) =>
    JSON.stringify({
      ts: Date.UTC(2026, 0, 1) + i * 10_000,
      swimlane: "prod",
      features: { x: i, c: `c${i % 3}` },
    }),
  );
  const input = file("records.jsonl", records.join("\n"));
  const out = join(folder, "out");
  const replayed = lanewatch("replay", input, "--config", file("empty.yaml", ""), "--out", out);
  expect([replayed.status, replayed.stdout]).toEqual([0, expect.stringContaining("600 records")]);
  const store = file(
    "store.yaml",
    `store: { type: duckdb, path: ${JSON.stringify(join(out, "store.duckdb"))} }`,
  );
  const sketches = join(folder, "sketches");
  expect(
    lanewatch("sketch", "export", "--swimlane", "prod", "--config", store, "--out", sketches).status,
  ).toBe(0);
  expect(readdirSync(sketches).sort()).toEqual([
    "c.frequent_strings.sk",
    "c.hll.sk",
    "manifest.json",
    "x.kll_doubles.sk",
  ]);
  const inspected = JSON.parse(
    lanewatch("sketch", "inspect", "--json", join(sketches, "x.kll_doubles.sk")).stdout,
  ) as { facts: { count: number; min: number } };
  expect(inspected.facts).toMatchObject({ count: 594, min: 0 });
});

test("a mapping that fits no record is said, not passed over", () => {
  const input = file("other.jsonl", '{"when":1,"lane":"a"}\n');
  expect(
    lanewatch("replay", input, "--config", file("empty.yaml", ""), "--out", join(folder, "none")),
  ).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("1 no_time"),
  });
});
