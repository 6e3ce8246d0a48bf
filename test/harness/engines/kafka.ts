/** A real Kafka 4.3.1 in KRaft mode: one process, or three brokers that replicate to each other. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { dockerRun, IMAGES } from "./docker.ts";
import { ensureJars, hasDocker } from "./packages.ts";
import { freePorts } from "./ports.ts";
import { EngineProcess, engineFolder } from "./process.ts";

export interface KafkaOptions {
  /** @default 1 */
  readonly brokerCount?: 1 | 3;
  /** Ports that clients are told to use, one a broker, when a proxy stands in front. @default the brokers' own */
  readonly advertisedPorts?: readonly number[];
  /** More `server.properties`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** @default ["-Xmx512m", "-XX:TieredStopAtLevel=1"]: up sooner; leave the second out where throughput counts */
  readonly javaOptions?: readonly string[];
}

export interface KafkaEngine {
  /** "host:port" of every broker, for clients (the proxies, when there are any). */
  readonly brokers: readonly string[];
  /** Where the brokers themselves listen, behind any proxy. */
  readonly ports: readonly number[];
  /** One a broker: kill, freeze, bring up again. */
  readonly processes: readonly EngineProcess[];
  stop(): Promise<void>;
}

const CLUSTER_ID = "bGFuZXdhdGNoLXRlc3RzMQ";

export async function startKafka(options: KafkaOptions = {}): Promise<KafkaEngine> {
  const brokerCount = options.brokerCount ?? 1;
  const ports = await freePorts(brokerCount * 2);
  const clientPorts = ports.slice(0, brokerCount);
  const layout: Layout = {
    clientPorts,
    controllerPorts: ports.slice(brokerCount),
    advertisedPorts: options.advertisedPorts ?? clientPorts,
  };
  const processes = brokerProcesses(layout, options);
  try {
    await Promise.all(processes.map((broker) => broker.start()));
  } catch (error) {
    await Promise.all(processes.map((broker) => broker.stop()));
    throw error;
  }
  return {
    brokers: layout.advertisedPorts.map((port) => `127.0.0.1:${port}`),
    ports: clientPorts,
    processes,
    stop: async () => void (await Promise.all(processes.map((broker) => broker.stop()))),
  };
}

interface Layout {
  readonly clientPorts: readonly number[];
  readonly controllerPorts: readonly number[];
  readonly advertisedPorts: readonly number[];
}

function brokerProcesses(layout: Layout, options: KafkaOptions): EngineProcess[] {
  const jars = jarsOrDocker();
  if (jars === "docker") return [dockerBroker(layout)];
  return layout.clientPorts.map((_, index) => javaBroker(jars, layout, index, options));
}

function jarsOrDocker(): string {
  try {
    return ensureJars();
  } catch (error) {
    if (hasDocker()) return "docker";
    throw error;
  }
}

function javaBroker(jars: string, layout: Layout, index: number, options: KafkaOptions): EngineProcess {
  const folder = engineFolder("kafka");
  mkdirSync(join(folder, "data"));
  const file = join(folder, "server.properties");
  writeFileSync(file, propertiesText(layout, index, folder, options.properties));
  const java = (main: string, ...args: string[]) => [
    ...(options.javaOptions ?? ["-Xmx512m", "-XX:TieredStopAtLevel=1"]),
    "-XX:+UseSerialGC",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-cp",
    `${jars}/*`,
    main,
    ...args,
  ];
  const format = java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", file);
  execFileSync("java", format, { stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 });
  return new EngineProcess({
    name: `Kafka broker ${index + 1}`,
    command: "java",
    args: java("kafka.Kafka", file),
    folder,
    ready: () => clusterAnswers(layout.clientPorts, layout),
  });
}

function propertiesText(
  layout: Layout,
  index: number,
  folder: string,
  extra: Readonly<Record<string, string>> = {},
): string {
  const replicas = String(layout.clientPorts.length);
  const voters = layout.controllerPorts.map((port, i) => `${i + 1}@127.0.0.1:${port}`).join(",");
  const properties: Record<string, string> = {
    "process.roles": "broker,controller",
    "node.id": String(index + 1),
    "controller.quorum.voters": voters,
    listeners: [
      `CLIENT://127.0.0.1:${layout.clientPorts[index]}`,
      `CONTROLLER://127.0.0.1:${layout.controllerPorts[index]}`,
    ].join(","),
    "advertised.listeners": `CLIENT://127.0.0.1:${layout.advertisedPorts[index]}`,
    "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "CLIENT",
    "log.dirs": join(folder, "data"),
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": replicas,
    "transaction.state.log.num.partitions": "2",
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": replicas,
    "default.replication.factor": replicas,
    "min.insync.replicas": replicas === "3" ? "2" : "1",
    // Tests start and end groups all the time: no wait for latecomers, and sessions as short as a test likes.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "500",
    // A killed broker may register again, and its leadership moves, once its old session has run out (9 s by default).
    "broker.session.timeout.ms": "4000",
    "broker.heartbeat.interval.ms": "1000",
    ...extra,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}

function dockerBroker(layout: Layout): EngineProcess {
  const [port] = layout.clientPorts as [number];
  if (layout.clientPorts.length > 1)
    throw new Error("three brokers need Java and Maven; Docker brings up one");
  const env = Object.entries({
    KAFKA_NODE_ID: "1",
    KAFKA_PROCESS_ROLES: "broker,controller",
    KAFKA_LISTENERS: `CLIENT://0.0.0.0:${port},CONTROLLER://127.0.0.1:9093`,
    KAFKA_ADVERTISED_LISTENERS: `CLIENT://127.0.0.1:${layout.advertisedPorts[0]}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
    KAFKA_INTER_BROKER_LISTENER_NAME: "CLIENT",
    KAFKA_CONTROLLER_QUORUM_VOTERS: "1@127.0.0.1:9093",
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
    KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: "500",
  }).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
  const folder = engineFolder("kafka");
  const run = dockerRun(IMAGES.kafka, new Map([[port, port]]), env);
  return new EngineProcess({ name: "Kafka", ...run, folder, ready: () => clusterAnswers([port], layout) });
}

/** Asks through the brokers' own ports: a proxy in front may not be up yet. */
async function clusterAnswers(ports: readonly number[], layout: Layout): Promise<void> {
  const kafka = new Kafka({
    clientId: "lanewatch-tests",
    brokers: ports.map((port) => `127.0.0.1:${port}`),
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    retry: { retries: 0 },
  });
  const proxied = layout.advertisedPorts !== layout.clientPorts;
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers } = proxied ? { brokers: layout.clientPorts } : await admin.describeCluster();
    if (brokers.length < layout.clientPorts.length)
      throw new Error(`${brokers.length} brokers in the cluster`);
  } finally {
    await admin.disconnect();
  }
}
