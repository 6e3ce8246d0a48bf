/** The audit of the auditor over a real store, asked through the server and the command. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runCommandLine } from "../../src/app/cli/command-line.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { ControlServer } from "../../src/control/contract.ts";
import { ruleSpan } from "../../src/control/page-budget/reads.ts";
import type { PageBudgetAnswer } from "../../src/control/page-budget/wire-page-budget.ts";
import type { LanesAnswer } from "../../src/control/wire.ts";
import type { FeedbackLabel, Store } from "../../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { incidentRow, verdictRow, windowRow } from "../conformance/store-rows.ts";
import { serveControl } from "../harness/control-server.ts";

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 10, 23);
/** Two weeks of hours. */
const HOURS = 336;
const clock = new ManualClock(NOW_MS);
const telemetry = new Telemetry({ level: "silent" });
let store: Store;
let server: ControlServer;

const hourMs = (ago: number) => NOW_MS - (ago + 1) * HOUR_MS;

beforeAll(async () => {
  store = makeStore(storeOptionsSchema.parse({ type: "duckdb" }), { clock, telemetry });
  await store.open();
  const hours = Array.from({ length: HOURS }, (_, ago) => ({
    windowStartMs: hourMs(ago),
    windowSizeMs: HOUR_MS,
  }));
  for (const swimlane of ["prod", "it's calm"])
    await store.writeWindows(
      hours.map((hour) => windowRow({ ...hour, swimlane })),
      [],
    );
  // In prod, psi fires on age in 19 of 20 hours; ks never does; volume cannot answer.
  await store.writeVerdicts(
    hours.flatMap((hour, i) => [
      verdictRow({ ...hour, detector: "psi", answer: i % 20 === 0 ? "ok" : "anomalous" }),
      verdictRow({ ...hour, detector: "ks" }),
      verdictRow({ ...hour, feature: "*", detector: "volume", answer: "insufficient" }),
    ]),
  );
  const opened = JSON.stringify({ openedAtMs: NOW_MS });
  const page = (id: string, ago: number, changes = {}) =>
    incidentRow({ id, startMs: hourMs(ago), members: "age:psi,a:b:ks", explanation: opened, ...changes });
  await store.writeIncidents([
    page("noise", 10),
    page("real", 20, { state: "resolved" }),
    page("unjudged", 30),
    page("warned", 40, { severity: "warn" }),
    page("never told", 50, { state: "resolved", explanation: JSON.stringify({ openedAtMs: null }) }),
    page("before", HOURS + 800),
    // One cause in two lanes, told once; the second joined after people had spoken.
    page("prod below", 60, { state: "resolved" }),
    page("calm below", 60, { state: "resolved", swimlane: "it's calm" }),
    page("above", 60, {
      state: "resolved",
      swimlane: "*",
      explanation: JSON.stringify({ openedAtMs: NOW_MS, children: ["prod below", "calm below"] }),
    }),
  ]);
  const say = (incidentId: string, label: FeedbackLabel, atMs: number, swimlane = "prod") => ({
    atMs,
    incidentId,
    swimlane,
    severity: "page" as const,
    label,
    givenBy: "ada",
    reason: "",
    appliesFromMs: atMs,
    anomalies: "[]",
  });
  // Of the first, the newest word counts.
  await store.writeFeedback([
    say("noise", "real", NOW_MS - 3_000),
    say("noise", "noise", NOW_MS - 2_000),
    say("real", "real", NOW_MS - 1_000),
    say("above", "noise", NOW_MS - 3_000, "*"),
    say("prod below", "noise", NOW_MS - 3_000),
    say("prod below", "fixed", NOW_MS - 2_000),
  ]);
  server = await serveControl(store, clock, { windowSizeMs: HOUR_MS, judgingMsMax: 0 });
}, 60_000);

afterAll(async () => {
  await server.stop();
  await store.close();
});

test("pages, what was said of them, and what rules did are counted from the store", async () => {
  const answer = (await (await fetch(`${server.url}/v1/page-budget`)).json()) as PageBudgetAnswer;
  expect(answer).toMatchObject({ truncated: false, total: 2, rulesSinceMs: answer.sinceMs });
  const [prod, calm] = answer.lanes;
  expect(prod).toMatchObject({
    swimlane: "prod",
    standing: "over_twice",
    weeks: 2,
    accepted: 0.5,
    pages: 4,
    groupedPages: 1,
    feedback: { real: 1, fixed: 1, noise: 1, expected: 0 },
    unjudged: 1,
    falseMax: 2,
    use: 4,
    precision: 2 / 3,
  });
  expect(prod!.rules.map((rule) => ({ ...rule, nearlyAlways: rule.nearlyAlways.join() }))).toEqual([
    {
      detector: "psi",
      standing: "nearly_always",
      verdictCount: 336,
      insufficientCount: 0,
      firedCount: 319,
      seriesCount: 1,
      insufficientSeriesCount: 0,
      nearlyAlwaysSeriesCount: 1,
      pages: 4,
      falsePages: 1,
      nearlyAlways: "clicks / age",
    },
    expect.objectContaining({ detector: "volume", standing: "insufficient", insufficientSeriesCount: 1 }),
    expect.objectContaining({ detector: "ks", standing: "never_fired", verdictCount: 336, pages: 4 }),
  ]);
  expect(prod!.findings.map(({ kind }) => kind)).toEqual([
    "over_twice",
    "nearly_always",
    "insufficient",
    "never_fired",
  ]);
  expect(calm).toMatchObject({
    swimlane: "it's calm",
    standing: "over",
    pages: 1,
    groupedPages: 1,
    precision: 0,
    rules: [],
  });
});

