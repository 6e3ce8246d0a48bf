import { describe, expect, test } from "vitest";
import { HOSTILE_LANE } from "../../../test/browser/seeded-world.ts";
import { ServedWorld } from "../../../test/browser/served-world.ts";
import type { FailureAnswer } from "../wire.ts";
import type { IncidentAnswer, IncidentDetailAnswer, IncidentsAnswer } from "./wire-incidents.ts";

const world = ServedWorld.forThisFile();

describe("incidents", () => {
  test("open ones come first and tell cause and title; the list stays without heavy detail", async () => {
    const { body } = await world.get<IncidentsAnswer>("/v1/incidents");
    expect(body.incidents.map(({ state }) => state)).toEqual(["open", "open", "resolved"]);
    expect(body.incidents.every(({ story }) => story.witnesses.length === 0 && story.cause !== "")).toBe(
      true,
    );
  });

  test("detail has parts that add up to the statistic, the SQL, and features that moved together", async () => {
    const open = world.incidents.find(({ swimlane, state }) => swimlane === "prod" && state === "open");
    const { body } = await world.get<IncidentDetailAnswer>(`/v1/incidents/${open?.id}`);
    const drift = body.story.witnesses.find(({ feature }) => feature === "watch_time");
    expect(drift?.parts.reduce((sum, part) => sum + part.contribution, 0)).toBeCloseTo(
      drift?.statistic ?? Number.NaN,
      9,
    );
    expect(body.story.sql.some((sql) => sql.includes("FROM verdicts"))).toBe(true);
    expect(body.story.together.map(({ feature }) => feature)).toContain("age");
    for (const sql of body.story.sql) expect((await world.store.query(sql)).length).toBeGreaterThan(0);
  });

  test("acknowledging is stored with the name, and a second time changes nothing", async () => {
    const open = world.incidents.find(
      ({ swimlane, state }) => swimlane === HOSTILE_LANE && state === "open",
    )!;
    const path = `/v1/incidents/${open.id}/acknowledge`;
    expect((await world.post<IncidentAnswer>(path, { by: "  Zoë <b>  " })).body).toMatchObject({
      state: "acknowledged",
      acknowledgedBy: "Zoë <b>",
    });
    expect(await world.store.readIncidents({ id: open.id })).toMatchObject([
      { state: "acknowledged", acknowledgedBy: "Zoë <b>" },
    ]);
    expect((await world.post<IncidentAnswer>(path, { by: "someone else" })).body.acknowledgedBy).toBe(
      "Zoë <b>",
    );
  });

  test("a resolved incident can not be acknowledged; an unknown one is 404; a name is asked for", async () => {
    const resolved = world.incidents.find(({ state }) => state === "resolved")!;
    const status = async (path: string, body: unknown, headers = {}) =>
      (await world.post<FailureAnswer>(path, body, headers)).status;
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
