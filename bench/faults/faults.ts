/**
 * bench:faults: real Kafka, QuestDB and Redis, and five real `lanewatch run` processes (control; audit and notify;
 * three that ingest) that are killed, frozen and cut off at random while engines restart beneath them. A producer goes
 * on throughout, and loses real records on purpose now and then. Afterwards everything is held against the log.
 *
 *   npm run bench:faults -- [--minutes 3] [--brokers 1|3] [--kills-per-minute 6] [--seed 1] [--logs DIR] [--json FILE]
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Conductor } from "./conductor.ts";
import { planDrops, planFaults } from "./plan.ts";
import { chaosFigures, chaosTable } from "./report.ts";
import { DROPPING, finish, say, startStage, stopStage, WINDOW_MS } from "./run.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "3" },
    brokers: { type: "string", default: "1" },
    "kills-per-minute": { type: "string", default: "6" },
    seed: { type: "string", default: "1" },
    logs: { type: "string" },
    json: { type: "string" },
  },
});

const minutes = positive("minutes");
const seed = Number(values.seed);
const brokerCount = values.brokers === "3" ? 3 : 1;
const stage = await startStage({ brokerCount, seed, logs: values.logs });
try {
  const conductor = new Conductor(stage.world, stage.members);
  stage.load.drops.push(...planDrops(DROPPING, Date.now(), minutes * 60_000, WINDOW_MS));
  const faults = planFaults({ seed, minutes, killsPerMinute: positive("kills-per-minute") });
  say(
    `${faults.length} faults in ${minutes} minutes begin; ${stage.load.drops.length} real drops among them`,
  );
  await conductor.run(faults, ({ kind, ...rest }) => say(`${kind} ${JSON.stringify(rest)}`));
  const outcome = await finish(stage);
  const figures = chaosFigures({ minutes, seed, brokerCount, conductor, stage, outcome });
  console.log(chaosTable(figures));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
} finally {
  await stopStage(stage);
}

function positive(name: "minutes" | "kills-per-minute"): number {
  const value = Number(values[name]);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not "${values[name]}"`);
  return value;
}
