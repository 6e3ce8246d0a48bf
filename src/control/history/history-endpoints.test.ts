import { describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../../test/browser/seeded-world.ts";
import { query, ServedWorld, T0 } from "../../../test/browser/served-world.ts";
import type { DistributionAnswer, FailureAnswer, SeriesListAnswer, VerdictsAnswer } from "../wire.ts";

const world = ServedWorld.forThisFile();

describe("series", () => {
  const series = (fields: Record<string, string>) =>
    world.get<SeriesListAnswer>(
      `/v1/series?${query({ swimlane: "prod", source: "watch-events", ...fields })}`,
    );

  test("volume gives the counts, what was expected with its limits, and anomalies as marks", async () => {
    const { body } = await series({ since: "10m" });
    const [volume] = body.series;
    const rows = await world.store.readWindows({
      swimlane: "prod",
      source: "watch-events",
      sinceMs: body.sinceMs,
    });
    expect(volume?.startMs).toEqual(rows.map((row) => row.windowStartMs));
    expect(volume?.count).toEqual(rows.map((row) => row.recordCount));
    expect(
      volume?.lower.every(
        (lower, i) => lower! < volume.expected[i]! && volume.expected[i]! < volume.upper[i]!,
      ),
    ).toBe(true);
    expect(volume?.marks).toHaveLength(9);
    expect(volume?.marks[0]).toMatchObject({ detector: "volume", severity: "page" });
  });

  test("a feature gives the quantiles and null share of its own profile", async () => {
    const { body } = await series({ since: "5m", feature: "age" });
    const [age] = body.series;
    const [row] = await world.store.readProfiles({
      swimlane: "prod",
      source: "watch-events",
      feature: "age",
      descending: true,
      limit: 1,
    });
    expect(age?.nullShare.at(-1)).toBe(row!.profile.nullCount / row!.profile.presentCount);
    expect(age?.mean.at(-1)).toBeCloseTo(row!.profile.mean, 12);
    const at = (column: readonly (number | null)[] | undefined) => column?.at(-1) ?? Number.NaN;
    expect(at(age?.p05)).toBeLessThanOrEqual(at(age?.p25));
    expect(at(age?.p25)).toBeLessThan(at(age?.p75));
    expect(at(age?.p75)).toBeLessThanOrEqual(at(age?.p95));
  });

  test("several features come in the order they were asked for, a new category among the lines", async () => {
    const { body } = await world.get<SeriesListAnswer>(
      "/v1/series?swimlane=prod&source=watch-events&feature=country&feature=is_member&since=30m",
    );
    expect(body.series.map(({ feature }) => feature)).toEqual(["country", "is_member"]);
    expect(body.series[0]?.categories.map(({ name }) => name)).toContain("zz");
    expect(body.series[1]?.categories.map(({ name }) => name).sort()).toEqual(["false", "true"]);
  });

  test("wide points add counts up exactly, and leave out the one that is still filling", async () => {
    const since = String(T0 - 60 * MINUTE_MS);
    const wide = (await series({ since, until: String(T0), step: "10m" })).body.series[0]!;
    const fine = (await series({ since, until: String(T0) })).body.series[0]!;
    const sum = (counts: readonly (number | null)[]) =>
      counts.reduce<number>((total, count) => total + (count ?? 0), 0);
    expect(wide.startMs).toHaveLength(6);
    expect(sum(wide.count)).toBe(sum(fine.count));
    const filling = (await series({ since, until: String(T0), step: "7m" })).body.series[0]!;
    expect(filling.count.at(-1)).toBeNull();
  });

  test("a lane that is not there is 404 and says where to look", async () => {
    const { status, body } = await world.get<FailureAnswer>("/v1/series?swimlane=nope");
    expect(status).toBe(404);
    expect(body).toMatchObject({ error: "LANE_UNKNOWN", next: expect.stringContaining("/v1/lanes") });
  });
});

describe("distribution", () => {
  const compare = (feature: string, more: Record<string, string> = {}) =>
    world.get<DistributionAnswer>(
      `/v1/distribution?${query({ swimlane: "prod", source: "watch-events", feature, ...more })}`,
    );

  test("numbers: both sides share their bins and each side's shares sum to one", async () => {
    const { body } = await compare("watch_time");
    const sum = (side: "reference" | "current") => body.numbers.reduce((total, bar) => total + bar[side], 0);
    expect(sum("reference")).toBeCloseTo(1, 9);
    expect(sum("current")).toBeCloseTo(1, 9);
    expect(body.current.p50!).toBeGreaterThan(1.4 * body.reference!.p50!);
  });

  test("the reference leaves out windows that were found anomalous", async () => {
    const { body } = await compare("watch_time");
    expect(body.reference).toMatchObject({ windowCount: 24, untilMs: T0 - 7 * MINUTE_MS });
  });

  test("categories: a value never seen in the reference is marked new, and its verdict is told", async () => {
    const { body } = await compare("country");
    expect(body.categories.find(({ label }) => label === "zz")).toMatchObject({ reference: 0, note: "new" });
    expect(body.verdicts).toMatchObject([
      { detector: "categories", answer: "anomalous", explanation: { parts: [{ label: "zz" }] } },
    ]);
  });

  test("an earlier window is compared with what came before it", async () => {
    const { body } = await compare("watch_time", { at: String(T0 - 60 * MINUTE_MS + 30_000) });
    expect(body.current.sinceMs).toBe(T0 - 60 * MINUTE_MS);
    expect(body.reference!.untilMs).toBe(T0 - 60 * MINUTE_MS);
  });

  test("a window that is not stored is 404", async () => {
    expect(await compare("watch_time", { at: "2020-01-01" })).toMatchObject({
      status: 404,
      body: { error: "WINDOW_UNKNOWN" },
    });
  });
});

describe("verdicts", () => {
  test("verdicts are filtered and a cut-off is told", async () => {
    const { body } = await world.get<VerdictsAnswer>(
      `/v1/verdicts?${query({ swimlane: "prod", answer: "anomalous", feature: "age", limit: "3" })}`,
    );
    expect(body.truncated).toBe(true);
    expect(body.verdicts.map(({ windowStartMs }) => windowStartMs)).toEqual(
      [1, 2, 3].map((n) => T0 - n * MINUTE_MS),
    );
  });
});
