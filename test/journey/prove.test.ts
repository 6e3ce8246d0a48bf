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

async function prove(path = store) {
  const out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const status = await runCommandLine(["prove", "-c", config, "--store", path, "--json"]);
  const text = out.mock.calls.map(([words]) => String(words)).join("");
  out.mockRestore();
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
  expect(whole).toMatchObject({ status: 0, answer: { holds: true } });
  expect(whole.answer.partitions[0].accountedCount).toBe(whole.answer.partitions[0].logCount);

  const gone = await deleteSecondManifest();
  expect(await prove()).toMatchObject({
    status: 1,
    answer: { holds: false, partitions: [{ breaks: [{ kind: "gap", ...gone }] }] },
  });
});

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
