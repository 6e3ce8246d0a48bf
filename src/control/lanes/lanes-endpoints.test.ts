import { describe, expect, test } from "vitest";
import { HOSTILE_LANE, MINUTE_MS } from "../../../test/browser/seeded-world.ts";
import { query, ServedWorld, T0 } from "../../../test/browser/served-world.ts";
import type { FeaturesAnswer, LanesAnswer } from "../wire.ts";

const world = ServedWorld.forThisFile();

describe("lanes", () => {
  test("every lane is listed once, worst first, with word, reason, counts and budget", async () => {
    const { body } = await world.get<LanesAnswer>("/v1/lanes");
    expect(body.lanes.map((lane) => [lane.swimlane, lane.health])).toEqual([
      ["prod", "page"],
      [HOSTILE_LANE, "warn"],
      ["batch nightly", "silent"],
      ["canary/eu-west", "learning"],
      ["eval", "ok"],
    ]);
    const [prod] = body.lanes;
    expect(prod).toMatchObject({
      windowSizeMs: MINUTE_MS,
      lastWindowMs: T0 - MINUTE_MS,
      budget: { perWeek: 0.25, accepted: 1, pages: 2 },
    });
    expect(prod?.recentCounts).toHaveLength(60);
    expect(prod?.sources.map(({ source }) => source)).toEqual(["search-clicks", "watch-events"]);
    expect(body.healthCounts).toMatchObject({ page: 1, warn: 1, silent: 1, learning: 1, ok: 1, unknown: 0 });
  });

  test("recent counts are the stored windows' counts, summed over sources", async () => {
    const { body } = await world.get<LanesAnswer>(`/v1/lanes?${query({ swimlane: "prod" })}`);
    const rows = await world.store.readWindows({ swimlane: "prod", sinceMs: T0 - 60 * MINUTE_MS });
    const sums = Array.from({ length: 60 }, (_, i) =>
      rows
        .filter((row) => row.windowStartMs === T0 - (60 - i) * MINUTE_MS)
        .reduce((sum, row) => sum + row.recordCount, 0),
    );
    expect(body.lanes[0]?.recentCounts).toEqual(sums);
  });

  test("a lane that fell silent keeps the picture of what it was", async () => {
    const { body } = await world.get<LanesAnswer>(`/v1/lanes?${query({ swimlane: "batch nightly" })}`);
    expect(body.lanes[0]?.recentCounts.filter((count) => count !== null)).toHaveLength(60);
  });

  test("search takes part of a name or source whatever its case, health and paging narrow further", async () => {
    const found = async (fields: Record<string, string>) =>
      (await world.get<LanesAnswer>(`/v1/lanes?${query(fields)}`)).body.lanes.map((lane) => lane.swimlane);
    expect(await found({ q: "EU-WEST" })).toEqual(["canary/eu-west"]);
    expect(await found({ q: "Exports" })).toEqual(["batch nightly"]);
    expect(await found({ health: "ok" })).toEqual(["eval"]);
    expect(await found({ offset: "1", limit: "2" })).toEqual([HOSTILE_LANE, "batch nightly"]);
  });

  test("a configured lane without a window is shown as silent, not left out", async () => {
    const other = await world.start({ configuredLanes: () => ["planned", "prod"] });
    const { body } = await world.get<LanesAnswer>("/v1/lanes", {}, other);
    expect(body.lanes.find((lane) => lane.swimlane === "planned")).toMatchObject({
      health: "silent",
      lastWindowMs: null,
    });
    expect(body.total).toBe(6);
    await other.stop();
  });

  test("features carry their kind and newest alarm, also for a lane whose name is markup, slash and blank", async () => {
    const { body } = await world.get<FeaturesAnswer>(
      `/v1/lanes/${encodeURIComponent(HOSTILE_LANE)}/features`,
    );
    expect(body.swimlane).toBe(HOSTILE_LANE);
    const byName = new Map(body.features.map((feature) => [feature.feature, feature]));
    expect(body.features[0]).toMatchObject({ feature: "age", alarm: "warn", answer: "anomalous" });
    expect(byName.get("country")).toMatchObject({ valueKind: "category", alarm: null, nullShare: 0 });
    expect(byName.get("is_member")).toMatchObject({ valueKind: "flag" });
    expect(byName.get("title/<b>id</b>")).toMatchObject({ valueKind: "id" });
    expect(byName.get("job.duration_s")).toMatchObject({ kind: "metric", valueKind: "numeric" });
    const same = await world.get<FeaturesAnswer>(`/v1/features?${query({ swimlane: HOSTILE_LANE })}`);
    expect(same.body).toEqual(body);
  });
});
