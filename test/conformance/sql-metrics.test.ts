import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { sqlMetricsConformance } from "./sql-metrics.ts";

sqlMetricsConformance("duckdb", async () => {
  const options = storeOptionsSchema.parse({ type: "duckdb", path: ":memory:" });
  const store = makeStore(options, { clock: systemClock, telemetry: new Telemetry({ level: "silent" }) });
  await store.open();
  return { store, dispose: () => store.close() };
});
