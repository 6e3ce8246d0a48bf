/**
 * The full path, as a process of its own: Kafka → decode → sketches → segments acknowledged by QuestDB → commit. Runs
 * until its stdin ends: whether all is committed is the broker's to say, and with two processes neither knows.
 */
import { once } from "node:events";
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { Service } from "../../src/app/service.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";

const [brokers, topic, groupId, httpPort, pgPort, prefix] = process.argv.slice(2);
const config = parseConfig(
  `
lanes: { defaults: { window: 1m, allowedLateness: 1s, lateMax: 9999d, futureMax: 9999d } }
sources: { bench: { type: kafka, brokers: [${brokers}], topics: [${topic}], groupId: ${groupId} } }
store: { type: questdb, http: "http://127.0.0.1:${httpPort}", pg: "127.0.0.1:${pgPort}", tablePrefix: "${prefix}" }
control: { port: 0 }
logLevel: warn
`,
  {},
);
const telemetry = new Telemetry({ level: "warn" });
const service = new Service({
  config,
  roles: new Set(["ingest"]),
  detectors: BUILT_IN_DETECTORS,
  clock: systemClock,
  telemetry,
  environment: {},
});
service.finished.catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
await service.start();
const startCpu = process.cpuUsage();
const startMs = performance.now();
process.stdin.resume();
await once(process.stdin, "end");
const { user, system } = process.cpuUsage(startCpu);
const wallMs = performance.now() - startMs;
console.log(
  JSON.stringify({
    records: await sumOf("lanewatch_segment_records_total"),
    parsed: await sumOf("lanewatch_decode_records_total", "parsed"),
    cpuUs: user + system,
    wallMs,
  }),
);
await service.stop();
process.exit(0);

async function sumOf(name: string, way?: string): Promise<number> {
  const metric = await telemetry.registry.getSingleMetric(name)?.get();
  const values = metric?.values.filter(({ labels }) => way === undefined || labels["way"] === way) ?? [];
  return values.reduce((sum, { value }) => sum + value, 0);
}
