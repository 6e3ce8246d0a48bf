import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleManifest } from "../../../test/harness/example-manifest.ts";
import { ManualClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import type { Store, VerdictRow } from "../../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../store/index.ts";
import { auditsProbe, rejectedProbe } from "./store-probes.ts";

const NOW_MS = Date.parse("2026-03-02T14:00:00Z");
const MINUTE_MS = 60_000;
const clock = new ManualClock(NOW_MS);
const telemetry = new Telemetry({ level: "silent" });
const store: Store = makeStore(storeOptionsSchema.parse({ type: "duckdb", path: ":memory:" }), {
  clock,
  telemetry,
});
const parts = { store, clock };

beforeAll(() => store.open());
afterAll(() => store.close());

test("records rejected are told by their share of the newest minutes", async () => {
  const { look } = rejectedProbe(parts, 0.05);
  const write = (startOffset: number, startedAtMs: number, undecodable: number) =>
    store.writeSegments([
      {
        manifest: exampleManifest(startOffset, startOffset + 1_000, {
          startedAtMs,
          outcomes: { ok: 1_000 - undecodable, undecodable },
        }),
        profiles: [],
      },
    ]);
  expect(await look()).toEqual({ state: "ok" });
  await write(0, NOW_MS - 60 * MINUTE_MS, 1_000);
  await write(1_000, NOW_MS - MINUTE_MS, 40);
  expect(await look()).toEqual({ state: "ok" });
  await write(2_000, NOW_MS - MINUTE_MS, 200);
  expect(await look()).toMatchObject({
    state: "bad",
    detail: expect.stringContaining("240 of the last 2000"),
  });
});

test("a merged window without a verdict is late once it had its time; its lane is named", async () => {
  const { look } = auditsProbe(parts, 15 * MINUTE_MS);
  const window = (minutesAgo: number) => ({
    windowStartMs: NOW_MS - minutesAgo * MINUTE_MS,
    windowSizeMs: MINUTE_MS,
    swimlane: "prod",
    source: "clicks",
  });
  const merged = (minutesAgo: number) =>
    store.writeWindows(
      [
        {
          ...window(minutesAgo),
          revision: 1,
          recordCount: 1,
          profileCount: 0,
          segmentCount: 1,
          mergedAtMs: NOW_MS - minutesAgo * MINUTE_MS,
        },
      ],
      [],
    );
  expect(await look()).toEqual({ state: "ok" });
  await merged(10);
  expect(await look()).toEqual({ state: "ok" });
  await merged(20);
  expect(await look()).toMatchObject({ state: "bad", detail: expect.stringContaining("prod / clicks") });
  const numbers = { statistic: 0, threshold: 0, effect: 0, significance: 0, sketchError: 0 };
  const verdict: VerdictRow = {
    ...window(20),
    ...numbers,
    feature: "*",
    detector: "volume",
    revision: 1,
    answer: "ok",
    severity: "info",
    incidentId: "",
    summary: "",
    explanation: "{}",
  };
  await store.writeVerdicts([verdict]);
  expect(await look()).toEqual({ state: "ok" });
});
