/** What a queue or a store that was away leaves behind is put right from the store: nothing is skipped, nothing is told twice. */
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { volume } from "../../detectors/volume/volume.ts";
import type { LaneAuditorOptions } from "../audit/lane-options.ts";
import { type Clock, ManualClock } from "../base/clock.ts";
import { OperationalError } from "../base/errors.ts";
import { Telemetry } from "../base/telemetry.ts";
import { emptyProfile } from "../sketch/profile.ts";
import type { Store, VerdictRow } from "../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../store/index.ts";
import { type AuditJob, AuditService, type AuditServiceOptions } from "./audit/audit-service.ts";
import { FeedbackFeed } from "./audit/feedback-feed.ts";
import { laneStateKey, readCheckpoint } from "./audit/lane-checkpoint.ts";
import { References } from "./audit/references.ts";
import { IncidentFeed } from "./incident/incident-feed.ts";
import { IncidentService } from "./incident/incident-service.ts";
import { RecentWindows } from "./rollup/recent-windows.ts";

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const LANE = { swimlane: "prod", source: "default", windowSizeMs: MINUTE };
const telemetry = new Telemetry({ level: "silent" });
const open: Store[] = [];

afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});

async function newStore(clock: ManualClock): Promise<Store> {
  const options = storeOptionsSchema.parse({ type: "duckdb", path: ":memory:" });
  const store = makeStore(options, { clock, telemetry, environment: {} });
  await store.open();
  open.push(store);
  return store;
}

/** The real store, one of whose methods fails as long as `broken.now` is true. */
function failing(store: Store, method: keyof Store, broken: { now: boolean }): Store {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      if (name === method && broken.now)
        return async () => {
          throw new OperationalError("away", { code: "STORE_UNREACHABLE", retryable: true });
        };
      return value.bind(target);
    },
  });
}

/** Reads every window from the store, as a process does that has merged none of them. */
function auditsOf(store: Store, clock: ManualClock, options: Partial<AuditServiceOptions>): AuditService {
  return new AuditService({
    store,
    recent: new RecentWindows(0, new Set(["other"])),
    coarserOf: () => [],
    clock,
    telemetry,
    feedback: new FeedbackFeed({ store, clock }),
    references: new References({ store, clock, telemetry, compareWith: () => [] }),
    auditorOptions: () => auditorOptions(),
    checkpointWindows: 0,
    onJudged: async () => {},
    signal: new AbortController().signal,
    ...options,
  });
}

test("verdicts that a store refused for a while are written by the next try, every one of them", async () => {
  const clock = new ManualClock(START);
  const store = await newStore(clock);
  await storeWindows(store, 30);
  const broken = { now: true };
  const told: number[] = [];
  const audits = auditsOf(store, clock, {
    store: failing(store, "writeVerdicts", broken),
    checkpointWindows: 64,
    onJudged: async (judged) => void told.push(judged.length),
  });
  const job = { ...LANE, untilStartMs: START + 29 * MINUTE };
  await expect(audits.run(job)).rejects.toMatchObject({ retryable: true });
  broken.now = false;
  await audits.run(job);
  const verdicts = await store.readVerdicts({ ...LANE });
  expect(new Set(verdicts.map((row) => row.windowStartMs)).size).toBe(30);
  expect(told.reduce((sum, count) => sum + count, 0)).toBe(30);
});

// 30 windows with a checkpoint every 8; then the newest memory is damaged, then both. A new process takes over each time.
test.each([
  { damaged: 1, from: "the older one" },
  { damaged: 2, from: "the stored windows" },
])(
  "a lane of which $damaged memories cannot be read goes on from $from, and says so",
  async ({ damaged }) => {
    const clock = new ManualClock(START);
    const store = await newStore(clock);
    await storeWindows(store, 30);
    const own = new Telemetry({ level: "silent" });
    const run = (minutes: number) =>
      auditsOf(store, clock, { telemetry: own, checkpointWindows: 8 }).run({
        ...LANE,
        untilStartMs: START + (minutes - 1) * MINUTE,
      });
    await run(10);
    await run(20);
    const slots = [1, 0] as const;
    for (const slot of slots.slice(0, damaged))
      await store.writeStates([{ key: `${laneStateKey(LANE)}|${slot}`, value: '{"version":0}' }]);
    await run(30);
    const verdicts = await store.readVerdicts({ ...LANE });
    expect(new Set(verdicts.map((row) => row.windowStartMs)).size).toBe(30);
    expect(await own.registry.getSingleMetricAsString("lanewatch_audit_memories_unreadable_total")).toContain(
      `lanewatch_audit_memories_unreadable_total ${damaged}`,
    );
  },
);

