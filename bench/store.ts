/**
 * Rows a second that each store takes and gives back, in one run, on one machine: read them as ratios.
 *
 *   npm run bench:store -- [duckdb] [questdb] [--windows N]
 *
 * A profile is of 60 values: six of ten are numbers, three categories. DuckDB gets one window with its ten profiles a
 * call, 64 calls at once, as replay writes; QuestDB, which is written at most once a second, 500 windows a call.
 * QuestDB is the real one of test/harness.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/base/clock.ts";
import { seededRandom } from "../src/base/random.ts";
import { Telemetry } from "../src/base/telemetry.ts";
import { emptyProfile, type Profile } from "../src/sketch/profile.ts";
import type { ProfileRow, Store, VerdictRow, WindowRow } from "../src/store/contract.ts";
import { makeStore, storeOptionsSchema } from "../src/store/index.ts";
import { startQuestDb } from "../test/harness/engines.ts";

const MINUTE_MS = 60_000;
const T0_MS = Date.UTC(2026, 0, 1);
const FEATURES = ["*", "a", "b", "c", "d", "e", "f", "g", "h", "i"];
const LANES = 10;
/** Calls that one writer has under way, as replay does. */
const CALLS_AT_ONCE = 64;

const args = process.argv.slice(2);
const windowCount = Number(args[args.indexOf("--windows") + 1]) || 20_000;
const names = ["duckdb", "questdb"].filter(
  (name) => args.length === 0 || args.includes(name) || !args.some((a) => a.endsWith("db")),
);

for (const name of names) {
  if (name === "duckdb") await benchDuckDb();
  else await benchQuestDb();
}
process.exit(0);

async function benchDuckDb(): Promise<void> {
  for (const acknowledge of ["buffered", "committed"] as const) {
    const folder = mkdtempSync(join(tmpdir(), "lanewatch-bench-"));
    await bench(`duckdb (${acknowledge})`, 1, {
      type: "duckdb",
      path: join(folder, "store.duckdb"),
      acknowledge,
    });
    rmSync(folder, { recursive: true });
  }
}

async function benchQuestDb(): Promise<void> {
  const { httpPort, pgPort, stop } = await startQuestDb();
  await bench("questdb", 500, {
    type: "questdb",
    http: `http://127.0.0.1:${httpPort}`,
    pg: `127.0.0.1:${pgPort}`,
  });
  await stop();
}

async function bench(title: string, windowsPerCall: number, options: object): Promise<void> {
  const store = makeStore(storeOptionsSchema.parse(options), {
    clock: systemClock,
    telemetry: new Telemetry({ level: "warn" }),
  });
  await store.open();
  const windows = Array.from({ length: windowCount }, (_, i) => windowRow(i));
  const calls = Array.from({ length: Math.ceil(windowCount / windowsPerCall) }, (_, i) =>
    windows.slice(i * windowsPerCall, (i + 1) * windowsPerCall),
  );
  const profiles = profilesByFeature();
  const batches = calls.map((some) => ({
    windows: some,
    profiles: some.flatMap((window) => FEATURES.map((feature) => profileRow(window, feature, profiles))),
    verdicts: some.flatMap((window) => FEATURES.map((feature) => verdictRow(window, feature))),
  }));
  console.log(`${title}: ${windowCount} windows × ${FEATURES.length} features, ${LANES} lanes`);
  const rowCount = windowCount * FEATURES.length;
  const writeWindows = () =>
    manyAtOnce(batches, (batch) => store.writeWindows(batch.windows, batch.profiles));
  await timed("profiles and windows, written", rowCount + windowCount, store, writeWindows);
  await timed("the same again (replaced)", rowCount + windowCount, store, writeWindows);
  await timed("verdicts, written", rowCount, store, () =>
    manyAtOnce(batches, (batch) => store.writeVerdicts(batch.verdicts)),
  );
  await timed("windows only (replaced)", windowCount, store, () =>
    manyAtOnce(batches, (batch) => store.writeWindows(batch.windows, [])),
  );
  await visible(store);
  await timed("profiles of one feature, read", windowCount, store, async () => {
    const rows = await store.readProfiles({ feature: "b", limit: windowCount });
    if (rows.length !== windowCount) console.log(`  only ${rows.length} visible yet`);
  });
  await timed("profiles of one window, read 200 times", 200 * FEATURES.length, store, async () => {
    for (let i = 0; i < 200; i++) {
      const sinceMs = windows[i * Math.floor(windowCount / 200)]!.windowStartMs;
      await store.readProfiles({ swimlane: "lane3", sinceMs, untilMs: sinceMs + 1 });
    }
  });
  await store.close();
}

