/** From an incident through the API and the command line to what the next windows are told: real store, real stages. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { volume } from "../../detectors/volume/volume.ts";
import { AuditService } from "../../src/app/audit/audit-service.ts";
import { FeedbackFeed } from "../../src/app/audit/feedback-feed.ts";
import { References } from "../../src/app/audit/references.ts";
import { runCommandLine } from "../../src/app/cli/command-line.ts";
import { IncidentService } from "../../src/app/incident/incident-service.ts";
import { RecentWindows } from "../../src/app/rollup/recent-windows.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { ControlServer } from "../../src/control/contract.ts";
import type { FeedbackAnswer } from "../../src/control/incidents/wire-feedback.ts";
import type { IncidentDetailAnswer } from "../../src/control/incidents/wire-incidents.ts";
import type { Store } from "../../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { serveControl } from "../harness/control-server.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5);
const LANE = { swimlane: "prod", source: "default", windowSizeMs: HOUR };
/** Five weeks of 1,000 an hour; then now and then an hour of 700, and once one of 300. */
const HISTORY = 5 * 168;
const LOW = new Map([
  [HISTORY + 10, 700],
  [HISTORY + 30, 700],
  [HISTORY + 50, 300],
]);
const clock = new ManualClock(START);
const telemetry = new Telemetry({ level: "silent" });
let store: Store;
let server: ControlServer;
let incidents: IncidentService;
let audits: AuditService;

beforeAll(async () => {
  store = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), { clock, telemetry });
  await store.open();
  server = await serveControl(store, clock, { windowSizeMs: HOUR });
  await store.writeWindows(
    Array.from({ length: HISTORY + 60 }, (_, i) => ({
      ...LANE,
      windowStartMs: START + i * HOUR,
      revision: 1,
      recordCount: LOW.get(i) ?? 990 + ((i * 7) % 20),
      profileCount: 0,
      segmentCount: 1,
      mergedAtMs: START,
    })),
    [],
  );
  incidents = new IncidentService({ store, clock, telemetry, incidents: {}, deliver: async () => {} });
  audits = new AuditService({
    store,
    clock,
    telemetry,
    recent: new RecentWindows(0, new Set(["other"])),
    coarserOf: () => [],
    references: new References({ store, clock, telemetry, compareWith: () => [] }),
    feedback: new FeedbackFeed({ store, clock }),
    auditorOptions: () => ({
      ...LANE,
      detectors: [volume],
      detectorOptions: {},
      pageBudgetPerWeek: 0.25,
      timeZone: "UTC",
      knownEvents: [],
    }),
    checkpointWindows: 64,
    onJudged: (judged) =>
      incidents.observe(judged.map(({ complete, verdicts }) => ({ window: complete.window, verdicts }))),
    signal: new AbortController().signal,
  });
});
afterAll(async () => {
  await server.stop();
  await store.close();
});

/** Judges all hours before this one, which is "now". */
async function judgeUntil(hour: number): Promise<void> {
  clock.advanceTo(START + hour * HOUR);
  await audits.run({ ...LANE, untilStartMs: START + (hour - 1) * HOUR });
}

async function command(...words: string[]) {
  const told: string[] = [];
  const keep = (text: unknown) => told.push(String(text)) > 0;
  const spies = [process.stdout, process.stderr].map((s) => vi.spyOn(s, "write").mockImplementation(keep));
  const status = await runCommandLine(["incident", ...words, "--url", server.url]);
  for (const spy of spies) spy.mockRestore();
  return { status, text: told.join("") };
}

test("an hour that someone calls noise pages no more, a worse one does, and all that was said stays", async () => {
  await judgeUntil(HISTORY + 20);
  const [first, ...others] = await store.readIncidents({});
  expect(others).toEqual([]);
  expect(first).toMatchObject({ severity: "page", startMs: START + (HISTORY + 10) * HOUR });

  const listed = await command("list", "--since", "7d");
  expect(listed).toMatchObject({ status: 0, text: expect.stringContaining(first!.id) });
  const said = await command("feedback", first!.id, "noise", "--why", "a batch job's night", "--by", "ana");
  expect(said).toEqual({ status: 0, text: `${first!.id}: noise, for windows from 2026-02-09T20:00Z on\n` });

  await judgeUntil(HISTORY + 40);
  expect(await store.readIncidents({})).toHaveLength(1);
  const at = START + (HISTORY + 30) * HOUR;
  const [again] = await store.readVerdicts({ ...LANE, sinceMs: at, untilMs: at + 1 });
  expect(again).toMatchObject({ answer: "ok", severity: "info" });
  expect(again!.summary).toContain("700 records where");
  expect(again!.summary).toContain(`like what was called noise in ${first!.id}`);

  await judgeUntil(HISTORY + 60);
  const worse = (await store.readIncidents({})).at(-1);
  expect(worse).toMatchObject({ severity: "page", startMs: START + (HISTORY + 50) * HOUR });

  const detail = await get<IncidentDetailAnswer>(`/v1/incidents/${first!.id}`);
  expect(detail.feedback).toMatchObject([{ label: "noise", by: "ana", reason: "a batch job's night" }]);
});

test("what was said may be said anew, and a wrong label or id is refused with what to do", async () => {
  const [first] = await store.readIncidents({});
  clock.advanceTo(clock.nowMs() + 1_000);
  const response = await fetch(`${server.url}/v1/incidents/${first!.id}/feedback`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ label: "real", by: "eve" }),
  });
  expect((await response.json()) as FeedbackAnswer).toMatchObject({ label: "real", by: "eve", reason: "" });
  const detail = await get<IncidentDetailAnswer>(`/v1/incidents/${first!.id}`);
  expect(detail.feedback.map(({ label }) => label)).toEqual(["noise", "real"]);
  expect(await command("feedback", first!.id, "nosie")).toMatchObject({
    status: 64,
    text: expect.stringMatching(/"label".*real.*noise/),
  });
  expect(await command("feedback", "inc-none", "noise")).toMatchObject({
    status: 1,
    text: expect.stringContaining("GET /v1/incidents lists them"),
  });
});

async function get<Answer>(path: string): Promise<Answer> {
  return (await (await fetch(`${server.url}${path}`)).json()) as Answer;
}
