/** What only a file can get wrong: two processes, a kill, a file of another version. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { Store } from "../../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { baselineRow } from "./store-baselines.ts";
import { windowRow } from "./store-rows.ts";

let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lanewatch-file-"));
});

afterEach(() => {
  child?.kill("SIGKILL");
  child = undefined;
  rmSync(folder, { recursive: true });
});

function storeAt(path: string, more: object = {}): Store {
  const options = storeOptionsSchema.parse({ type: "duckdb", path, ...more });
  return makeStore(options, { clock: systemClock, telemetry: new Telemetry({ level: "silent" }) });
}

/** Starts the writer and resolves with it once it has acknowledged `count` writes. */
function startWriter(
  path: string,
  count: number,
): Promise<{ readonly lines: () => number; kill(): Promise<void> }> {
  const script = fileURLToPath(new URL("duckdb-writer-process.ts", import.meta.url));
  const writer = spawn(process.execPath, ["--import", "tsx", script, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child = writer;
  let lines = 0;
  const exited = new Promise<void>((resolve) => writer.once("close", () => resolve()));
  return new Promise((resolve, reject) => {
    exited.then(() => reject(new Error("the writer ended before it was killed")));
    writer.stdout.on("data", (data: Buffer) => {
      lines += data.toString().split("\n").length - 1;
      const kill = () => {
        writer.kill("SIGKILL");
        return exited;
      };
      if (lines >= count) resolve({ lines: () => lines, kill });
    });
  });
}

test("every write that was acknowledged before a kill -9 is there, whole", async () => {
  const path = join(folder, "store.duckdb");
  for (const round of [1, 2]) {
    const writer = await startWriter(path, 40 * round);
    await writer.kill();
    const store = storeAt(path);
    await store.open();
    const windows = await store.readWindows({});
    const profiles = await store.readProfiles({});
    await store.close();
    expect(windows.length).toBeGreaterThanOrEqual(writer.lines());
    expect(windows.map((window) => window.windowStartMs)).toEqual(windows.map((_, i) => i * 60_000));
    // One transaction holds a window and its profiles.
    expect(profiles.map((profile) => profile.windowStartMs)).toEqual(
      windows.map((window) => window.windowStartMs),
    );
  }
});

test("a file that another process has open is refused, with what to do; afterwards it opens", async () => {
  const path = join(folder, "store.duckdb");
  const writer = await startWriter(path, 1);
  const store = storeAt(path);
  await expect(store.open()).rejects.toMatchObject({
    code: "STORE_LOCKED",
    retryable: false,
    message: expect.stringMatching(/in use by PID \d+.*one process only.*questdb/s),
  });
  await writer.kill();
  await store.open();
  expect((await store.readWindows({ limit: 1 })).length).toBe(1);
  await store.close();
});

test("the same process cannot open a file twice, by any name", async () => {
  const store = storeAt(join(folder, "store.duckdb"));
  await store.open();
  await expect(storeAt(join(folder, "x", "..", "store.duckdb")).open()).rejects.toMatchObject({
    code: "STORE_LOCKED",
  });
  await store.close();
  const again = storeAt(join(folder, "store.duckdb"));
  await again.open();
  await again.close();
});

test("a file that is no DuckDB file, or has other tables, is refused and left as it was", async () => {
  const path = join(folder, "other.duckdb");
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run("CREATE TABLE windows (window_start TIMESTAMP, swimlane INTEGER)");
  connection.closeSync();
  instance.closeSync();
  await expect(storeAt(path).open()).rejects.toMatchObject({
    code: "STORE_SCHEMA_MISMATCH",
    message: expect.stringContaining("swimlane VARCHAR"),
  });
  const notOurs = fileURLToPath(import.meta.url);
  await expect(storeAt(notOurs).open()).rejects.toMatchObject({ code: "STORE_FILE_UNREADABLE" });
});

test("a file from before baselines were kept opens, holds what it held, and takes one", async () => {
  const path = join(folder, "older.duckdb");
  const before = storeAt(path);
  await before.open();
  await before.writeWindows([windowRow()], []);
  await before.close();
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  for (const table of ["baselines", "baseline_profiles"]) await connection.run(`DROP TABLE ${table}`);
  connection.closeSync();
  instance.closeSync();
  const after = storeAt(path);
  await after.open();
  await after.writeBaseline(baselineRow({ profileCount: 0 }), []);
  expect(await after.readWindows({})).toStrictEqual([windowRow()]);
  expect(await after.readBaselines({})).toHaveLength(1);
  await after.close();
});

test("SQL reaches no other file and no network", async () => {
  const store = storeAt(join(folder, "store.duckdb"));
  await store.open();
  for (const sql of [
    `SELECT * FROM read_csv('${fileURLToPath(import.meta.url)}')`,
    "SELECT * FROM 'https://example.com/x.parquet'",
    "SET enable_external_access = true",
  ]) {
    await expect(store.query(sql), sql).rejects.toMatchObject({ code: "STORE_QUERY_REFUSED" });
  }
  await store.close();
});

test("buffered rows are committed at close and by the next read, and are bounded", async () => {
  const path = join(folder, "store.duckdb");
  const store = storeAt(path, { acknowledge: "buffered", flushIntervalMs: 60_000, flushRowsMax: 10 });
  await store.open();
  for (let i = 0; i < 25; i++) await store.writeWindows([windowRow({ windowStartMs: i * 60_000 })], []);
  expect(await store.readWindows({})).toHaveLength(25);
  await store.writeWindows([windowRow({ windowStartMs: 25 * 60_000 })], []);
  await store.close();
  const again = storeAt(path);
  await again.open();
  expect(await again.readWindows({})).toHaveLength(26);
  await again.close();
});
