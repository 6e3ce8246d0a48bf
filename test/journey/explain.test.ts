/** A verdict again, from stored rows: equal to the last bit, or said what differs and why. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { writeCheckpoint } from "../../src/app/audit/lane-checkpoint.ts";
import { References } from "../../src/app/audit/references.ts";
import { storedBatches } from "../../src/app/audit/stored-windows.ts";
import { auditorOptionsOf } from "../../src/app/auditor-options.ts";
import { runCommandLine } from "../../src/app/cli/command-line.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { type ExplainOptions, explainVerdict } from "../../src/app/explain.ts";
import { replay } from "../../src/app/replay.ts";
import { LaneAuditor } from "../../src/audit/lane-auditor.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";
import type { Store } from "../../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../../src/store/index.ts";
import { parseVerdictName } from "../../src/store/verdict-key.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), "lanewatch-explain-"));
const CONFIG = "lanes: { defaults: { window: 1d, allowedLateness: 1s, lateMax: 9999d, futureMax: 1d } }\n";
const LANE = { swimlane: "nycflights_JFK", source: "default", windowSizeMs: 86_400_000 };
const DAY_MS = 86_400_000;
const storePath = join(folder, "out", "store.duckdb");

interface Line {
  readonly verdict: string;
  readonly detector: string;
  readonly answer: string;
  readonly window_start: string;
}

let verdicts: readonly Line[];

beforeAll(async () => {
  const records = gunzipSync(readFileSync("test/data/journey/records.jsonl.gz")).toString().split("\n");
  const path = join(folder, "records.jsonl");
  writeFileSync(path, records.filter((line) => line.includes(LANE.swimlane)).join("\n"));
  writeFileSync(join(folder, "c.yaml"), CONFIG);
  await replay({
    config: parseConfig(CONFIG, {}),
    paths: [path],
    outFolder: join(folder, "out"),
    detectors: BUILT_IN_DETECTORS,
    clock: systemClock,
    telemetry: new Telemetry({ level: "silent" }),
  });
  const lines = readFileSync(join(folder, "out", "verdicts.jsonl"), "utf8")
    .trim()
    .split("\n");
  verdicts = lines.map((line) => JSON.parse(line) as Line);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function withStore<T>(run: (store: Store) => Promise<T>): Promise<T> {
  const telemetry = new Telemetry({ level: "silent" });
  const options = storeOptionsSchema.parse({ type: "duckdb", path: storePath });
  const store = makeStore(options, { clock: systemClock, telemetry });
  await store.open();
  try {
    return await run(store);
  } finally {
    await store.close();
  }
}

function options(store: Store, yaml = CONFIG): ExplainOptions {
  const auditorOptions = auditorOptionsOf(parseConfig(yaml, {}), BUILT_IN_DETECTORS);
  const telemetry = new Telemetry({ level: "silent" });
  const references = new References({ store, clock: systemClock, telemetry, compareWith: () => [] });
  return { store, references, auditorOptions, windowsMax: Number.POSITIVE_INFINITY };
}

function oneOfEach(answer: string): readonly Line[] {
  // The earliest: few windows have to be judged for it.
  const lines = verdicts.filter((line) => line.answer === answer).reverse();
  return [...new Map(lines.map((line) => [line.detector, line])).values()];
}

test("every detector's verdict, anomalous or well, comes out equal from the stored windows, and its SQL shows it", async () => {
  const chosen = [...oneOfEach("anomalous"), ...oneOfEach("ok").slice(0, 3)];
  expect(new Set(chosen.map(({ detector }) => detector)).size).toBeGreaterThan(7);
  await withStore(async (store) => {
    for (const { verdict } of chosen) {
      const answer = await explainVerdict(parseVerdictName(verdict)!, options(store));
      expect([verdict, answer?.outcome, answer?.differences]).toEqual([verdict, "equal", []]);
      const [row] = await store.query(answer!.sql[0]!);
      expect([row!["statistic"], row!["answer"]]).toEqual([
        answer!.verdict.statistic,
        answer!.verdict.answer,
      ]);
    }
  });
});

test("it goes on from the auditor's newest checkpoint of before, and comes out equal too", async () => {
  const { verdict, window_start } = verdicts.findLast(({ answer }) => answer === "anomalous")!;
  const startMs = Date.parse(window_start);
  await withStore(async (store) => {
    const auditor = new LaneAuditor(options(store).auditorOptions(LANE, DAY_MS));
    const before = { ...LANE, sinceMs: undefined, windowSizeMs: DAY_MS, untilMs: startMs - 2 * DAY_MS };
    for await (const windows of storedBatches(store, before))
      for (const window of windows) auditor.audit(window);
    await writeCheckpoint(store, LANE, { memory: auditor.memory(), slot: 1 });
    const answer = await explainVerdict(parseVerdictName(verdict)!, options(store));
    expect(answer).toMatchObject({ outcome: "equal", basis: expect.stringContaining("3 windows after it") });
    await store.writeStates([
      { key: `audit|${LANE.swimlane}|${LANE.source}|${LANE.windowSizeMs}ms|1`, value: "{}" },
    ]);
    // A memory that cannot be read is none: it is judged from the lane's first stored window on.
    expect(await explainVerdict(parseVerdictName(verdict)!, options(store))).toMatchObject({
      outcome: "equal",
      basis: expect.stringContaining("from the lane's first stored one"),
    });
    await writeCheckpoint(store, LANE, { memory: auditor.memory(), slot: 1 });
  });
});

test("under another configuration it says which numbers differ, and what may be behind it", async () => {
  const { verdict } = oneOfEach("anomalous").find(({ detector }) => detector === "null-rate")!;
  const yaml = `${CONFIG}detectors: { options: { null-rate: { shareMin: 0.99 } } }`;
  const answer = await withStore((store) => explainVerdict(parseVerdictName(verdict)!, options(store, yaml)));
  expect(answer?.outcome).toBe("differs");
  expect(answer?.differences).toContainEqual({ field: "answer", stored: "anomalous", again: "ok" });
  expect(answer?.reasons.join()).toContain("configuration");
});

test("a window's bound is kept: too far to judge again is unknown, never a guess", async () => {
  const { verdict } = verdicts[0]!;
  const answer = await withStore((store) =>
    explainVerdict(parseVerdictName(verdict)!, { ...options(store), windowsMax: 0 }),
  );
  expect(answer).toMatchObject({ outcome: "unknown", reasons: [expect.stringContaining("command line")] });
});

test("on the command line: 0 equal, 2 not stored, 64 no verdict's name, and no store is ever made", async () => {
  const told: string[] = [];
  const keep = (text: unknown) => told.push(String(text)) > 0;
  vi.spyOn(process.stdout, "write").mockImplementation(keep);
  vi.spyOn(process.stderr, "write").mockImplementation(keep);
  const lanewatch = async (name: string, store: string) => {
    const status = await runCommandLine(["explain", name, "-c", join(folder, "c.yaml"), "--store", store]);
    return [status, told.splice(0).join("")];
  };
  const { verdict } = verdicts.find(({ answer }) => answer === "anomalous")!;
  const said = (text: string) => expect.stringContaining(text) as unknown;
  expect(await lanewatch(verdict, storePath)).toEqual([0, said("equal: judged again from")]);
  expect(await lanewatch(verdict.replace("2013", "2012"), storePath)).toEqual([2, said("has no verdict")]);
  expect(await lanewatch("prod", storePath)).toEqual([64, said("not a verdict's name")]);
  expect(await lanewatch(verdict, join(folder, "nowhere.duckdb"))).toEqual([1, said("nothing was made")]);
  vi.restoreAllMocks();
});
