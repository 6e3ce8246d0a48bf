import { describe, expect, test } from "vitest";
import { type Got, query, ServedWorld } from "../../test/browser/served-world.ts";
import { OperationalError } from "../base/errors.ts";
import type { Store } from "../store/contract.ts";
import type { GateAnswer } from "./gate/wire-gate.ts";
import type { FailureAnswer, FeaturesAnswer, StatusAnswer } from "./wire.ts";

const world = ServedWorld.forThisFile();

describe("gate", () => {
  test("the gate passes a lane whose every due window is ok, holds one with anomalies, and does not know the rest", async () => {
    const ask = async (swimlane: string, more = {}) =>
      (await world.get<GateAnswer>(`/v1/gate?${query({ swimlane, ...more })}`)).body;
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
    const { status, body } = await world.get<FailureAnswer>("/v1/gate?swimlane=eval&since=365d");
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
    const { status, body } = await world.get<FailureAnswer>(path);
    expect(status).toBe(400);
    expect(body.detail).toContain(detail);
    expect(body.next.length).toBeGreaterThan(10);
  });

  test("an unknown route, an odd body and a wrong content type get JSON too", async () => {
    expect(await world.get("/v1/nope")).toMatchObject({ status: 404, body: { error: "ROUTE_UNKNOWN" } });
    const odd = { method: "POST", body: "{", headers: { "content-type": "application/json" } };
    expect(await world.get("/v1/incidents/x/acknowledge", odd)).toMatchObject({
      status: 400,
      body: { error: "REQUEST_INVALID" },
    });
    const form = {
      method: "POST",
      body: "by=x",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    };
    expect((await world.get("/v1/incidents/x/acknowledge", form)).status).toBe(415);
  });

  test.each(["..", "%", "a%2Fb", "\ud83d\ude80", "x".repeat(1_500), "a\u0000b", "' OR 1=1 --"])(
    "a lane named %j is only a name",
    async (swimlane) => {
      expect((await world.get<GateAnswer>(`/v1/gate?${query({ swimlane })}`)).body).toMatchObject({
        swimlane,
        answer: "unknown",
      });
      expect((await world.get<FeaturesAnswer>(`/v1/features?${query({ swimlane })}`)).body).toMatchObject({
        swimlane,
        features: [],
      });
    },
  );
});

describe("running it", () => {
  test("health says that it answers; readiness names each dependency and fails with one of them", async () => {
    expect(await world.get("/healthz")).toMatchObject({ status: 200, body: { ok: true } });
    expect(await world.get("/readyz")).toMatchObject({
      status: 200,
      body: { ok: true, dependencies: [{ name: "store", ok: true }] },
    });
    const away = await world.start({
      readiness: async () => [{ name: "kafka", ok: false, detail: "no broker answers" }],
    });
    expect(await world.get("/readyz", {}, away)).toMatchObject({
      status: 503,
      body: { dependencies: [{ name: "kafka", detail: "no broker answers" }] },
    });
    expect((await world.get("/healthz", {}, away)).status).toBe(200);
    await away.stop();
  });

  test("a check that throws is a dependency that is away, not a failed probe", async () => {
    const broken = await world.start({ readiness: () => Promise.reject(new Error("boom")) });
    expect(await world.get("/readyz", {}, broken)).toMatchObject({
      status: 503,
      body: { ok: false, dependencies: [{ detail: "boom" }] },
    });
    await broken.stop();
  });

  test("metrics are Prometheus text and count requests by route, not by address", async () => {
    await world.get(`/v1/lanes/${encodeURIComponent("a/b")}/features`);
    const { body, headers } = await world.get<string>("/metrics");
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
    const away: Store = Object.assign(Object.create(world.store) as Store, {
      readVerdicts: () => Promise.reject(failure),
    });
    const other = await world.start({ store: away });
    const { status, body } = await world.get<FailureAnswer>("/v1/verdicts", {}, other);
    expect([status, body.error, body.detail]).toEqual([503, "STORE_UNREACHABLE", "QuestDB does not answer."]);
    expect((await world.get("/healthz", {}, other)).status).toBe(200);
    await other.stop();
  });

  test("with a token everything asks for it but the probes and the page", async () => {
    const guarded = await world.start({ token: "s3cret" });
    const withToken = { headers: { authorization: "Bearer s3cret" } };
    for (const path of ["/v1/lanes", "/v1/status", "/metrics", "/v1/openapi.json"]) {
      expect(await world.get(path, {}, guarded)).toMatchObject({
        status: 401,
        body: { error: "TOKEN_REFUSED" },
      });
      expect((await world.get(path, { headers: { authorization: "Bearer wrong" } }, guarded)).status).toBe(
        401,
      );
      expect((await world.get(path, withToken, guarded)).status).toBe(200);
    }
    for (const path of ["/healthz", "/readyz"]) expect((await world.get(path, {}, guarded)).status).toBe(200);
    expect((await world.get("/", {}, guarded)).status).not.toBe(401);
    await guarded.stop();
  });

  test("the OpenAPI document lists every route with its parameters", async () => {
    const { body } = await world.get<{
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
    const other = await world.start({
      progress: () => [{ name: "lag", value: "3 records", ok: true }],
      eventNowMs: () => 42,
    });
    const { body } = await world.get<StatusAnswer>("/v1/status", {}, other);
    expect(body).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      eventNowMs: 42,
      progress: [{ name: "lag" }],
    });
    await other.stop();
  });

  test("nothing may be framed, sniffed or loaded from elsewhere", async () => {
    const { headers } = await world.get("/");
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
    for (const path of paths) alone.set(path, strip(await world.get<object>(path)));
    const asked = Array.from({ length: 20 }, (_, i) => paths[i % paths.length]!);
    const together = await Promise.all(asked.map((path) => world.get<object>(path)));
    expect(together.filter((got, i) => strip(got) !== alone.get(asked[i]!))).toHaveLength(0);
  });
});
