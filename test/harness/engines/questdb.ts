/** A real QuestDB 9.3.4: the jar of Maven Central, native libraries inside. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dockerRun, IMAGES } from "./docker.ts";
import { ensureJars, hasDocker } from "./packages.ts";
import { freePorts } from "./ports.ts";
import { EngineProcess, engineFolder } from "./process.ts";

export interface QuestDbEngine {
  /** ILP over HTTP and the REST API. */
  readonly httpPort: number;
  /** PostgreSQL wire protocol: user "admin", password "quest", database "qdb"; user "user" may only read. */
  readonly pgPort: number;
  readonly process: EngineProcess;
  stop(): Promise<void>;
}

/** @param properties more lines for `server.conf`. */
export async function startQuestDb(
  properties: Readonly<Record<string, string>> = {},
): Promise<QuestDbEngine> {
  const [httpPort, pgPort] = (await freePorts(2)) as [number, number];
  const process = questDbProcess(httpPort, pgPort, properties);
  await process.start();
  return { httpPort, pgPort, process, stop: () => process.stop() };
}

function questDbProcess(
  httpPort: number,
  pgPort: number,
  properties: Readonly<Record<string, string>>,
): EngineProcess {
  const folder = engineFolder("questdb");
  const ready = () => queryAnswers(httpPort);
  let jars: string;
  try {
    jars = ensureJars();
  } catch (error) {
    if (!hasDocker()) throw error;
    const ports = new Map([
      [httpPort, 9000],
      [pgPort, 8812],
    ]);
    return new EngineProcess({ name: "QuestDB", ...dockerRun(IMAGES.questdb, ports), folder, ready });
  }
  mkdirSync(join(folder, "conf"));
  writeFileSync(join(folder, "conf", "server.conf"), configText(httpPort, pgPort, properties));
  const jar = join(jars, "questdb-9.3.4.jar");
  const args = [
    "-Xmx1g",
    "-XX:+UseSerialGC",
    "-p",
    jar,
    "-m",
    "io.questdb/io.questdb.ServerMain",
    "-d",
    folder,
  ];
  return new EngineProcess({ name: "QuestDB", command: "java", args, folder, ready });
}

/** QuestDB binds to every interface unless told otherwise, and starts as many workers as there are cores. */
function configText(httpPort: number, pgPort: number, extra: Readonly<Record<string, string>>): string {
  const properties = {
    "http.bind.to": `127.0.0.1:${httpPort}`,
    "pg.net.bind.to": `127.0.0.1:${pgPort}`,
    "pg.readonly.user.enabled": "true",
    "http.min.enabled": "false",
    "line.tcp.enabled": "false",
    "telemetry.enabled": "false",
    "shared.worker.count": "2",
    ...extra,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");
}

async function queryAnswers(httpPort: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/exec?query=${encodeURIComponent("select 1")}`, {
    signal: AbortSignal.timeout(2_000),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`QuestDB answered ${response.status}: ${answer}`);
}