test("how many sources share the lane's page budget is said by the job, kept with its memory, and held to by a successor", async () => {
  const clock = new ManualClock(START);
  const store = await newStore(clock);
  await storeWindows(store, 20);
  const run = (job: AuditJob) => auditsOf(store, clock, { checkpointWindows: 4 }).run(job);
  const kept = async () => (await readCheckpoint(store, LANE, Number.POSITIVE_INFINITY, () => {}))?.memory;
  await run({ ...LANE, untilStartMs: START + 9 * MINUTE, sourceCount: 3 });
  expect((await kept())?.sourceCount).toBe(3);
  // A job of before there was such a share says nothing, and changes nothing.
  await run({ ...LANE, untilStartMs: START + 19 * MINUTE });
  expect((await kept())?.sourceCount).toBe(3);
  expect((await kept())?.lastWindowStartMs).toBe(START + 19 * MINUTE);
});

test("verdicts whose job was lost with the queue are observed with the next job of their lane", async () => {
  const clock = new ManualClock(START);
  const store = await newStore(clock);
  await store.writeVerdicts([0, 1, 2, 3].map((minute) => verdict(minute, minute === 2)));
  const told: string[] = [];
  await feedOf(store, clock, told).feed.run(jobOf(0, 1));
  // The job of minutes 1 and 2 is gone; another process takes the next one.
  await feedOf(store, clock, told).feed.run(jobOf(3, 4));
  const [incident] = await store.readIncidents({});
  expect(incident).toMatchObject({ swimlane: "prod", startMs: START + 2 * MINUTE });
  expect(new Set(told).size).toBe(1);
});

test("an incident that the store does not show yet when its process is replaced is the same one to the next process", async () => {
  const clock = new ManualClock(START);
  const store = await newStore(clock);
  await store.writeVerdicts([0, 1, 2, 3, 4, 5].map((minute) => verdict(minute, minute >= 2)));
  const told: string[] = [];
  await feedOf(store, clock, told).feed.run(jobOf(0, 4));
  const next = feedOf(showingLate(store, 3), clock, told);
  const restored = next.service.restore();
  for (let i = 1; i <= 3; i++) {
    await setImmediate();
    clock.advanceTo(START + (i * MINUTE) / 3);
  }
  await restored;
  await next.feed.run(jobOf(4, 6));
  const incidents = await store.readIncidents({});
  expect(incidents).toEqual([
    expect.objectContaining({ startMs: START + 2 * MINUTE, endMs: START + 6 * MINUTE }),
  ]);
  expect(new Set(told).size).toBe(1);
});

test("what a store did not take of the incidents is written and told with the next look, news or none", async () => {
  const clock = new ManualClock(START);
  const store = await newStore(clock);
  await store.writeVerdicts([0, 1, 2].map((minute) => verdict(minute, minute === 1)));
  const told: string[] = [];
  const broken = { now: true };
  const { service } = feedOf(failing(store, "writeIncidents", broken), clock, told);
  const windows = [0, 1, 2].map((minute) => ({
    window: { ...LANE, windowStartMs: START + minute * MINUTE },
    verdicts: [verdict(minute, minute === 1)],
  }));
  await expect(service.observe(windows)).rejects.toThrow("away");
  expect(service.hasUnwritten).toBe(true);
  broken.now = false;
  await service.observe([]);
  expect(service.hasUnwritten).toBe(false);
  expect(await store.readIncidents({})).toMatchObject([{ startMs: START + MINUTE, state: "open" }]);
  expect(told).toHaveLength(1);
});

