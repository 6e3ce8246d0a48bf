import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HOSTILE_LANE, MINUTE_MS, seedStore } from "../../test/browser/seeded-world.ts";
import { ManualClock } from "../base/clock.ts";
import { OperationalError } from "../base/errors.ts";
import { Telemetry } from "../base/telemetry.ts";
import type { IncidentRow, Store } from "../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../store/index.ts";
import type { ControlOptions, ControlServer } from "./contract.ts";
import type { GateAnswer } from "./gate/wire-gate.ts";
import type { IncidentAnswer, IncidentDetailAnswer, IncidentsAnswer } from "./incidents/wire-incidents.ts";
import { startControlServer } from "./server.ts";
import type {
  DistributionAnswer,
  FailureAnswer,
  FeaturesAnswer,
  LanesAnswer,
  SeriesListAnswer,
  StatusAnswer,
  VerdictsAnswer,
} from "./wire.ts";

const T0 = Date.UTC(2026, 10, 2, 12);
/** The newest window ended at T0; everything due by then was judged. */
const clock = new ManualClock(T0 + 45_000);
const telemetry = new Telemetry({ level: "silent" });
let store: Store;
let server: ControlServer;
let incidents: readonly IncidentRow[];

beforeAll(async () => {
  store = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), { clock, telemetry });
  await store.open();
  incidents = await seedStore(store, T0);
  server = await start({});
}, 120_000);

afterAll(async () => {
  await server.stop();
  await store.close();
});

function start(changes: Partial<ControlOptions>): Promise<ControlServer> {
  return startControlServer({
    store,
    telemetry,
    clock,
    host: "127.0.0.1",
    port: 0,
    readiness: async () => [{ name: "store", ok: await store.ready(), detail: "answers" }],
    laneSettings: () => ({
      windowSizeMs: MINUTE_MS,
      latenessMs: 10_000,
      judgingMsMax: 20_000,
      pageBudgetPerWeek: 0.25,
      gate: { insufficient: "unknown" },
    }),
    ...changes,
  });
}

interface Got<Answer> {
  readonly status: number;
  readonly body: Answer;
  readonly headers: Headers;
}

async function get<Answer>(path: string, init: RequestInit = {}, at = server): Promise<Got<Answer>> {
  const response = await fetch(`${at.url}${path}`, init);
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") ?? false;
  return {
    status: response.status,
    body: (isJson ? JSON.parse(text) : text) as Answer,
    headers: response.headers,
  };
}

function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  return {
    path,
    init: {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
    },
  };
}

const query = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

describe("lanes", () => {
  test("every lane is listed once, worst first, with word, reason, counts and budget", async () => {
    const { body } = await get<LanesAnswer>("/v1/lanes");
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
    const { body } = await get<LanesAnswer>(`/v1/lanes?${query({ swimlane: "prod" })}`);
    const rows = await store.readWindows({ swimlane: "prod", sinceMs: T0 - 60 * MINUTE_MS });
    const sums = Array.from({ length: 60 }, (_, i) =>
      rows
        .filter((row) => row.windowStartMs === T0 - (60 - i) * MINUTE_MS)
        .reduce((sum, row) => sum + row.recordCount, 0),
    );
    expect(body.lanes[0]?.recentCounts).toEqual(sums);
  });

  test("a lane that fell silent keeps the picture of what it was", async () => {
    const { body } = await get<LanesAnswer>(`/v1/lanes?${query({ swimlane: "batch nightly" })}`);
    expect(body.lanes[0]?.recentCounts.filter((count) => count !== null)).toHaveLength(60);
  });

  test("search takes part of a name or source whatever its case, health and paging narrow further", async () => {
    const found = async (fields: Record<string, string>) =>
      (await get<LanesAnswer>(`/v1/lanes?${query(fields)}`)).body.lanes.map((lane) => lane.swimlane);
    expect(await found({ q: "EU-WEST" })).toEqual(["canary/eu-west"]);
    expect(await found({ q: "Exports" })).toEqual(["batch nightly"]);
    expect(await found({ health: "ok" })).toEqual(["eval"]);
    expect(await found({ offset: "1", limit: "2" })).toEqual([HOSTILE_LANE, "batch nightly"]);
  });

  test("a configured lane without a window is shown as silent, not left out", async () => {
    const other = await start({ configuredLanes: () => ["planned", "prod"] });
    const { body } = await get<LanesAnswer>("/v1/lanes", {}, other);
    expect(body.lanes.find((lane) => lane.swimlane === "planned")).toMatchObject({
      health: "silent",
      lastWindowMs: null,
    });
    expect(body.total).toBe(6);
    await other.stop();
  });

  test("features carry their kind and newest alarm, also for a lane whose name is markup, slash and blank", async () => {
    const { body } = await get<FeaturesAnswer>(`/v1/lanes/${encodeURIComponent(HOSTILE_LANE)}/features`);
    expect(body.swimlane).toBe(HOSTILE_LANE);
    const byName = new Map(body.features.map((feature) => [feature.feature, feature]));
    expect(body.features[0]).toMatchObject({ feature: "age", alarm: "warn", answer: "anomalous" });
    expect(byName.get("country")).toMatchObject({ valueKind: "category", alarm: null, nullShare: 0 });
    expect(byName.get("is_member")).toMatchObject({ valueKind: "flag" });
    expect(byName.get("title/<b>id</b>")).toMatchObject({ valueKind: "id" });
    expect(byName.get("job.duration_s")).toMatchObject({ kind: "metric", valueKind: "numeric" });
    const same = await get<FeaturesAnswer>(`/v1/features?${query({ swimlane: HOSTILE_LANE })}`);
    expect(same.body).toEqual(body);
  });
});

