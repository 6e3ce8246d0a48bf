import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, expect, test, vi } from "vitest";
import { runCommandLine } from "../../src/app/cli/command-line.ts";

vi.setConfig({ testTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), "lanewatch-prove-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const config = join(folder, "c.yaml");
const store = join(folder, "out", "store.duckdb");

async function run(...flags: string[]) {
  const out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const complaints = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const status = await runCommandLine(["prove", "-c", config, ...flags]);
  const text = out.mock.calls.map(([words]) => String(words)).join("");
  const complaint = complaints.mock.calls.map(([words]) => String(words)).join("");
  out.mockRestore();
  complaints.mockRestore();
  return { status, text, complaint };
}

async function prove(path = store, ...flags: string[]) {
  const { status, text } = await run("--store", path, "--json", ...flags);
  return { status, answer: text === "" ? undefined : JSON.parse(text) };
}

test("what was replayed is proven; with one manifest gone it is not, and its place is named", async () => {
  writeFileSync(config, "lanes:\n  defaults: { window: 1d, lateMax: 9999d }\n");
  const records = join(folder, "records.jsonl");
  writeFileSync(records, gunzipSync(readFileSync("test/data/journey/records.jsonl.gz")));
  expect((await prove(join(folder, "none.duckdb"))).status).toBe(2);
  expect(await runCommandLine(["replay", records, "-c", config, "-o", join(folder, "out"), "--quiet"])).toBe(
    0,
  );
  const whole = await prove();
  expect(whole).toMatchObject({ status: 0, answer: { result: "proven" } });
  const { counted } = whole.answer.partitions[0];
  expect(counted.accountedCount).toBe(counted.logCount);
  // No proof of the SQL that a wrong answer would pass: what it adds up is held against what was proven.
  const [row] = await query((await run("--store", store, "--sql")).text);
  expect(Number(row?.["accounted_for"])).toBe(counted.accountedCount);
  expect(Number(row?.["ok"])).toBe(counted.outcomes.ok);
  expect([Number(row?.["breaks"]), Number(row?.["wrong_sums"])]).toEqual([0, 0]);

  const gone = await deleteSecondManifest();
  expect(await prove()).toMatchObject({
    status: 1,
    answer: {
      result: "broken",
      partitions: [{ counted: { breaks: [{ kind: "gap", ...gone }] }, holds: false }],
    },
  });
  const [torn] = await query((await run("--store", store, "--sql")).text);
  expect(Number(torn?.["breaks"])).toBe(1);
});

test("a period before any record proves nothing, and says so", async () => {
  const { status, answer } = await prove(store, "--until", "2001-01-01");
  expect(status).toBe(2);
  expect(answer).toMatchObject({ result: "unknown", partitions: [] });
  expect(answer.reasons[0]).toContain("in that period");
});

test("a wrong flag is told with what would be right", async () => {
  for (const flags of [
    ["--since", "yesterday"],
    ["--since", "1h", "--until", "2h"],
    ["--sql", "--json"],
  ]) {
    const { status, text, complaint } = await run("--store", store, ...flags);
    expect([status, text]).toEqual([64, ""]);
    expect(complaint).toMatch(/--(since|sql)/);
  }
});

async function query(sql: string) {
  const instance = await DuckDBInstance.create(store, { access_mode: "READ_ONLY" });
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRowObjectsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

async function deleteSecondManifest() {
  const instance = await DuckDBInstance.create(store);
  const connection = await instance.connect();
  const rows = await connection.runAndReadAll(
    "SELECT start_offset, end_offset FROM segments ORDER BY start_offset",
  );
  expect(rows.getRows().length).toBeGreaterThan(2);
  const [startOffset, endOffset] = rows.getRows()[1]!.map(Number);
  await connection.run(`DELETE FROM segments WHERE start_offset = ${startOffset}`);
  connection.closeSync();
  instance.closeSync();
  return { startOffset, endOffset };
}
