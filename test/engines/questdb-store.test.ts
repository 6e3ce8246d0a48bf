import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { storeConformance, storeUnderTest } from "../conformance/store.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";

describeWithEngines(["questdb"], "QuestDB as a store", () => {
  storeConformance("questdb", async () => {
    const { httpPort, pgPort } = await engine("questdb");
    // One server serves all tests: every store has tables of its own.
    const tablePrefix = `t${randomBytes(6).toString("hex")}_`;
    const open = async () => {
      const options = storeOptionsSchema.parse({
        type: "questdb",
        http: `http://127.0.0.1:${httpPort}`,
        pg: `127.0.0.1:${pgPort}`,
        tablePrefix,
        flushIntervalMs: 50,
      });
      const telemetry = new Telemetry({ level: "silent" });
      const store = makeStore(options, { clock: systemClock, telemetry });
      await store.open();
      return store;
    };
    return storeUnderTest(open, () => dropTables(httpPort, tablePrefix));
  });
});

async function dropTables(httpPort: number, prefix: string): Promise<void> {
  const query = async (sql: string) => {
    const response = await fetch(`http://127.0.0.1:${httpPort}/exec?query=${encodeURIComponent(sql)}`);
    return (await response.json()) as { dataset: [string][] };
  };
  const { dataset } = await query(`SELECT table_name FROM tables() WHERE table_name LIKE '${prefix}%'`);
  expect(dataset.length).toBeGreaterThan(0);
  for (const [table] of dataset) await query(`DROP TABLE ${table}`);
}
