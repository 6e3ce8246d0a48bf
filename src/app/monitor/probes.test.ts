import { expect, test } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { makeStore, storeOptionsSchema } from "../../store/index.ts";
import { parseConfig } from "../config/load.ts";
import { sharedProbes } from "./probes.ts";

// A store in a file calls a question before its opening a bug of ours, which would end the process.
test("before the store is open, and after it was closed, nothing is asked of it but whether it is ready", async () => {
  const [clock, telemetry] = [new ManualClock(0), new Telemetry({ level: "silent" })];
  const store = makeStore(storeOptionsSchema.parse({ type: "duckdb", path: ":memory:" }), {
    clock,
    telemetry,
  });
  let isOpen = false;
  const probes = sharedProbes({
    config: parseConfig("{}", {}),
    clock,
    telemetry,
    store,
    isStoreOpen: () => isOpen,
    sources: () => [],
    queueReady: async () => true,
    failing: () => [],
    pathEnd: undefined,
  });
  const look = async () =>
    Object.fromEntries(
      await Promise.all(probes.map(async (probe) => [probe.alert, (await probe.look()).state])),
    );
  const away = await look();
  expect(away).toMatchObject({
    "store-unreachable": "bad",
    "audits-late": "unknown",
    "records-rejected": "unknown",
  });
  await store.open();
  isOpen = true;
  clock.advanceTo(10_000);
  expect(new Set(Object.values(await look()))).toEqual(new Set(["ok"]));
  isOpen = false;
  await store.close();
  clock.advanceTo(20_000);
  expect(await look()).toEqual(away);
});
