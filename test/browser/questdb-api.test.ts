import { afterAll, beforeAll, expect, test } from "vitest";
import { ManualClock, systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { ControlServer } from "../../src/control/contract.ts";
import type { Store } from "../../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { serveControl } from "../harness/control-server.ts";
import { describeWithEngines, engine } from "../harness/engines-suite.ts";
import { MINUTE_MS, SEEDED_LANES, seedStore } from "./seeded-world.ts";

const T0 = Date.UTC(2026, 10, 2, 12);
const telemetry = new Telemetry({ level: "silent" });
const SOON = { timeout: 120_000, interval: 1_000 };

/** The same rows in both stores: whatever the API says of one it must say of the other. */
describeWithEngines(["questdb"], "the API on QuestDB", () => {
  const stores: Store[] = [];
  const servers: ControlServer[] = [];

  beforeAll(async () => {
    const { httpPort, pgPort } = await engine("questdb");
    const questdb = {
      type: "questdb",
      http: `http://127.0.0.1:${httpPort}`,
      pg: `127.0.0.1:${pgPort}`,
      tablePrefix: `page_${process.pid}_`,
    };
    for (const options of [questdb, { type: "duckdb" }]) {
      const store = makeStore(storeOptionsSchema.parse(options), { clock: systemClock, telemetry });
      await store.open();
      await seedStore(store, T0, SEEDED_LANES.slice(0, 3));
      stores.push(store);
      servers.push(await serve(store));
    }
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
    for (const store of stores) await store.close();
  });

  // One request at a time and a clock that stands still, so that only the store can make a difference.
  test.each([
    "/v1/lanes",
    "/v1/features?swimlane=prod",
    "/v1/series?swimlane=prod&source=watch-events&since=4h",
    "/v1/series?swimlane=prod&source=watch-events&feature=country&feature=age&feature=job.duration_s&since=1h",
    `/v1/series?swimlane=${encodeURIComponent(SEEDED_LANES[2]!.swimlane)}&feature=age&since=1h`,
    "/v1/distribution?swimlane=prod&source=watch-events&feature=watch_time",
    "/v1/incidents",
    "/v1/verdicts?swimlane=prod&answer=anomalous&since=1h",
    "/v1/gate?swimlane=eval",
    "/v1/gate?swimlane=prod",
    "/v1/page-budget?since=4h",
  ])("%s answers as on DuckDB", async (path) => {
    const duckdb = await ask(servers[1]!, path);
    expect(duckdb).toMatchObject({ status: 200 });
    // QuestDB acknowledges before it applies.
    await expect.poll(() => ask(servers[0]!, path), SOON).toEqual(duckdb);
  });
});

function serve(store: Store): Promise<ControlServer> {
  // Advanced with every look, so that lanes are read anew; event time stands still.
  const clock = new ManualClock(T0);
  return serveControl(
    store,
    {
      nowMs: () => {
        clock.advanceTo(clock.nowMs() + 3_600_000);
        return clock.nowMs();
      },
      elapsedMs: () => clock.nowMs(),
      sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    },
    { windowSizeMs: MINUTE_MS, latenessMs: 10_000, judgingMsMax: 20_000 },
    { eventNowMs: () => T0 + 45_000 },
  );
}

async function ask(server: ControlServer, path: string): Promise<unknown> {
  const response = await fetch(`${server.url}${path}`);
  const { nowMs: _, ...rest } = (await response.json()) as Record<string, unknown>;
  return { status: response.status, ...rest };
}
