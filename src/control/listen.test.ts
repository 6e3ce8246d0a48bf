import { createServer } from "node:net";
import { expect, test } from "vitest";
import { serveControl } from "../../test/harness/control-server.ts";
import { ManualClock } from "../base/clock.ts";
import { Telemetry } from "../base/telemetry.ts";
import { makeStore, storeOptionsSchema } from "../store/index.ts";

// Another program listens at the port already.
test("an address that is taken is named with what to do", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as { readonly port: number };
  const clock = new ManualClock(0);
  const parts = { clock, telemetry: new Telemetry({ level: "silent" }) };
  const store = makeStore(storeOptionsSchema.parse({ type: "duckdb", path: ":memory:" }), parts);
  await expect(serveControl(store, clock, {}, { port })).rejects.toMatchObject({
    code: "CONTROL_NOT_LISTENING",
    message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}: .*EADDRINUSE.*control\\.port`)),
  });
  await new Promise((resolve) => other.close(resolve));
});
