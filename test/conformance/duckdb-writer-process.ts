/** Writes state after state into a DuckDB file, and prints each number once it was acknowledged, until it is killed. */
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { profileRow, windowRow } from "./store-rows.ts";

const options = storeOptionsSchema.parse({ type: "duckdb", path: process.argv[2] });
const store = makeStore(options, { clock: systemClock, telemetry: new Telemetry({ level: "silent" }) });
await store.open();
for (let i = 0; ; i++) {
  const windowStartMs = i * 60_000;
  await store.writeWindows([windowRow({ windowStartMs, profileCount: 1 })], [profileRow({ windowStartMs })]);
  process.stdout.write(`${i}\n`);
}
