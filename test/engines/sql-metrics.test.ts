import { randomBytes } from "node:crypto";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { sqlMetricsConformance } from "../conformance/sql-metrics.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";

describeWithEngines(["questdb"], "QuestDB", () => {
  sqlMetricsConformance("questdb", async () => {
    const { httpPort, pgPort } = await engine("questdb");
    const options = storeOptionsSchema.parse({
      type: "questdb",
      http: `http://127.0.0.1:${httpPort}`,
      pg: `127.0.0.1:${pgPort}`,
      tablePrefix: `s${randomBytes(6).toString("hex")}_`,
      flushIntervalMs: 50,
      readOnlyUser: "user",
      readOnlyPassword: "quest",
    });
    const store = makeStore(options, { clock: systemClock, telemetry: new Telemetry({ level: "silent" }) });
    await store.open();
    return { store, dispose: () => store.close() };
  });
});
