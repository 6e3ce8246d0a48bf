import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import { DuckDbTables } from "../../src/store/duckdb/duckdb-tables.ts";
import { duckDbOptionsSchema } from "../../src/store/duckdb/options.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { ReplayStore } from "../../src/store/replay-store.ts";
import { storeConformance, storeUnderTest } from "./store.ts";

for (const acknowledge of ["committed", "buffered"] as const) {
  storeConformance(`duckdb (${acknowledge})`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "lanewatch-store-"));
    const open = async () => {
      const options = storeOptionsSchema.parse({
        type: "duckdb",
        path: join(folder, "store.duckdb"),
        acknowledge,
      });
      const telemetry = new Telemetry({ level: "silent" });
      const store = makeStore(options, { clock: systemClock, telemetry });
      await store.open();
      return store;
    };
    return storeUnderTest(open, () => rmSync(folder, { recursive: true }));
  });
}

// A replay's store keeps segments in memory and writes what does not fit: here some lie in either place.
storeConformance("replay (half of the segments in memory)", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lanewatch-store-"));
  const open = async () => {
    const path = join(folder, "store.duckdb");
    const tables = duckDbOptionsSchema.parse({ type: "duckdb", path, acknowledge: "buffered" });
    const telemetry = new Telemetry({ level: "silent" });
    const bounds = { heldBytesMax: 4_096, rowsKeptMs: Number.POSITIVE_INFINITY };
    const store = new ReplayStore(new DuckDbTables(tables, { clock: systemClock, telemetry }), bounds);
    await store.open();
    return store;
  };
  return storeUnderTest(open, () => rmSync(folder, { recursive: true }));
});
