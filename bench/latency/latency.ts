/**
 * bench:latency: how long after a window's end and its lateness its verdict can be read from the store. Real Kafka,
 * QuestDB and Redis, three real processes (ingest; control; audit and notify), 100 lanes × 50 features.
 *
 *   npm run bench:latency -- [--windows 12] [--history 30] [--lanes 100] [--features 50] [--partitions 4] [--cpu-prof DIR] [--json FILE]
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { freePorts } from "../../test/harness/engines/ports.ts";
import { compiled } from "../compiled.ts";
import { Member } from "../faults/member.ts";
import { LoadProducer } from "../faults/producer.ts";
import { progressOf } from "../faults/progress.ts";
import { startWorld, TOPIC } from "../faults/world.ts";
import { writeResult } from "../result.ts";
import { EvenRecords } from "./records.ts";
import { meanAges, readStages, type Stage, stageTable } from "./stages.ts";

const { values } = parseArgs({
  options: {
    windows: { type: "string", default: "12" },
    history: { type: "string", default: "30" },
    lanes: { type: "string", default: "100" },
    features: { type: "string", default: "50" },
    partitions: { type: "string", default: "4" },
    logs: { type: "string" },
    "cpu-prof": { type: "string" },
    json: { type: "string" },
  },
});
const windowCount = Number(values.windows);
const laneCount = Number(values.lanes);
const featureCount = Number(values.features);
const partitions = Number(values.partitions);
/** Windows before the run. The default so that every detector judges, and none still learns. */
const historyWindows = Number(values.history);
const WINDOW_MS = 10_000;
const LATENESS_MS = 1_000;
const HISTORY_MS_MAX = 400_000;
const RECORDS_PER_LANE_WINDOW = 5;
const POLL_MS = 200;

const world = await startWorld({
  brokerCount: 1,
  partitions,
  windowMs: WINDOW_MS,
  latenessMs: LATENESS_MS,
});
const startMs = (Math.floor(Date.now() / WINDOW_MS) - historyWindows) * WINDOW_MS;
const recordsPerSecond = (laneCount * RECORDS_PER_LANE_WINDOW * 1_000) / WINDOW_MS;
const load = new EvenRecords({ laneCount, featureCount, partitions, recordsPerSecond, startMs });
const producer = new LoadProducer(world.kafka, TOPIC, load);
const profiles = values["cpu-prof"];
const nodeOptions = profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`];
const ROLES = ["control", "audit,notify", "ingest"] as const;
const ports = await freePorts(ROLES.length);
// As users run it: tsx would cost the processes a part of their speed.
const program = await compiled("src/main.ts");
const members = ROLES.map((role, i) => {
  const name = role.replace(",", "-");
  const log = join(values.logs ?? world.folder, `${name}.log`);
  const config = join(world.folder, `${name}.yaml`);
  writeFileSync(config, readFileSync(world.configFile, "utf8").replace("port: 0 ", `port: ${ports[i]} `));
  return new Member(role, role, { config, log, nodeOptions, program }, ({ log: end }) => {
    throw new Error(`${role} ended by itself: ${end}`);
  });
});
try {
  producer.start();
  for (const member of members) member.start();
  console.error(`history: ${historyWindows} windows, ${laneCount} lanes × ${featureCount} features`);
  await caughtUp();
  const before = await readStages(ports);
  const delays = await measure();
  report(delays, meanAges(before, await readStages(ports)));
} finally {
  await Promise.all(members.map((member) => member.terminate()));
  await producer.stop();
  await world.stop();
}

/** Until the windows of the past are judged and the processes keep pace. */
async function caughtUp(): Promise<void> {
  for (const endMs = Date.now() + HISTORY_MS_MAX; Date.now() < endMs; await sleep(500)) {
    const progress = await progressOf(world.questdbPgPort, laneCount).catch(() => undefined);
    if (progress !== undefined && Date.now() - progress.judgedUntilMs < 2 * WINDOW_MS) return;
  }
  throw new Error("the history was not judged in time; the machine is too busy for this bench");
}

/** First sight of the verdict on each lane's volume, less the window's end and its lateness, ms. */
async function measure(): Promise<number[]> {
  const firstMs = Math.ceil(Date.now() / WINDOW_MS) * WINDOW_MS;
  const lastMs = firstMs + windowCount * WINDOW_MS;
  const client = new pg.Client({
    host: "127.0.0.1",
    port: world.questdbPgPort,
    user: "admin",
    password: "quest",
    database: "qdb",
  });
  await client.connect();
  const seen = new Map<string, number>();
  const seenOfWindow = new Map<number, number>();
  let sinceMs = firstMs;
  const giveUpMs = lastMs + LATENESS_MS + 60_000;
  while (seen.size < windowCount * laneCount && Date.now() < giveUpMs) {
    const { rows } = await client.query(
      "SELECT swimlane, window_start FROM verdicts WHERE feature = '*' AND detector = 'volume' AND window_start >= $1 AND window_start < $2",
      [new Date(sinceMs), new Date(lastMs)],
    );
    const nowMs = Date.now();
    for (const { swimlane, window_start: start } of rows) {
      const startMs = (start as Date).getTime();
      const endMs = startMs + WINDOW_MS + LATENESS_MS;
      const key = `${swimlane}|${endMs}`;
      if (seen.has(key)) continue;
      seen.set(key, nowMs - endMs);
      seenOfWindow.set(startMs, (seenOfWindow.get(startMs) ?? 0) + 1);
    }
    // What is whole is not asked for again: asking is work for the store, too.
    while (seenOfWindow.get(sinceMs) === laneCount) sinceMs += WINDOW_MS;
    await sleep(POLL_MS);
  }
  await client.end();
  if (seen.size < windowCount * laneCount)
    console.error(`${windowCount * laneCount - seen.size} windows had no verdict within a minute`);
  return [...seen.values()].sort((a, b) => a - b);
}

function report(delays: readonly number[], stages: Readonly<Record<Stage, number>>): void {
  const at = (share: number) =>
    Math.round(delays[Math.min(delays.length - 1, Math.floor(share * delays.length))]!);
  const figures = {
    lanes: laneCount,
    features: featureCount,
    partitions,
    window_seconds: WINDOW_MS / 1_000,
    verdicts: delays.length,
    missing: windowCount * laneCount - delays.length,
    p50_ms: at(0.5),
    p90_ms: at(0.9),
    p99_ms: at(0.99),
    max_ms: at(1),
    mean_age_ms: stages,
  };
  console.log(
    [
      `${laneCount} lanes × ${featureCount} features, ${partitions} partitions, ${windowCount} windows of ${WINDOW_MS / 1_000} s, ${delays.length} verdicts`,
      "from a window's end and its lateness until its verdict can be read:",
      "",
      "  p50, ms   p90, ms   p99, ms   longest, ms",
      [figures.p50_ms, figures.p90_ms, figures.p99_ms].map((ms) => String(ms).padStart(9)).join(" ") +
        String(figures.max_ms).padStart(14),
      "",
      stageTable(stages),
    ].join("\n"),
  );
  writeResult(values.json, "latency", figures);
}
