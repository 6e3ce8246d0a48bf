/** The full path, as a process of its own: Kafka → decode → sketches → segments acknowledged by QuestDB → commit. */
import { BUILT_IN_DETECTORS } from "../../detectors/index.ts";
import { parseConfig } from "../../src/app/config/load.ts";
import { Service } from "../../src/app/service.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Telemetry } from "../../src/base/telemetry.ts";

const [brokers, topic, groupId, count, httpPort, pgPort, prefix] = process.argv.slice(2);
const config = parseConfig(
  `
lanes: { defaults: { window: 1m, allowedLateness: 1s, lateMax: 9999d, futureMax: 9999d } }
sources: { bench: { type: kafka, brokers: [${brokers}], topics: [${topic}], groupId: ${groupId} } }
store: { type: questdb, http: "http://127.0.0.1:${httpPort}", pg: "127.0.0.1:${pgPort}", tablePrefix: "${prefix}" }
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
const written = async () => {
  const metric = await telemetry.registry.getSingleMetric("lanewatch_segment_records_total")?.get();
  return metric?.values.reduce((sum, value) => sum + value.value, 0) ?? 0;
};
// What is acknowledged and committed counts, so the last segments are cut by the service's own timers.
for (const endMs = Date.now() + 300_000; (await written()) < Number(count); ) {
  if (Date.now() > endMs) throw new Error(`only ${await written()} of ${count} records were written`);
  await systemClock.sleep(20);
}
const { user, system } = process.cpuUsage(startCpu);
console.log(
  JSON.stringify({ records: await written(), cpuUs: user + system, wallMs: performance.now() - startMs }),
);
await service.stop();
process.exit(0);
