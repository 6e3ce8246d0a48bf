import { expect, test } from "vitest";
import { ServedWorld } from "../../../test/browser/served-world.ts";
import type { FailureAnswer } from "../wire.ts";
import type { BaselineAnswer, BaselinesAnswer, PromotedAnswer } from "./wire-baselines.ts";

const world = ServedWorld.forThisFile();

const list = async (query = "") => (await world.get<BaselinesAnswer>(`/v1/baselines${query}`)).body.baselines;

test("a period is promoted, listed with who and why, and retired; retired ones are shown when asked for", async () => {
  const key = { swimlane: "eval", source: "watch-events", name: "october" };
  const promote = { ...key, by: "ada", reason: "model 7", since: "1h", until: "now" };
  const promoted = await world.post<PromotedAnswer>("/v1/baselines/promote", promote);
  expect(promoted).toMatchObject({
    status: 200,
    body: { ...key, kind: "promoted", reference: "promoted/october", createdBy: "ada", reason: "model 7" },
  });
  expect(promoted.body.windowCount).toBeGreaterThan(10);
  expect(await world.post<FailureAnswer>("/v1/baselines/promote", promote)).toMatchObject({
    status: 409,
    body: { error: "BASELINE_EXISTS" },
  });
  expect(await list("?swimlane=eval")).toHaveLength(1);
  const { excluded: _excluded, ...row } = promoted.body;
  expect(await list()).toEqual([row]);

  const retired = await world.post<BaselineAnswer>("/v1/baselines/retire", {
    ...key,
    by: "bo",
    reason: "model 8",
  });
  expect(retired.body).toMatchObject({
    retiredBy: "bo",
    retiredReason: "model 8",
    retiredAtMs: world.clock.nowMs() + 1,
  });
  expect(await list()).toEqual([]);
  expect(await list("?retired=true")).toHaveLength(1);
  expect((await world.post("/v1/baselines/retire", { ...key, by: "bo" })).status).toBe(404);
});

test("profiles made elsewhere are imported; what is no profile is refused with its reason, and nothing is kept", async () => {
  const key = { swimlane: "prod", name: "training", by: "ada" };
  const features = { country: { profile: { categories: { FR: 30, DE: 12 }, null_count: 3 } } };
  const imported = await world.post<BaselineAnswer>("/v1/baselines/import", { ...key, features });
  expect(imported).toMatchObject({
    status: 200,
    body: { kind: "imported", source: "default", featureCount: 1 },
  });
  const rows = await world.store.readBaselineProfiles(
    (await world.store.readBaselines({ name: "training" }))[0]!,
  );
  expect(rows).toMatchObject([{ feature: "country", known: "counts names", recordCount: 45 }]);

  const broken = { country: { profile: { kll: "AAAA" } } };
  expect(
    await world.post<FailureAnswer>("/v1/baselines/import", { ...key, name: "other", features: broken }),
  ).toMatchObject({
    status: 400,
    body: { error: "PROFILE_RECORD_INVALID", detail: expect.stringContaining("kll cannot be read") },
  });
  expect(await list("?swimlane=prod")).toHaveLength(1);
  const anyLane = { ...key, swimlane: "ev*", source: "watch-events", name: "pattern", features };
  expect((await world.post("/v1/baselines/import", anyLane)).status).toBe(200);
  expect(await list("?swimlane=eval")).toMatchObject([{ swimlane: "ev*", name: "pattern" }]);
  const long = await world.post<FailureAnswer>("/v1/baselines/promote", {
    ...key,
    since: "yesterday",
    until: "now",
  });
  expect(long).toMatchObject({ status: 400, body: { error: "REQUEST_INVALID" } });
});
