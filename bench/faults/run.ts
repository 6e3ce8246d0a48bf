/** What every run of bench:faults shares: engines, processes, load; and at the end the wait until all is counted. */
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Comparison, compare } from "./comparison.ts";
import { type Drop, Load } from "./load.ts";
import { endsOf, type LogTruth, readLog } from "./log-truth.ts";
import { type Ending, Member } from "./member.ts";
import { countPages, type PageCount } from "./pages.ts";
import { LoadProducer } from "./producer.ts";
import { progressOf } from "./progress.ts";
import { startWorld, TOPIC, type World } from "./world.ts";

export const WINDOW_MS = 5_000;
const LATENESS_MS = 2_000;
const PARTITIONS = 6;
const LANES = ["steady-1", "steady-2", "steady-3", "dropping-1", "dropping-2", "dropping-3"] as const;
export const DROPPING = LANES.slice(3);
const RECORDS_PER_SECOND = 20;
/** Windows before the faults begin: enough for every detector to know its lane. */
const HISTORY_WINDOWS = 240;
const HISTORY_MS_MAX = 600_000;
/** How long after the last fault everything may take to be counted, judged and told. */
const SETTLE_MS_MAX = 300_000;
const ROLES = [
  ["control", "control"],
  ["audit-notify", "audit,notify"],
  ["ingest-1", "ingest"],
  ["ingest-2", "ingest"],
  ["ingest-3", "ingest"],
] as const;

export interface RunOptions {
  readonly brokerCount: 1 | 3;
  readonly seed: number;
  /** Where the processes' logs are kept; a temporary folder when left out. */
  readonly logs?: string | undefined;
}

/** A run that is under way. */
export interface Stage {
  readonly world: World;
  readonly members: readonly Member[];
  readonly load: Load;
  readonly producer: LoadProducer;
  /** Exits that nobody asked for. */
  readonly endings: Ending[];
}

export interface Outcome {
  readonly comparison: Comparison;
  readonly pages: PageCount;
  readonly drops: readonly Drop[];
  readonly settleMs: number;
  readonly stops: readonly { readonly member: string; readonly ms: number; readonly code: number | null }[];
  readonly recordCount: number;
}

/** Brings all up, feeds the history, and waits until it is judged. */
export async function startStage(options: RunOptions): Promise<Stage> {
  const { brokerCount, seed } = options;
  say(`engines start (Kafka with ${brokerCount}, QuestDB, Redis)`);
  const world = await startWorld({
    brokerCount,
    partitions: PARTITIONS,
    windowMs: WINDOW_MS,
    latenessMs: LATENESS_MS,
  });
  const logs = options.logs ?? world.folder;
  mkdirSync(logs, { recursive: true });
  const endings: Ending[] = [];
  const onEnded = (ending: Ending) => {
    endings.push(ending);
    say(`${ending.member} ended by itself (${ending.signal ?? ending.code}): ${ending.log}`);
  };
  const members = ROLES.map(([name, role]) => {
    const files = { config: world.configFile, log: join(logs, `${name}.log`) };
    appendFileSync(files.log, "");
    return new Member(name, role, files, onEnded);
  });
  const startMs = (Math.floor(Date.now() / WINDOW_MS) - HISTORY_WINDOWS) * WINDOW_MS;
  const load = new Load({
    lanes: LANES,
    recordsPerSecond: RECORDS_PER_SECOND,
    partitions: PARTITIONS,
    startMs,
    seed,
  });
  const producer = new LoadProducer(world.kafka, TOPIC, load);
  const stage = { world, members, load, producer, endings };
  setInterval(() => members.map((member) => member.sampleRss()), 1_000).unref();
  try {
    for (const member of members) member.start();
    producer.start();
    const historyUntilMs = Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS;
    say(`history: ${HISTORY_WINDOWS} windows of ${WINDOW_MS / 1_000} s, ${LANES.length} lanes`);
    await until(async () => (await progressOf(world.questdbPgPort)).judgedUntilMs >= historyUntilMs, {
      withinMs: HISTORY_MS_MAX,
      what: "the history is judged",
    });
    return stage;
  } catch (error) {
    await stopStage(stage);
    throw error;
  }
}