describe("series", () => {
  const series = (fields: Record<string, string>) =>
    get<SeriesListAnswer>(`/v1/series?${query({ swimlane: "prod", source: "watch-events", ...fields })}`);

  test("volume gives the counts, what was expected with its limits, and anomalies as marks", async () => {
    const { body } = await series({ since: "10m" });
    const [volume] = body.series;
    const rows = await store.readWindows({ swimlane: "prod", source: "watch-events", sinceMs: body.sinceMs });
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
    const [row] = await store.readProfiles({
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
    const { body } = await get<SeriesListAnswer>(
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
    const { status, body } = await get<FailureAnswer>("/v1/series?swimlane=nope");
    expect(status).toBe(404);
    expect(body).toMatchObject({ error: "LANE_UNKNOWN", next: expect.stringContaining("/v1/lanes") });
  });
});

describe("distribution", () => {
  const compare = (feature: string, more: Record<string, string> = {}) =>
    get<DistributionAnswer>(
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

describe("incidents", () => {
  test("open ones come first and tell cause and title; the list stays without heavy detail", async () => {
    const { body } = await get<IncidentsAnswer>("/v1/incidents");
    expect(body.incidents.map(({ state }) => state)).toEqual(["open", "open", "resolved"]);
    expect(body.incidents.every(({ story }) => story.witnesses.length === 0 && story.cause !== "")).toBe(
      true,
    );
  });

  test("detail has parts that add up to the statistic, the SQL, and features that moved together", async () => {
    const open = incidents.find(({ swimlane, state }) => swimlane === "prod" && state === "open");
    const { body } = await get<IncidentDetailAnswer>(`/v1/incidents/${open?.id}`);
    const drift = body.story.witnesses.find(({ feature }) => feature === "watch_time");
    expect(drift?.parts.reduce((sum, part) => sum + part.contribution, 0)).toBeCloseTo(
      drift?.statistic ?? Number.NaN,
      9,
    );
    expect(body.story.sql.some((sql) => sql.includes("FROM verdicts"))).toBe(true);
    expect(body.story.together.map(({ feature }) => feature)).toContain("age");
    for (const sql of body.story.sql) expect((await store.query(sql)).length).toBeGreaterThan(0);
  });

  test("acknowledging is stored with the name, and a second time changes nothing", async () => {
    const open = incidents.find(({ swimlane, state }) => swimlane === HOSTILE_LANE && state === "open")!;
    const { path, init } = post(`/v1/incidents/${open.id}/acknowledge`, { by: "  Zoë <b>  " });
    expect((await get<IncidentAnswer>(path, init)).body).toMatchObject({
      state: "acknowledged",
      acknowledgedBy: "Zoë <b>",
    });
    expect(await store.readIncidents({ id: open.id })).toMatchObject([
      { state: "acknowledged", acknowledgedBy: "Zoë <b>" },
    ]);
    const again = post(path, { by: "someone else" });
    expect((await get<IncidentAnswer>(again.path, again.init)).body.acknowledgedBy).toBe("Zoë <b>");
  });

  test("a resolved incident can not be acknowledged; an unknown one is 404; a name is asked for", async () => {
    const resolved = incidents.find(({ state }) => state === "resolved")!;
    const status = async (path: string, body: unknown, headers = {}) => {
      const made = post(path, body, headers);
      return (await get<FailureAnswer>(made.path, made.init)).status;
    };
    expect(await status(`/v1/incidents/${resolved.id}/acknowledge`, { by: "x" })).toBe(409);
    expect(await status("/v1/incidents/none/acknowledge", { by: "x" })).toBe(404);
    expect(await status(`/v1/incidents/${resolved.id}/acknowledge`, {})).toBe(400);
    expect(
      await status(
        `/v1/incidents/${resolved.id}/acknowledge`,
        { by: "x" },
        { origin: "https://elsewhere.example" },
      ),
    ).toBe(403);
  });
});

describe("verdicts and gate", () => {
  test("verdicts are filtered and a cut-off is told", async () => {
    const { body } = await get<VerdictsAnswer>(
      `/v1/verdicts?${query({ swimlane: "prod", answer: "anomalous", feature: "age", limit: "3" })}`,
    );
    expect(body.truncated).toBe(true);
    expect(body.verdicts.map(({ windowStartMs }) => windowStartMs)).toEqual(
      [1, 2, 3].map((n) => T0 - n * MINUTE_MS),
    );
  });

  test("the gate passes a lane whose every due window is ok, holds one with anomalies, and does not know the rest", async () => {
    const ask = async (swimlane: string, more = {}) =>
      (await get<GateAnswer>(`/v1/gate?${query({ swimlane, ...more })}`)).body;
    expect(await ask("eval")).toMatchObject({
      answer: "pass",
      windowsExpected: 60,
      windowsOk: 60,
      reasons: [],
    });
    expect(await ask("prod")).toMatchObject({ answer: "hold" });
    expect((await ask("prod")).reasons.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["incident", "anomalous"]),
    );
    expect(await ask("canary/eu-west", { since: "20m" })).toMatchObject({
      answer: "unknown",
      reasons: [{ kind: "insufficient", count: 20 }],
    });
    expect(await ask("batch nightly")).toMatchObject({
      answer: "unknown",
      reasons: [{ kind: "missing", count: 60 }],
    });
    expect(await ask("no such lane")).toMatchObject({ answer: "unknown", reasons: [{ kind: "never_seen" }] });
  });

  test("a span too long to judge is refused, never answered from part of it", async () => {
    const { status, body } = await get<FailureAnswer>("/v1/gate?swimlane=eval&since=365d");
    expect([status, body.error]).toEqual([400, "GATE_SPAN_TOO_LONG"]);
  });
});

describe("asking wrongly", () => {
  test.each([
    ["/v1/gate", '"swimlane" is required'],
    ["/v1/gate?swimlane=eval&sinse=1h", 'no parameter "sinse"'],
    ["/v1/gate?swimlane=eval&since=yesterday", '"since" is not a moment'],
    ["/v1/gate?swimlane=eval&since=2026-11-02T12:00:00", '"since" is not a moment'],
    ["/v1/gate?swimlane=eval&since=1h&until=2h", "is not before"],
    ["/v1/lanes?limit=1e9", '"limit"'],
    ["/v1/lanes?health=bad", '"health"'],
    ["/v1/series?swimlane=eval&window=soon", '"window" is not a duration'],
    ["/v1/series?swimlane=eval&source=watch-events&step=90s", "no multiple of the window"],
  ])("%s is refused with what was wrong and what to do", async (path, detail) => {
    const { status, body } = await get<FailureAnswer>(path);
    expect(status).toBe(400);
    expect(body.detail).toContain(detail);
    expect(body.next.length).toBeGreaterThan(10);
  });

  test("an unknown route, an odd body and a wrong content type get JSON too", async () => {
    expect(await get("/v1/nope")).toMatchObject({ status: 404, body: { error: "ROUTE_UNKNOWN" } });
    const odd = { method: "POST", body: "{", headers: { "content-type": "application/json" } };
    expect(await get("/v1/incidents/x/acknowledge", odd)).toMatchObject({
      status: 400,
      body: { error: "REQUEST_INVALID" },
    });
    const form = {
      method: "POST",
      body: "by=x",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    };
    expect((await get("/v1/incidents/x/acknowledge", form)).status).toBe(415);
  });

  test.each(["..", "%", "a%2Fb", "\ud83d\ude80", "x".repeat(1_500), "a\u0000b", "' OR 1=1 --"])(
    "a lane named %j is only a name",
    async (swimlane) => {
      expect((await get<GateAnswer>(`/v1/gate?${query({ swimlane })}`)).body).toMatchObject({
        swimlane,
        answer: "unknown",
      });
      expect((await get<FeaturesAnswer>(`/v1/features?${query({ swimlane })}`)).body).toMatchObject({
        swimlane,
        features: [],
      });
    },
  );
});

describe("running it", () => {
  test("health says that it answers; readiness names each dependency and fails with one of them", async () => {
    expect(await get("/healthz")).toMatchObject({ status: 200, body: { ok: true } });
    expect(await get("/readyz")).toMatchObject({
      status: 200,
      body: { ok: true, dependencies: [{ name: "store", ok: true }] },
    });
    const away = await start({
      readiness: async () => [{ name: "kafka", ok: false, detail: "no broker answers" }],
    });
    expect(await get("/readyz", {}, away)).toMatchObject({
      status: 503,
      body: { dependencies: [{ name: "kafka", detail: "no broker answers" }] },
    });
    expect((await get("/healthz", {}, away)).status).toBe(200);
    await away.stop();
  });

  test("a check that throws is a dependency that is away, not a failed probe", async () => {
    const broken = await start({ readiness: () => Promise.reject(new Error("boom")) });
    expect(await get("/readyz", {}, broken)).toMatchObject({
      status: 503,
      body: { ok: false, dependencies: [{ detail: "boom" }] },
    });
    await broken.stop();
  });

  test("metrics are Prometheus text and count requests by route, not by address", async () => {
    await get(`/v1/lanes/${encodeURIComponent("a/b")}/features`);
    const { body, headers } = await get<string>("/metrics");
    expect(headers.get("content-type")).toContain("text/plain");
    expect(body).toMatch(
      /lanewatch_control_requests_total\{route="\/v1\/lanes\/:swimlane\/features",status="2xx"\} \d+/,
    );
    expect(body).not.toContain("a%2Fb");
  });

  test("a store that is away is 503 with its own words, and the server lives on", async () => {
    const failure = new OperationalError("QuestDB does not answer.", {
      code: "STORE_UNREACHABLE",
      retryable: true,
    });
    const away: Store = Object.assign(Object.create(store) as Store, {
      readVerdicts: () => Promise.reject(failure),
    });
    const other = await start({ store: away });
    const { status, body } = await get<FailureAnswer>("/v1/verdicts", {}, other);
    expect([status, body.error, body.detail]).toEqual([503, "STORE_UNREACHABLE", "QuestDB does not answer."]);
    expect((await get("/healthz", {}, other)).status).toBe(200);
    await other.stop();
  });

  test("with a token everything asks for it but the probes and the page", async () => {
    const guarded = await start({ token: "s3cret" });
    const withToken = { headers: { authorization: "Bearer s3cret" } };
    for (const path of ["/v1/lanes", "/v1/status", "/metrics", "/v1/openapi.json"]) {
      expect(await get(path, {}, guarded)).toMatchObject({ status: 401, body: { error: "TOKEN_REFUSED" } });
      expect((await get(path, { headers: { authorization: "Bearer wrong" } }, guarded)).status).toBe(401);
      expect((await get(path, withToken, guarded)).status).toBe(200);
    }
    for (const path of ["/healthz", "/readyz"]) expect((await get(path, {}, guarded)).status).toBe(200);
    expect((await get("/", {}, guarded)).status).not.toBe(401);
    await guarded.stop();
  });

  test("the OpenAPI document lists every route with its parameters", async () => {
    const { body } = await get<{
      paths: Record<string, Record<string, { parameters: { name: string; required: boolean }[] }>>;
    }>("/v1/openapi.json");
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        "/v1/lanes",
        "/v1/series",
        "/v1/distribution",
        "/v1/incidents/{id}",
        "/v1/incidents/{id}/acknowledge",
        "/v1/gate",
      ]),
    );
    expect(body.paths["/v1/gate"]?.["get"]?.parameters).toMatchObject([
      { name: "swimlane", required: true },
      { name: "since", required: false },
      { name: "until", required: false },
    ]);
  });

  test("status tells version, clocks, dependencies and progress", async () => {
    const other = await start({
      progress: () => [{ name: "lag", value: "3 records", ok: true }],
      eventNowMs: () => 42,
    });
    const { body } = await get<StatusAnswer>("/v1/status", {}, other);
    expect(body).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      eventNowMs: 42,
      progress: [{ name: "lag" }],
    });
    await other.stop();
  });

  test("nothing may be framed, sniffed or loaded from elsewhere", async () => {
    const { headers } = await get("/");
    expect(headers.get("content-security-policy")).toContain("script-src 'self'");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("twenty requests at once each get what they get alone", async () => {
    const paths = [
      "/v1/lanes?limit=2",
      "/v1/features?swimlane=eval",
      "/v1/series?swimlane=eval&source=watch-events&feature=age&since=20m",
      "/v1/incidents",
    ];
    const strip = ({ body }: Got<object>) => JSON.stringify(body).replaceAll(/"nowMs":\d+/g, "");
    const alone = new Map<string, string>();
    for (const path of paths) alone.set(path, strip(await get<object>(path)));
    const asked = Array.from({ length: 20 }, (_, i) => paths[i % paths.length]!);
    const together = await Promise.all(asked.map((path) => get<object>(path)));
    expect(together.filter((got, i) => strip(got) !== alone.get(asked[i]!))).toHaveLength(0);
  });
});