async function visible(store: Store): Promise<void> {
  while ((await store.readWindows({ limit: windowCount })).length < windowCount) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function timed(what: string, rows: number, store: Store, work: () => Promise<void>): Promise<void> {
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  await work();
  // What is only buffered is not written yet.
  await store.readState("flush");
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = Math.round((rows / wallMs) * 1_000).toLocaleString("en");
  console.log(
    `  ${what.padEnd(40)} ${perSecond.padStart(10)} rows/s  ${((user + system) / rows).toFixed(1)} µs CPU a row`,
  );
}

async function manyAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const run = async () => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, run));
}

function windowRow(i: number): WindowRow {
  return {
    windowStartMs: T0_MS + Math.floor(i / LANES) * MINUTE_MS,
    windowSizeMs: MINUTE_MS,
    swimlane: `lane${i % LANES}`,
    source: "clicks",
    revision: 1,
    recordCount: 60,
    profileCount: FEATURES.length,
    segmentCount: 4,
    mergedAtMs: T0_MS,
  };
}

function profileRow(window: WindowRow, feature: string, profiles: ReadonlyMap<string, Profile>): ProfileRow {
  const { windowStartMs, windowSizeMs, swimlane, source, revision, recordCount } = window;
  const profile = profiles.get(feature)!;
  return {
    windowStartMs,
    windowSizeMs,
    swimlane,
    source,
    feature,
    kind: "feature",
    revision,
    recordCount,
    profile,
  };
}

function verdictRow(window: WindowRow, feature: string): VerdictRow {
  const { windowStartMs, windowSizeMs, swimlane, source, revision } = window;
  return {
    ...{ windowStartMs, windowSizeMs, swimlane, source, feature, revision },
    ...{ detector: "ks", answer: "ok", severity: "warn", incidentId: "" },
    ...{ statistic: 0.01, threshold: 0.2, effect: 0.01, significance: 0.3, sketchError: 0 },
    summary: "the distribution is like that of the same hour of the last 14 days",
    explanation:
      '{"reference":"trailing","parts":[{"label":"0–1","reference":0.25,"current":0.26,"contribution":0.01}]}',
  };
}

function profilesByFeature(): ReadonlyMap<string, Profile> {
  const random = seededRandom(1);
  return new Map(FEATURES.map((feature, i) => [feature, i === 0 ? emptyProfile() : anyProfile(i, random)]));
}

function anyProfile(i: number, random: () => number): Profile {
  if (i % 3 === 0) {
    const names = Array.from({ length: 20 }, (_, n) => `category ${n}`);
    const counts = Float64Array.from(names, () => 3);
    return {
      ...emptyProfile(),
      presentCount: 60,
      stringCount: 60,
      categories: { namesMax: 384, names, counts, errorMax: 0, distinct: null },
    };
  }
  const items = Float64Array.from({ length: 60 }, random).sort();
  return {
    ...emptyProfile(),
    presentCount: 60,
    numberCount: 60,
    min: items[0]!,
    max: items[59]!,
    mean: 0.5,
    m2: 5,
    m3: 0.1,
    m4: 1,
    quantiles: { k: 1024, items, weights: new Float64Array(60).fill(1), rankVariance: 0 },
  };
}
