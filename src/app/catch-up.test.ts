/** What a queue or a store that was away leaves behind is put right from the store: nothing is skipped, nothing is told twice. */
import { afterEach, expect, test } from "vitest";
import { volume } from "../../detectors/volume/volume.ts";
import { LaneRules } from "../assign/lane.ts";
import type { LaneAuditorOptions } from "../audit/lane-auditor.ts";
import { ManualClock } from "../base/clock.ts";
import { OperationalError } from "../base/errors.ts";
import { Telemetry } from "../base/telemetry.ts";
import { zeroOutcomes } from "../decode/outcome.ts";
import type { JobQueue } from "../queue/contract.ts";
import { Rollup } from "../rollup/rollup.ts";
import type { Segment } from "../segment/manifest.ts";
import { emptyProfile } from "../sketch/profile.ts";
import type { Store, VerdictRow } from "../store/contract.ts";
import { makeStore, storeOptionsSchema } from "../store/index.ts";
import { type AuditJob, AuditService } from "./audit-service.ts";
import { IncidentFeed } from "./incident-feed.ts";
import { IncidentService } from "./incident-service.ts";
import { RecentWindows } from "./recent-windows.ts";
import { RollupService } from "./rollup-service.ts";

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

function queueOf(added: AuditJob[], away: { now: boolean }): JobQueue<AuditJob> {
  return {
    add: async () => {},
    addAll: async (jobs: readonly { readonly job: AuditJob }[]) => {
      if (away.now) throw new OperationalError("away", { code: "QUEUE_UNREACHABLE", retryable: true });
      added.push(...jobs.map(({ job }) => job));
    },
    work: async () => {},
    depth: async () => 0,
    idle: async () => {},
    ready: async () => true,
    stop: async () => {},
  } as unknown as JobQueue<AuditJob>;
}

/** One record a minute, `from` to `until` (minutes), offsets alike. */
function segment(from: number, until: number): Segment {
  const profiles = Array.from({ length: until - from }, (_, i) => ({
    ...LANE,
    windowStartMs: START + (from + i) * MINUTE,
    feature: "*",
    kind: "records" as const,
    profile: { ...emptyProfile(), presentCount: 1 },
  }));
  const manifest = {
    topic: "t",
    partition: 0,
    startOffset: from,
    endOffset: until,
    shape: "s",
    startedAtMs: START,
    rowCount: profiles.length,
    eventTimeMinMs: START + from * MINUTE,
    eventTimeMaxMs: START + until * MINUTE - 1,
    byteCount: 1,
    outcomes: { ...zeroOutcomes(), ok: until - from },
  };
  return { manifest, profiles };
}

async function newRollups(clock: ManualClock, store: Store, audits: JobQueue<AuditJob>) {
  const settings = { windowSizeMs: MINUTE, allowedLatenessMs: 0, lateMaxMs: 1e12, futureMaxMs: 1e12 };
  const lanes = new LaneRules(settings, []);
  const rollup = new Rollup({ store, lanes, clock, telemetry, groupOf: () => "main" });
  const recent = new RecentWindows(0, new Set());
  const signal = new AbortController().signal;
  return new RollupService({
    rollup,
    store,
    recent,
    audits,
    clock,
    telemetry,
    idleTimeoutMs: MINUTE,
    signal,
  });
}

test("windows are merged while the queue is away, and judged once it is back, without a newer window", async () => {
  const clock = new ManualClock(START);
  const added: AuditJob[] = [];
  const away = { now: true };
  const store = await newStore(clock);
  const rollups = await newRollups(clock, store, queueOf(added, away));
  await rollups.take([segment(0, 5)]);
  expect(await rollups.release()).toBe(4);
  expect((await store.readWindows(LANE)).length).toBe(4);
  expect(added).toEqual([]);
  away.now = false;
  expect(await rollups.release()).toBe(0);
  expect(added).toEqual([{ ...LANE, untilStartMs: START + 3 * MINUTE }]);
});

test("merged windows wait for a store that is away, and the process goes on", async () => {
  const clock = new ManualClock(START);
  const broken = { now: true };
  const store = await newStore(clock);
  const added: AuditJob[] = [];
  const rollups = await newRollups(
    clock,
    failing(store, "writeWindows", broken),
    queueOf(added, { now: false }),
  );
  await rollups.take([segment(0, 5)]);
  const releasing = rollups.release();
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    clock.advanceTo(clock.nowMs() + MINUTE);
  }
  expect((await store.readWindows(LANE)).length).toBe(0);
  broken.now = false;
  await new Promise((resolve) => setTimeout(resolve, 5));
  clock.advanceTo(clock.nowMs() + MINUTE);
  expect(await releasing).toBe(4);
  expect((await store.readWindows(LANE)).length).toBe(4);
});

// Brokers away for an hour, as for the producers: at their return the partition still ends where it did.
test("the idle time-out begins anew after the brokers were away", async () => {
  const clock = new ManualClock(START + 5 * MINUTE);
  const store = await newStore(clock);
  const rollups = await newRollups(clock, store, queueOf([], { now: false }));
  await rollups.take([segment(0, 5)]);
  const end = { topic: "t", partition: 0, startOffset: 0, endOffset: 5 };
  rollups.observeEnds([end]);
  expect(await rollups.release()).toBe(4);
  clock.advanceTo(clock.nowMs() + 60 * MINUTE);
  rollups.observeEnds([end]);
  expect(await rollups.release()).toBe(0);
  for (let second = 0; second < 62; second += 2) {
    clock.advanceTo(clock.nowMs() + 2_000);
    rollups.observeEnds([end]);
  }
  expect(await rollups.release()).toBeGreaterThan(0);
});

test("verdicts that a store refused for a while are written by the next try, every one of them", async () => {
  const clock = new ManualClock(START);
  const store = await newStore(clock);
  await storeWindows(store, 30);
  const broken = { now: true };
  const told: number[] = [];
  const audits = new AuditService({
    store: failing(store, "writeVerdicts", broken),
    recent: new RecentWindows(0, new Set(["other"])),
    clock,
    telemetry,
    auditorOptions: () => auditorOptions(),
    checkpointWindows: 64,
    onJudged: async (judged) => void told.push(judged.length),
    signal: new AbortController().signal,
  });
  const job = { ...LANE, untilStartMs: START + 29 * MINUTE };
  await expect(audits.run(job)).rejects.toMatchObject({ retryable: true });
  broken.now = false;
  await audits.run(job);
  const verdicts = await store.readVerdicts({ ...LANE });
  expect(new Set(verdicts.map((row) => row.windowStartMs)).size).toBe(30);
  expect(told.reduce((sum, count) => sum + count, 0)).toBe(30);
});

test("verdicts whose job was lost with the queue are observed with the next job of their lane", async () => {
  const clock = new ManualClock(START);
  const store = await newStore(clock);
  await store.writeVerdicts([0, 1, 2, 3].map((minute) => verdict(minute, minute === 2)));
  const deliver: string[] = [];
  const feedOf = () => {
    const service = new IncidentService({
      store,
      clock,
      telemetry,
      incidents: {},
      deliver: async (rows) => void deliver.push(...rows.map((row) => row.id)),
    });
    return new IncidentFeed(store, service, clock);
  };
  await feedOf().run(jobOf(0, 1));
  // The job of minutes 1 and 2 is gone; another process takes the next one.
  await feedOf().run(jobOf(3, 4));
  const [incident] = await store.readIncidents({});
  expect(incident).toMatchObject({ swimlane: "prod", startMs: START + 2 * MINUTE });
  expect(new Set(deliver).size).toBe(1);
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