test("a lane's memory is kept only once what was judged has been told: a successor judges no window again", async () => {
  const clock = new ManualClock(START);
  const store = await newStore(clock);
  await storeWindows(store, 20);
  const kept = () => readCheckpoint(store, LANE, Number.POSITIVE_INFINITY, () => {});
  const job = { ...LANE, untilStartMs: START + 9 * MINUTE };
  const beforeCheckpoint = async () => {
    expect(await kept()).toBeUndefined();
    throw new OperationalError("away", { code: "STORE_UNREACHABLE", retryable: true });
  };
  await expect(auditsOf(store, clock, { checkpointWindows: 4, beforeCheckpoint }).run(job)).rejects.toThrow(
    "away",
  );
  expect(await kept()).toBeUndefined();
  await auditsOf(store, clock, { checkpointWindows: 4, beforeCheckpoint: async () => {} }).run(job);
  expect((await kept())?.memory.lastWindowStartMs).toBe(START + 9 * MINUTE);
});

test("a lane that catches up leaves the process its turns between two windows", async () => {
  const clock = new ManualClock(START);
  const store = await newStore(clock);
  await storeWindows(store, 30);
  const told: number[] = [];
  let elapsedMs = 0;
  let pauses = 0;
  // Each look at it finds the process busy for longer than anyone should wait.
  const busy: Clock = {
    nowMs: () => START,
    elapsedMs: () => (elapsedMs += 1_000),
    sleep: async () => {
      await setImmediate();
      pauses++;
    },
  };
  const audits = auditsOf(store, clock, {
    clock: busy,
    onJudged: async (judged) => void told.push(judged.length),
  });
  await audits.run({ ...LANE, untilStartMs: START + 29 * MINUTE });
  expect(told).toEqual([30]);
  expect(pauses).toBe(30);
});

async function storeWindows(store: Store, count: number): Promise<void> {
  const windows = Array.from({ length: count }, (_, i) => ({
    ...LANE,
    windowStartMs: START + i * MINUTE,
    revision: 1,
    recordCount: 100,
    profileCount: 1,
    segmentCount: 1,
    mergedAtMs: START,
  }));
  const profiles = windows.map(({ windowStartMs, revision, recordCount }) => ({
    ...LANE,
    windowStartMs,
    revision,
    recordCount,
    feature: "*",
    kind: "records" as const,
    profile: { ...emptyProfile(), presentCount: recordCount },
  }));
  await store.writeWindows(windows, profiles);
}

/** A process that looks after incidents. */
function feedOf(store: Store, clock: ManualClock, told: string[]) {
  const service = new IncidentService({
    store,
    clock,
    telemetry,
    incidents: {},
    deliver: async (rows) => void told.push(...rows.map((row) => row.id)),
  });
  return { service, feed: new IncidentFeed(store, service, clock) };
}

/** The real store, but that it shows the incidents that it took only at the given look at how far it is. */
function showingLate(store: Store, look: number): Store {
  let looks = 0;
  return new Proxy(store, {
    get(target, name) {
      if (name === "incidentWriteCount")
        return async () => ({ acknowledged: 5, shown: looks++ < look ? 4 : 5 });
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      return name === "readIncidents" && looks <= look ? async () => [] : value.bind(target);
    },
  });
}

function auditorOptions(): LaneAuditorOptions {
  return {
    ...LANE,
    detectors: [volume],
    detectorOptions: {},
    pageBudgetPerWeek: 0.25,
    timeZone: "UTC",
    knownEvents: [],
  };
}

function jobOf(from: number, until: number) {
  return {
    ...LANE,
    sinceMs: START + from * MINUTE,
    untilMs: START + (until - 1) * MINUTE + 1,
    verdictCount: until - from,
  };
}

function verdict(minute: number, anomalous: boolean): VerdictRow {
  return {
    windowStartMs: START + minute * MINUTE,
    windowSizeMs: MINUTE,
    swimlane: "prod",
    source: "default",
    feature: "*",
    detector: "volume",
    revision: 1,
    answer: anomalous ? "anomalous" : "ok",
    severity: "page",
    statistic: anomalous ? 9 : 0,
    threshold: 1,
    effect: anomalous ? -1 : 0,
    significance: anomalous ? 99 : 0,
    sketchError: 0,
    incidentId: "",
    summary: "Nothing came where 100 records were expected.",
    explanation: JSON.stringify({ certain: anomalous, expected: 100, lower: 60, upper: null, parts: [] }),
  };
}
