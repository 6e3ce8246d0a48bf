/**
 * bench:ingest: the full path beside a kafkajs consumer that only calls JSON.parse, on the same topic, alternating in
 * one run, by CPU time of the process. Brings Kafka and QuestDB up itself.
 *
 *   npm run bench:ingest -- [--records 500000] [--rounds 5] [--odd 0.1] [--processes 2] [--whylogs PYTHON] [--json FILE]
 *
 * With `--processes 2` the full path runs once more each round, as two processes of one group. With `--whylogs` (a
 * Python that has whylogs) that profiles some of the same records, without Kafka: only its own work is counted.
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startKafka, startQuestDb } from "../../test/harness/engines.ts";
import { alternate, conditions, type Run, ratiosOf, rounded, run, summary, table } from "../rounds.ts";
import { makeRecords } from "./records.ts";
import { BenchTopic } from "./topic.ts";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "500000" },
    rounds: { type: "string", default: "5" },
    odd: { type: "string", default: "0" },
    processes: { type: "string", default: "1" },
    whylogs: { type: "string" },
    json: { type: "string" },
  },
});
const count = Number(values.records);
const rounds = Number(values.rounds);
const processes = Number(values.processes);
/** whylogs takes a hundred times as long; its cost a record does not depend on how many there are. */
const WHYLOGS_RECORDS = 20_000;
/** Both processes are to be in the group's first generation, or one would read while the other still starts. */
const GROUP_DELAY = { "group.initial.rebalance.delay.ms": "4000" };

interface FullRun extends Run {
  readonly records: number;
  /** Records that took the slow path. */
  readonly parsed: number;
}

const kafka = await startKafka(processes > 1 ? { properties: GROUP_DELAY } : {});
const questdb = await startQuestDb();
const topic = new BenchTopic("bench", kafka.brokers);
try {
  await topic.produce(makeRecords(count, Number(values.odd), Date.UTC(2026, 0, 1)));
  const brokers = kafka.brokers.join(",");
  const parseOnly = (round: number) =>
    run<Run>(["bench/ingest/parse-only.ts", brokers, topic.name, `parse-${round}`, String(count)]);
  const one = await alternate<"parse only" | "full path" | "two processes", Run>(rounds, count, {
    "parse only": parseOnly,
    "full path": (round) => fullPath(`one-${round}`, 1),
    ...(processes > 1 ? { "two processes": (round: number) => fullPath(`two-${round}`, processes) } : {}),
  } as Record<"parse only" | "full path" | "two processes", (round: number) => Promise<Run>>);
  report(one["parse only"], one["full path"] as FullRun[], one["two processes"] ?? []);
} finally {
  // The engines do not keep this process alive, and it is to see them end.
  const alive = setInterval(() => {}, 1_000);
  await topic.close();
  await Promise.all([kafka.stop(), questdb.stop()]);
  clearInterval(alive);
}

/** `processes` of one group, until all that is in the topic is committed. CPU time is their sum. */
async function fullPath(name: string, processes: number): Promise<FullRun> {
  const words = [
    ...["bench/ingest/full-path.ts", kafka.brokers.join(","), topic.name, name],
    ...[String(questdb.httpPort), String(questdb.pgPort), `${name.replace("-", "_")}_`],
  ];
  const giveUp = new AbortController();
  const committed = topic.committed(name, count, giveUp.signal);
  try {
    const runs = await Promise.all(Array.from({ length: processes }, () => run<FullRun>(words, committed)));
    const sum = (of: (one: FullRun) => number) => runs.reduce((total, one) => total + of(one), 0);
    const records = sum((one) => one.records);
    if (records < count) throw new Error(`only ${records} of ${count} records were written`);
    if (runs.some((one) => one.records === 0)) throw new Error("a process got no partition");
    return {
      records,
      parsed: sum((one) => one.parsed),
      cpuUs: sum((one) => one.cpuUs),
      wallMs: Math.max(...runs.map((one) => one.wallMs)),
    };
  } finally {
    giveUp.abort();
  }
}

function report(parseOnly: readonly Run[], full: readonly FullRun[], two: readonly Run[]): void {
  const ratios = ratiosOf(full, parseOnly);
  // How many times the one goes into the two, so the other way round.
  const twoRatios = ratiosOf(full, two.length > 0 ? two : full);
  const figures = {
    ratio_to_parse_only: ratios.median,
    ratios: ratios.all,
    parse_only: summary(parseOnly, count),
    full_path: summary(full, count),
    ...(two.length > 0
      ? {
          two_processes: summary(two, count),
          two_processes_ratio: twoRatios.median,
          two_processes_ratios: twoRatios.all,
        }
      : {}),
    slow_path_share: rounded(full.reduce((sum, one) => sum + one.parsed / one.records, 0) / full.length),
    whylogs: whylogs(),
    records: count,
    odd_share: Number(values.odd),
    ...conditions(),
  };
  const sides = {
    "kafkajs + JSON.parse only": figures.parse_only,
    "full path, acknowledged": figures.full_path,
    ...(figures.two_processes ? { "the same, two processes": figures.two_processes } : {}),
  };
  const lines = [
    `${count.toLocaleString("en")} records of ten features, ${rounds} rounds, alternating; medians\n\n${table(sides)}\n`,
    `ratio by CPU time: ${figures.ratio_to_parse_only} (above 1 = doing everything costs less than only parsing)`,
    `records on the slow path: ${(100 * figures.slow_path_share).toFixed(0)} %`,
  ];
  if (two.length > 0)
    lines.push(`two processes: ${twoRatios.median} of the CPU time of one (at most 1.25 is asked)`);
  lines.push(
    `whylogs: ${typeof figures.whylogs === "string" ? figures.whylogs : `${figures.whylogs.cpu_us_per_record} µs of CPU time a record, in rows of ${figures.whylogs.batch}`}`,
  );
  console.log(lines.join("\n"));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
}

interface WhylogsFigures {
  readonly cpu_us_per_record: number;
  readonly version: string;
  readonly batch: number;
}

/** The figures, or why there are none. */
function whylogs(): WhylogsFigures | string {
  if (values.whylogs === undefined) return "not run (give a Python that has it: --whylogs PYTHON)";
  let input = "";
  for (const { text } of makeRecords(
    Math.min(count, WHYLOGS_RECORDS),
    Number(values.odd),
    Date.UTC(2026, 0, 1),
  ))
    input += `${text}\n`;
  const { status, stdout, stderr } = spawnSync(values.whylogs, ["bench/ingest/profile_records.py"], {
    input,
    encoding: "utf8",
  });
  if (status !== 0) return `not run: ${stderr?.trim().split("\n").at(-1) ?? "no such Python"}`;
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as WhylogsFigures;
}
