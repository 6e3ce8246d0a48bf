import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runCommandLine } from "../../src/app/cli/command-line.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { ControlServer } from "../../src/control/contract.ts";
import type { SilenceAnswer, SilencesAnswer } from "../../src/control/incidents/wire-silences.ts";
import { matchedOf } from "../../src/incident/inhibit.ts";
import { readSilences, silenceOf } from "../../src/incident/silence.ts";
import type { Store } from "../../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { serveControl } from "../harness/control-server.ts";
import { incidentExample } from "../harness/incident-example.ts";

const T0 = Date.UTC(2026, 10, 2, 12);
const clock = new ManualClock(T0);
const telemetry = new Telemetry({ level: "silent" });
let store: Store;
let server: ControlServer;

beforeAll(async () => {
  store = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), { clock, telemetry });
  await store.open();
  server = await serveControl(store, clock);
});
afterAll(async () => {
  await server.stop();
  await store.close();
});

async function send<Answer>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const json: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { ...json, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer & { readonly detail?: string } };
}

const GIVEN = { swimlane: "prod", for: "2h", reason: "backfill", by: "ada" };
/** Whether someone would be told of an open volume incident of lane "prod". */
const isMuted = async () =>
  silenceOf(await readSilences(store), matchedOf(incidentExample()), clock.nowMs()) !== undefined;

test("a silence mutes what it matches until its end, and not a moment longer", async () => {
  expect(await isMuted()).toBe(false);
  const made = await send<SilenceAnswer>("POST", "/v1/silences", GIVEN);
  expect(made).toMatchObject({ status: 200, body: { state: "active", startMs: T0, endMs: T0 + 7_200_000 } });
  expect(await isMuted()).toBe(true);
  clock.advanceTo(clock.nowMs() + 7_200_000);
  expect(await isMuted()).toBe(false);
  const { body } = await send<SilencesAnswer>("GET", "/v1/silences");
  expect(body.silences).toMatchObject([
    { id: made.body.id, state: "ended", createdBy: "ada", reason: "backfill" },
  ]);
});

test("one that is ended by hand mutes no more; ending it twice changes nothing", async () => {
  const { body } = await send<SilenceAnswer>("POST", "/v1/silences", { ...GIVEN, reason: "again" });
  expect(await isMuted()).toBe(true);
  clock.advanceTo(clock.nowMs() + 60_000);
  const ended = await send<SilenceAnswer>("DELETE", `/v1/silences/${body.id}`);
  expect(ended).toMatchObject({ status: 200, body: { state: "ended", endMs: body.startMs + 60_000 } });
  expect(await isMuted()).toBe(false);
  clock.advanceTo(clock.nowMs() + 60_000);
  expect((await send("DELETE", `/v1/silences/${body.id}`)).body).toEqual(ended.body);
  expect((await send("DELETE", "/v1/silences/sil-none")).status).toBe(404);
});

test.each([
  [{ ...GIVEN, for: undefined }, '"for" is required'],
  [{ ...GIVEN, for: "31d" }, "at most 30 days"],
  [{ ...GIVEN, for: "soon" }, "not a duration"],
  [{ ...GIVEN, swimlane: undefined }, "would mute everything"],
  [{ ...GIVEN, by: " " }, '"by"'],
  [{ ...GIVEN, lane: "prod" }, 'no parameter "lane"'],
])("%j is refused and says why", async (body, why) => {
  const answer = await send("POST", "/v1/silences", body);
  expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining(why)]);
});

test("a page of another site can neither make nor end one", async () => {
  const origin = { origin: "https://elsewhere.example" };
  expect((await send("POST", "/v1/silences", GIVEN, origin)).status).toBe(403);
  expect((await send("DELETE", "/v1/silences/sil-none", undefined, origin)).status).toBe(403);
});

test("the command line makes, lists and ends them", async () => {
  const told: string[] = [];
  const keep = (text: unknown) => told.push(String(text)) > 0;
  const spies = [process.stdout, process.stderr].map((s) => vi.spyOn(s, "write").mockImplementation(keep));
  const silence = async (...words: string[]) => {
    const status = await runCommandLine(["silence", ...words, "--url", server.url]);
    return [status, told.splice(0).join("")] as const;
  };
  const [status, text] = await silence(
    "add",
    "--swimlane",
    "prod",
    "--for",
    "1h",
    "--reason",
    "move",
    "--by",
    "eve",
  );
  const id = text.split(":")[0]!;
  const listed = await silence("list");
  const ended = await silence("end", id);
  const wrong = await silence("add", "--swimlane", "prod", "--for", "soon", "--reason", "move");
  for (const spy of spies) spy.mockRestore();
  expect([status, text]).toEqual([0, expect.stringMatching(/^sil-[0-9a-f]{8}: silent until /)]);
  expect(listed).toEqual([0, expect.stringMatching(new RegExp(`${id} +active .*eve +move`))]);
  expect(ended).toEqual([0, expect.stringContaining(`${id}: ended`)]);
  expect(wrong).toEqual([64, expect.stringContaining("not a duration")]);
});
