import { afterAll, beforeAll, expect, test } from "vitest";
import { MINUTE_MS, seedStore } from "../../../test/browser/seeded-world.ts";
import { serveControl } from "../../../test/harness/control-server.ts";
import { ManualClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import type { Store } from "../../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../store/index.ts";
import type { ControlServer } from "../contract.ts";
import type { FailureAnswer } from "../wire.ts";
import type { BaselineAnswer, BaselinesAnswer, PromotedAnswer } from "./wire-baselines.ts";

const T0 = Date.UTC(2026, 10, 2, 12);
const clock = new ManualClock(T0 + 45_000);
const telemetry = new Telemetry({ level: "silent" });
let store: Store;
let server: ControlServer;

beforeAll(async () => {
  store = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), { clock, telemetry });
  await store.open();
  await seedStore(store, T0);
  server = await serveControl(store, clock, {
    windowSizeMs: MINUTE_MS,
    latenessMs: 10_000,
    judgingMsMax: 20_000,
  });
}, 120_000);

afterAll(async () => {
  await server.stop();
  await store.close();
});

async function ask<Answer>(path: string, body?: unknown): Promise<{ status: number; body: Answer }> {
  const init = {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  };
  const response = await fetch(`${server.url}${path}`, body === undefined ? {} : init);
  return { status: response.status, body: (await response.json()) as Answer };
}

const list = async (query = "") => (await ask<BaselinesAnswer>(`/v1/baselines${query}`)).body.baselines;

test("a period is promoted, listed with who and why, and retired; retired ones are shown when asked for", async () => {
  const key = { swimlane: "eval", source: "watch-events", name: "october" };
  const promote = { ...key, by: "ada", reason: "model 7", since: "1h", until: "now" };
  const promoted = await ask<PromotedAnswer>("/v1/baselines/promote", promote);
  expect(promoted).toMatchObject({
    status: 200,
    body: { ...key, kind: "promoted", reference: "promoted/october", createdBy: "ada", reason: "model 7" },
  });
  expect(promoted.body.windowCount).toBeGreaterThan(10);
  expect(await ask<FailureAnswer>("/v1/baselines/promote", promote)).toMatchObject({
    status: 409,
    body: { error: "BASELINE_EXISTS" },
  });
  expect(await list("?swimlane=eval")).toHaveLength(1);
  const { excluded: _excluded, ...row } = promoted.body;
  expect(await list()).toEqual([row]);

  const retired = await ask<BaselineAnswer>("/v1/baselines/retire", { ...key, by: "bo", reason: "model 8" });
  expect(retired.body).toMatchObject({
    retiredBy: "bo",
    retiredReason: "model 8",
    retiredAtMs: clock.nowMs() + 1,
  });
  expect(await list()).toEqual([]);
  expect(await list("?retired=true")).toHaveLength(1);
  expect((await ask("/v1/baselines/retire", { ...key, by: "bo" })).status).toBe(404);
});

test("profiles made elsewhere are imported; what is no profile is refused with its reason, and nothing is kept", async () => {
  const key = { swimlane: "prod", name: "training", by: "ada" };
  const features = { country: { profile: { categories: { FR: 30, DE: 12 }, null_count: 3 } } };
  const imported = await ask<BaselineAnswer>("/v1/baselines/import", { ...key, features });
  expect(imported).toMatchObject({
    status: 200,
    body: { kind: "imported", source: "default", featureCount: 1 },
  });
  const rows = await store.readBaselineProfiles((await store.readBaselines({ name: "training" }))[0]!);
  expect(rows).toMatchObject([{ feature: "country", known: "counts names", recordCount: 45 }]);

  const broken = { country: { profile: { kll: "AAAA" } } };
  expect(
    await ask<FailureAnswer>("/v1/baselines/import", { ...key, name: "other", features: broken }),
  ).toMatchObject({
    status: 400,
    body: { error: "PROFILE_RECORD_INVALID", detail: expect.stringContaining("kll cannot be read") },
  });
  expect(await list("?swimlane=prod")).toHaveLength(1);
  const anyLane = { ...key, swimlane: "ev*", source: "watch-events", name: "pattern", features };
  expect((await ask("/v1/baselines/import", anyLane)).status).toBe(200);
  expect(await list("?swimlane=eval")).toMatchObject([{ swimlane: "ev*", name: "pattern" }]);
  const long = await ask<FailureAnswer>("/v1/baselines/promote", {
    ...key,
    since: "yesterday",
    until: "now",
  });
  expect(long).toMatchObject({ status: 400, body: { error: "REQUEST_INVALID" } });
});
