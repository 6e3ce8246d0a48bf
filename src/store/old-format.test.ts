import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, expect, test } from "vitest";
import { segment } from "../../test/conformance/store-rows.ts";
import { systemClock } from "../base/clock.ts";
import { Telemetry } from "../base/telemetry.ts";
import { makeStore, storeOptionsSchema } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "lanewatch-old-format-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const storeAt = (path: string) =>
  makeStore(storeOptionsSchema.parse({ type: "duckdb", path }), {
    clock: systemClock,
    telemetry: new Telemetry({ level: "silent" }),
  });

/** As an older build left it: its table, with or without rows. */
async function withOldTable(path: string, insert: string): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run("CREATE TABLE segment_profiles (window_start TIMESTAMP, feature VARCHAR)");
  await connection.run(insert);
  connection.closeSync();
  instance.closeSync();
}

test("tables whose segments an older build wrote are refused with what to do, and stay as they are", async () => {
  const path = join(folder, "old.duckdb");
  await withOldTable(path, "INSERT INTO segment_profiles VALUES (TIMESTAMP '2026-01-01', 'x')");
  const refusal = { code: "STORE_OLD_FORMAT", message: expect.stringContaining("store.tablePrefix") };
  for (let start = 0; start < 2; start++) {
    const store = storeAt(path);
    await expect(store.open()).rejects.toMatchObject(refusal);
    await store.close();
  }
});

test("an empty old table, and one beside segments of today, are in nobody's way", async () => {
  const path = join(folder, "today.duckdb");
  await withOldTable(path, "DELETE FROM segment_profiles");
  const store = storeAt(path);
  await store.open();
  const written = segment({ startOffset: 0, endOffset: 10 });
  await store.writeSegments([written]);
  await store.close();
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run("INSERT INTO segment_profiles VALUES (TIMESTAMP '2026-01-01', 'x')");
  connection.closeSync();
  instance.closeSync();
  const again = storeAt(path);
  await again.open();
  expect(await again.readSegmentProfiles([written.manifest])).toStrictEqual([written.profiles]);
  await again.close();
});
