/**
 * bench:faults: real Kafka, QuestDB and Redis, and five real `lanewatch run` processes (control; audit and notify;
 * three that ingest) that are killed, frozen and cut off at random while engines restart beneath them. A producer goes
 * on throughout, and loses real records on purpose now and then. Afterwards everything is held against the log.
 *
 *   npm run bench:faults -- [--minutes 3] [--brokers 1|3] [--kills-per-minute 6] [--seed 1] [--logs DIR] [--json FILE]
 *
 * With --outage kafka,questdb,redis [--outage-minutes 5] nothing is killed at random: those engines are away, one after
 * another, for so long each.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Conductor } from "./conductor.ts";
import { outageTable, runOutages } from "./outage.ts";
import { ENGINES, type EngineName, planDrops, planFaults } from "./plan.ts";
import { chaosFigures, chaosTable } from "./report.ts";
import { DROPPING, finish, say, startStage, stopStage, WINDOW_MS } from "./run.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "3" },
    brokers: { type: "string", default: "1" },
    "kills-per-minute": { type: "string", default: "6" },
    outage: { type: "string" },
    "outage-minutes": { type: "string", default: "5" },
    seed: { type: "string", default: "1" },
    logs: { type: "string" },
    json: { type: "string" },
  },
});

const outage = enginesOf(values.outage);
const minutes = outage.length > 0 ? outage.length * positive("outage-minutes") : positive("minutes");
const seed = Number(values.seed);
const brokerCount = values.brokers === "3" ? 3 : 1;
const stage = await startStage({ brokerCount, seed, logs: values.logs });
try {
  const conductor = new Conductor(stage.world, stage.members);
  if (outage.length === 0) await runFaults(conductor);
  const outages = await runOutages(outage, minutes / outage.length, stage, conductor);
  const outcome = await finish(stage);
  const chaos = chaosFigures({ minutes, seed, brokerCount, conductor, stage, outcome });
  console.log(chaosTable(chaos));
  const figures = outage.length > 0 ? { ...chaos, outages } : chaos;
  if (outage.length > 0) console.log(`\n${outageTable(outages)}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
} finally {
  await stopStage(stage);
}
// A client of brokers that are gone may try for them again for good.
process.exit();

async function runFaults(conductor: Conductor): Promise<void> {
  stage.load.drops.push(...planDrops(DROPPING, Date.now(), minutes * 60_000, WINDOW_MS));
  const faults = planFaults({ seed, minutes, killsPerMinute: positive("kills-per-minute") });
  const dropCount = stage.load.drops.length;
  say(`${faults.length} faults in ${minutes} minutes begin; ${dropCount} real drops among them`);
  await conductor.run(faults, ({ kind, ...rest }) => say(`${kind} ${JSON.stringify(rest)}`));
}

function enginesOf(text: string | undefined): EngineName[] {
  return (text?.split(",") ?? []).map((name) => {
    const engine = ENGINES.find((known) => known === name);
    if (engine === undefined) throw new Error(`--outage takes ${ENGINES.join(", ")}, not "${name}"`);
    return engine;
  });
}

function positive(name: "minutes" | "kills-per-minute" | "outage-minutes"): number {
  const value = Number(values[name]);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not "${values[name]}"`);
  return value;
}
