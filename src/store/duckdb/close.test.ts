import { expect, test } from "vitest";
import { profileRow, T0_MS } from "../../../test/conformance/store-rows.ts";
import { systemClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { makeStore, storeOptionsSchema } from "../index.ts";

// A connection that is closed beneath a read takes the process with it (exit 139): nothing could be caught here.
test("closing the store ends the reads under way, each with its rows or an error that says so", async () => {
  const store = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), {
    clock: systemClock,
    telemetry: new Telemetry({ level: "silent" }),
  });
  await store.open();
  const rows = Array.from({ length: 500 }, (_, i) => profileRow({ windowStartMs: T0_MS + i * 60_000 }));
  await store.writeWindows([], rows);
  // Takes hours, so that it is under way whatever the machine is busy with.
  const slow = "SELECT sum(hash(r.range)) FROM range(100000000000000) r";
  const reads = [
    ...Array.from({ length: 4 }, () => store.query(slow)),
    ...Array.from({ length: 12 }, () => store.readProfiles({})),
  ];
  const ends = Promise.all(
    reads.map((read) =>
      read.then(
        () => "read",
        (error: { readonly code?: string }) => error.code,
      ),
    ),
  );
  await store.close();
  expect((await ends).filter((end) => end !== "read" && end !== "STORE_CLOSED")).toEqual([]);
  expect(await ends).toContain("STORE_CLOSED");
});
