import { expect, test } from "vitest";
import { systemClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { STATES } from "../schema.ts";
import { DuckDbTables } from "./duckdb-tables.ts";
import { duckDbOptionsSchema } from "./options.ts";

// A cell that the column cannot hold makes the commit fail, as a full disk would, long after the caller went on.
test("a buffered row that cannot be committed fails every later call, for good", async () => {
  const options = duckDbOptionsSchema.parse({ type: "duckdb", acknowledge: "buffered" });
  const tables = new DuckDbTables(options, {
    clock: systemClock,
    telemetry: new Telemetry({ level: "silent" }),
  });
  await tables.open();
  await tables.write([{ table: STATES, rows: [[0, "good", "value"]] }]);
  await tables.write([{ table: STATES, rows: [[Number.NaN, "bad", "value"]] }]);
  const lost = { code: "STORE_ROWS_LOST", retryable: false };
  const selection = { where: [], orderBy: ["key"], limit: 10 };
  await expect(tables.select(STATES, selection)).rejects.toMatchObject(lost);
  await expect(tables.write([{ table: STATES, rows: [[0, "more", "value"]] }])).rejects.toMatchObject(lost);
  expect(await tables.ready()).toBe(false);
  await expect(tables.close()).rejects.toMatchObject(lost);
});
