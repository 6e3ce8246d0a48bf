/** The engines of one run, each behind a TCP proxy that can be cut, and what Lanewatch is told of them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { registerCodecs } from "../../src/source/kafka/codecs.ts";
import type { EngineProcess } from "../../test/harness/engines/process.ts";
import { startKafka, startQuestDb, startRedis } from "../../test/harness/engines.ts";
import { type Receiver, startReceiver } from "../../test/harness/receiver.ts";
import { startTcpProxy, type TcpProxy } from "../../test/harness/tcp-proxy.ts";
import type { EngineName } from "./plan.ts";

export const TOPIC = "faults";
const CLUSTER_MS_MAX = 60_000;

export interface WorldOptions {
  readonly brokerCount: 1 | 3;
  readonly partitions: number;
  readonly windowMs: number;
  readonly latenessMs: number;
}

export interface Link {
  readonly name: string;
  readonly proxy: TcpProxy;
}

export interface World {
  /** A client of the same brokers, through the proxies. */
  readonly kafka: Kafka;
  readonly questdbPgPort: number;
  readonly engines: Readonly<Record<EngineName, readonly EngineProcess[]>>;
  readonly links: readonly Link[];
  readonly receiver: Receiver;
  readonly configFile: string;
  readonly folder: string;
  stop(): Promise<void>;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "lanewatch-faults-"));
  const brokerProxies = await Promise.all(Array.from({ length: options.brokerCount }, () => startTcpProxy()));
  const [kafka, questdb, redis, receiver] = await Promise.all([
    startKafka({
      brokerCount: options.brokerCount,
      advertisedPorts: brokerProxies.map(({ port }) => port),
      javaOptions: ["-Xmx512m", "-XX:TieredStopAtLevel=1"],
    }),
    startQuestDb(),
    startRedis(),
    startReceiver(),
  ]);
  for (const [i, proxy] of brokerProxies.entries()) proxy.target = kafka.ports[i]!;
  const http = await startTcpProxy(questdb.httpPort);
  const pg = await startTcpProxy(questdb.pgPort);
  const queue = await startTcpProxy(redis.port);
  const links = [
    ...brokerProxies.map((proxy, i) => ({ name: `kafka-${i + 1}`, proxy })),
    { name: "questdb-http", proxy: http },
    { name: "questdb-pg", proxy: pg },
    { name: "redis", proxy: queue },
  ];
  registerCodecs();
  const client = new Kafka({
    clientId: "bench",
    brokers: [...kafka.brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 200, maxRetryTime: 1_000, retries: 10 },
  });
  await makeTopic(client, options);
  const configFile = join(folder, "lanewatch.yaml");
  const ports = { http: http.port, pg: pg.port, redis: queue.port };
  writeFileSync(configFile, configText(kafka.brokers, ports, receiver.url, options));
  return {
    kafka: client,
    questdbPgPort: questdb.pgPort,
    engines: { kafka: kafka.processes, questdb: [questdb.process], redis: [redis.process] },
    links,
    receiver,
    configFile,
    folder,
    stop: async () => {
      await Promise.all([kafka.stop(), questdb.stop(), redis.stop(), receiver.close()]);
      await Promise.all(links.map(({ proxy }) => proxy.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function makeTopic(client: Kafka, { partitions, brokerCount }: WorldOptions): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  // A broker that answers may know of itself only: replicas need all of them.
  for (const endMs = Date.now() + CLUSTER_MS_MAX; Date.now() < endMs; await sleep(300)) {
    const { brokers } = await admin.describeCluster();
    if (brokers.length >= brokerCount) break;
  }
  const configEntries = [{ name: "retention.ms", value: "-1" }];
  await admin.createTopics({
    topics: [{ topic: TOPIC, numPartitions: partitions, replicationFactor: brokerCount, configEntries }],
    waitForLeaders: true,
  });
  await admin.disconnect();
}

/**
 * What a user would write, with a shorter window, and a session short enough that a killed process is missed in
 * seconds. Redis keeps nothing over a restart here: no promise rests on the queue.
 */
function configText(
  brokers: readonly string[],
  ports: { readonly http: number; readonly pg: number; readonly redis: number },
  webhook: string,
  { windowMs, latenessMs }: WorldOptions,
): string {
  return `
lanes: { defaults: { window: ${windowMs}ms, allowedLateness: ${latenessMs}ms } }
sources: { records: { type: kafka, brokers: ${JSON.stringify(brokers)}, topics: [${TOPIC}], sessionTimeout: 6s, fetchWait: 200ms } }
store: { type: questdb, http: "http://127.0.0.1:${ports.http}", pg: "127.0.0.1:${ports.pg}" }
queue: { type: bullmq, url: "redis://127.0.0.1:${ports.redis}" }
notify:
  notifiers:
    data: { type: webhook, url: "${webhook}/data" }
    monitor: { type: webhook, url: "${webhook}/monitor" }
  routes:
    - { notifiers: [data], about: data, severity: warn }
    - { notifiers: [monitor], about: monitor, severity: info }
control: { host: 127.0.0.1, port: 0 }
logLevel: warn
`;
}