/** The faults are over: goes on with the load until all of them is judged and told, then holds it against the log. */
export async function finish(stage: Stage): Promise<Outcome> {
  const { world, producer, load, members } = stage;
  const startMs = Date.now();
  const lastDropMs = Math.max(0, ...load.drops.map(({ endMs }) => endMs));
  const untilMs = Math.ceil((Math.max(startMs, lastDropMs) + LATENESS_MS) / WINDOW_MS) * WINDOW_MS;
  say("the faults are over; waiting until everything is counted, judged and told");
  // A run whose processes stayed away would count kills that killed nobody.
  await until(async () => members.every((member) => member.isRunning), {
    withinMs: 30_000,
    what: "every process is up again",
  });
  const isJudged = async () => (await progressOf(world.questdbPgPort)).judgedUntilMs >= untilMs;
  await settle(isJudged, "windows are judged");
  const paged = async () =>
    countPages(world.receiver, load.drops, WINDOW_MS).dropsPaged === load.drops.length;
  await settle(paged, "drops are paged", 60_000);
  await producer.stop();
  const ends = await endsOf(world.kafka, TOPIC);
  const isCounted = async () => {
    const { reached } = await progressOf(world.questdbPgPort);
    return ends.every((end, partition) => (reached.get(partition) ?? 0) >= end);
  };
  await settle(isCounted, "the log is counted to its end", 90_000);
  const settleMs = Date.now() - startMs;
  const truth = await readLog(world.kafka, TOPIC, WINDOW_MS, `oracle-${Date.now()}`);
  let comparison = await compare(world.questdbPgPort, truth, untilMs);
  // Late records make revisions, and the store shows rows some time after it took them.
  for (const endMs = Date.now() + 60_000; !isClean(comparison) && Date.now() < endMs; ) {
    await sleep(2_000);
    comparison = await compare(world.questdbPgPort, truth, untilMs);
  }
  await proveAwake(world.questdbPgPort, truth, untilMs);
  const stops = await Promise.all(
    members.map(async (member) => ({ member: member.name, ...(await member.terminate()) })),
  );
  return {
    comparison,
    pages: countPages(world.receiver, load.drops, WINDOW_MS),
    drops: load.drops,
    settleMs,
    stops,
    recordCount: truth.recordCount,
  };
}

/** An oracle that finds nothing is only worth something if it finds what is wrong: one window's count is made wrong. */
async function proveAwake(port: number, truth: LogTruth, untilMs: number): Promise<void> {
  const [first] = truth.windows.keys();
  const window = truth.windows.get(first!)!;
  window.recordCount += 2;
  const fooled = await compare(port, truth, untilMs);
  window.recordCount -= 2;
  const honest = await compare(port, truth, untilMs);
  if (fooled.lost < Math.max(2, honest.lost))
    throw new Error("the oracle does not see two records that are missing");
}

export async function stopStage({ world, members, producer }: Stage): Promise<void> {
  for (const member of members) member.killNow();
  for (const { proxy } of world.links) proxy.heal();
  await producer.stop();
  await world.stop();
}

export function isClean(comparison: Comparison): boolean {
  const { lost, doubled, windowsMissing, windowsUnjudged, profilesDiffering } = comparison;
  return lost + doubled + windowsMissing + windowsUnjudged + profilesDiffering === 0;
}

/** At the bound the run goes on to its comparison, which then says what is missing. */
async function settle(check: () => Promise<boolean>, what: string, withinMs = SETTLE_MS_MAX): Promise<void> {
  await until(check, { withinMs, what }).catch((error: Error) => say(error.message));
}

async function until(
  check: () => Promise<boolean>,
  { withinMs, what }: { readonly withinMs: number; readonly what: string },
): Promise<void> {
  for (const endMs = Date.now() + withinMs; Date.now() < endMs; await sleep(1_000))
    if (await check().catch(() => false)) return;
  throw new Error(`not within ${withinMs / 1_000} s: ${what}`);
}

export function say(text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`);
}