test("what was said of an incident above several lanes holds for each of them, unless something newer was", async () => {
  const ask = async (lane: string) => {
    const response = await fetch(`${server.url}/v1/page-budget?swimlane=${encodeURIComponent(lane)}`);
    return ((await response.json()) as PageBudgetAnswer).lanes[0]!.feedback;
  };
  expect(await ask("it's calm")).toEqual({ real: 0, fixed: 0, noise: 1, expected: 0 });
  expect(await ask("prod")).toEqual({ real: 1, fixed: 1, noise: 1, expected: 0 });
});

test("the overview counts the same pages: one that never opened paged nobody", async () => {
  const { lanes } = (await (await fetch(`${server.url}/v1/lanes`)).json()) as LanesAnswer;
  expect(lanes.map(({ swimlane, budget }) => [swimlane, budget.pages])).toEqual([
    ["prod", 4],
    ["it's calm", 1],
  ]);
});

test("the metrics say the same: pages and what is accepted, precision, rules by standing", async () => {
  const samples = async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line.startsWith("lanewatch_control_budget_"));
    return lines.map((line) => line.replace("lanewatch_control_budget_", "")).sort();
  };
  await expect.poll(samples, { timeout: 10_000 }).not.toEqual([]);
  expect(await samples()).toEqual(
    [
      'lanes{standing="over_twice"} 1',
      'lanes{standing="over"} 1',
      'lanes{standing="within"} 0',
      'lanes{standing="unwatched"} 0',
      ...['pages{swimlane="prod"} 4', `pages{swimlane="it's calm"} 1`],
      ...['accepted_pages{swimlane="prod"} 0.5', `accepted_pages{swimlane="it's calm"} 0.5`],
      ...['false_pages_max{swimlane="prod"} 2', `false_pages_max{swimlane="it's calm"} 1`],
      ...[`precision_ratio{swimlane="prod"} ${2 / 3}`, `precision_ratio{swimlane="it's calm"} 0`],
      ...["nearly_always", "insufficient", "never_fired", "fired"].flatMap((standing, i) => [
        `rules{swimlane="prod",standing="${standing}"} ${i < 3 ? 1 : 0}`,
        `rules{swimlane="it's calm",standing="${standing}"} 0`,
      ]),
      `counted_at_seconds ${NOW_MS / 1_000}`,
    ].sort(),
  );
});

test("where a span holds more verdicts than may be passed over, its newest part is counted", async () => {
  const span = { sinceMs: hourMs(HOURS - 1), untilMs: NOW_MS };
  expect(await ruleSpan({ store, tablePrefix: "" }, span, 1_008)).toEqual(span);
  const part = await ruleSpan({ store, tablePrefix: "" }, span, 504);
  const hours = (NOW_MS - part.sinceMs) / HOUR_MS;
  expect(hours).toBeGreaterThan(140);
  expect(hours).toBeLessThanOrEqual(168);
});

test("the command prints a line a lane, what to do next, and exits 1 for a lane over twice its budget", async () => {
  const printed: string[] = [];
  const write = vi
    .spyOn(process.stdout, "write")
    .mockImplementation((text) => printed.push(String(text)) > 0);
  const complained = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  try {
    expect(await runCommandLine(["budget", "--url", server.url])).toBe(1);
    expect(await runCommandLine(["budget", "--url", server.url, "-s", "it's calm"])).toBe(0);
    const nobody = ["--url", "http://127.0.0.1:1"];
    expect(await runCommandLine(["budget", ...nobody, "--since", "yesterday"])).toBe(64);
    expect(complained).toHaveBeenLastCalledWith(
      expect.stringContaining('"--since" is not a moment: "yesterday"'),
    );
    expect(await runCommandLine(["incident", "list", ...nobody, "--since", "yesterday"])).toBe(64);
    expect(await runCommandLine(["budget", "--url", server.url, "--since", "now"])).toBe(64);
    expect(complained).toHaveBeenLastCalledWith(expect.stringContaining('is not before "until"'));
    expect(await runCommandLine(["budget", ...nobody])).toBe(2);
  } finally {
    write.mockRestore();
    complained.mockRestore();
  }
  const text = printed.join("");
  expect(text).toMatch(/prod +over twice +0\.5 +4 \(1 with others\) +2 \(0\.54 to 5\.1\) +2 +1 +67 %/);
  expect(text).toContain("prod: `psi` fires nearly always on clicks / age: it tells nothing any more.");
  expect(text).toMatch(/it's calm +over +0\.5 +1/);
});
