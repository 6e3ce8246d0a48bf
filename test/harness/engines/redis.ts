/** A real Redis: Debian's package. */
import { connect } from "node:net";
import { dockerRun, IMAGES } from "./docker.ts";
import { ensureCommand, hasDocker } from "./packages.ts";
import { freePort } from "./ports.ts";
import { EngineProcess, engineFolder } from "./process.ts";

export interface RedisOptions {
  /** Keeps its data over a restart (append-only file, written through). @default false */
  readonly persist?: boolean;
  /** @default "noeviction", which BullMQ needs */
  readonly evictionPolicy?: string;
}

export interface RedisEngine {
  readonly port: number;
  readonly url: string;
  readonly process: EngineProcess;
  stop(): Promise<void>;
}

export async function startRedis(options: RedisOptions = {}): Promise<RedisEngine> {
  const port = await freePort();
  const process = redisProcess(port, options);
  await process.start();
  return { port, url: `redis://127.0.0.1:${port}`, process, stop: () => process.stop() };
}

function redisProcess(
  port: number,
  { persist = false, evictionPolicy = "noeviction" }: RedisOptions,
): EngineProcess {
  const folder = engineFolder("redis");
  const ready = () => pingAnswers(port);
  const common = ["--save", "", "--maxmemory-policy", evictionPolicy];
  const durable = ["--appendonly", persist ? "yes" : "no", "--appendfsync", "always"];
  try {
    ensureCommand("redis-server", "redis-server");
  } catch (error) {
    if (!hasDocker()) throw error;
    const run = dockerRun(IMAGES.redis, new Map([[port, 6379]]), [], ["redis-server", ...common, ...durable]);
    return new EngineProcess({ name: "Redis", ...run, folder, ready });
  }
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, ...common, ...durable];
  return new EngineProcess({ name: "Redis", command: "redis-server", args, folder, ready });
}

/** "PONG", not "-LOADING": a restarted Redis accepts connections before it has read its file. */
function pingAnswers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.setTimeout(2_000, () => socket.destroy(new Error("no answer to PING")));
    socket.once("error", reject);
    socket.once("data", (data) => {
      socket.destroy();
      if (data.toString().startsWith("+PONG")) resolve();
      else reject(new Error(data.toString()));
    });
  });
}
