/**
 * bench:ingest: the full path beside a kafkajs consumer that only calls JSON.parse, on the same topic, alternating in
 * one run, by CPU time of the process. Brings Kafka and QuestDB up itself.
 *
 *   npm run bench:ingest -- [--records 500000] [--rounds 5] [--odd 0.1] [--json FILE]
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import kafkajs from "kafkajs";
import { startKafka, startQuestDb } from "../../test/harness/engines.ts";
import { makeRecords } from "./records.ts";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "500000" },
    rounds: { type: "string", default: "5" },
    odd: { type: "string", default: "0" },
    json: { type: "string" },
  },
});
const count = Number(values.records);
const rounds = Number(values.rounds);

interface Run {
  readonly records: number;
  readonly cpuUs: number;
  readonly wallMs: number;
}

const kafka = await startKafka();
const questdb = await startQuestDb();
try {
  const topic = "bench";
  await produce(topic);
  const parseOnly: Run[] = [];
  const full: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    parseOnly.push(
      run("bench/ingest/parse-only.ts", [kafka.brokers.join(","), topic, `parse-${round}`, String(count)]),
    );
    const place = [String(questdb.httpPort), String(questdb.pgPort), `r${round}_`];
    full.push(
      run("bench/ingest/full-path.ts", [
        kafka.brokers.join(","),
        topic,
        `full-${round}`,
        String(count),
        ...place,
      ]),
    );
    console.error(
      `round ${round + 1} of ${rounds}: parse only ${perRecord(parseOnly.at(-1)!)} µs, full path ${perRecord(full.at(-1)!)} µs a record`,
    );
  }
  report(parseOnly, full);
} finally {
  await Promise.all([kafka.stop(), questdb.stop()]);
}

function report(parseOnly: readonly Run[], full: readonly Run[]): void {
  const ratios = full.map(
    (run, i) => parseOnly[i]!.cpuUs / parseOnly[i]!.records / (run.cpuUs / run.records),
  );
  const figures = {
    ratio_to_parse_only: round(median(ratios)),
    ratios: ratios.map(round),
    parse_only: summary(parseOnly),
    full_path: summary(full),
    records: count,
    odd_share: Number(values.odd),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
  console.log(
    [
      `${count.toLocaleString("en")} records of ten features, ${rounds} rounds, alternating; medians`,
      "",
      "                             CPU µs/record   records/s (wall)",
      `kafkajs + JSON.parse only    ${String(figures.parse_only.cpu_us_per_record).padStart(13)}   ${String(figures.parse_only.records_per_s).padStart(16)}`,
      `full path, acknowledged      ${String(figures.full_path.cpu_us_per_record).padStart(13)}   ${String(figures.full_path.records_per_s).padStart(16)}`,
      "",
      `ratio by CPU time: ${figures.ratio_to_parse_only} (above 1 = doing everything costs less than only parsing)`,
    ].join("\n"),
  );
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
}

function summary(runs: readonly Run[]) {
  return {
    cpu_us_per_record: round(median(runs.map((run) => run.cpuUs / run.records))),
    records_per_s: Math.round(median(runs.map((run) => (run.records / run.wallMs) * 1_000))),
  };
}

function run(script: string, words: readonly string[]): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", script, ...words], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Run;
}

async function produce(topic: string): Promise<void> {
  const client = new kafkajs.Kafka({
    clientId: "bench",
    brokers: [...kafka.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = client.admin();
  await admin.connect();
  await admin.createTopics({
    topics: [{ topic, numPartitions: 4, configEntries: [{ name: "retention.ms", value: "-1" }] }],
    waitForLeaders: true,
  });
  await admin.disconnect();
  const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  let messages: { value: string; partition: number; timestamp: string }[] = [];
  let i = 0;
  for (const { ts, text } of makeRecords(count, Number(values.odd), Date.UTC(2026, 0, 1))) {
    messages.push({ value: text, partition: i++ % 4, timestamp: String(ts) });
    if (messages.length < 8_000) continue;
    await producer.send({ topic, messages });
    messages = [];
  }
  if (messages.length > 0) await producer.send({ topic, messages });
  await producer.disconnect();
}

function perRecord(run: Run): string {
  return (run.cpuUs / run.records).toFixed(2);
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
