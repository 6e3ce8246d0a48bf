/**
 * Real engines for tests and benches, without Docker: each `start…` brings one up on free loopback ports in a
 * temporary folder, and ends it with the process that started it. In a test prefer `engines-suite.ts`, which shares
 * one of each over the whole run; start your own where you kill it.
 *
 *   npx tsx test/harness/engines.ts kafka questdb redis     # by hand: prints the ports, Ctrl-C ends them
 */
import { pathToFileURL } from "node:url";
import { startAlertmanager } from "./engines/alertmanager.ts";
import { chromiumPath } from "./engines/chromium.ts";
import { startKafka } from "./engines/kafka.ts";
import { ensureCommand, ensureJars, hasDocker } from "./engines/packages.ts";
import { startQuestDb } from "./engines/questdb.ts";
import { startRedis } from "./engines/redis.ts";

export { chromiumPath, startAlertmanager, startKafka, startQuestDb, startRedis };

export const ENGINES = ["kafka", "questdb", "redis", "alertmanager", "chromium"] as const;
export type EngineName = (typeof ENGINES)[number];

/** What a test is told of a shared engine: enough to connect, JSON only. */
export interface EngineAddresses {
  readonly kafka: { readonly brokers: readonly string[] };
  readonly questdb: { readonly httpPort: number; readonly pgPort: number };
  readonly redis: { readonly port: number; readonly url: string };
  readonly alertmanager: { readonly port: number; readonly url: string };
  readonly chromium: { readonly path: string };
}

export interface StartedEngine {
  readonly address: EngineAddresses[EngineName];
  stop(): Promise<void>;
}

export async function startEngine(name: EngineName): Promise<StartedEngine> {
  switch (name) {
    case "kafka": {
      const { brokers, stop } = await startKafka();
      return { address: { brokers }, stop };
    }
    case "questdb": {
      const { httpPort, pgPort, stop } = await startQuestDb();
      return { address: { httpPort, pgPort }, stop };
    }
    case "redis": {
      const { port, url, stop } = await startRedis();
      return { address: { port, url }, stop };
    }
    case "alertmanager": {
      const { port, url, stop } = await startAlertmanager();
      return { address: { port, url }, stop };
    }
    case "chromium":
      return { address: { path: chromiumPath() }, stop: async () => {} };
  }
}

/** Fetches what the engine needs. Says why it cannot run here; undefined when it can. */
export function whyMissing(name: EngineName): string | undefined {
  try {
    prepare(name);
    return undefined;
  } catch (error) {
    const inDocker = name === "kafka" || name === "questdb" || name === "redis";
    if (inDocker && hasDocker()) return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}

function prepare(name: EngineName): void {
  switch (name) {
    case "kafka":
    case "questdb":
      ensureJars();
      return;
    case "redis":
      ensureCommand("redis-server", "redis-server");
      return;
    case "alertmanager":
      ensureCommand("prometheus-alertmanager", "prometheus-alertmanager");
      return;
    case "chromium":
      chromiumPath();
      return;
  }
}

async function runByHand(names: readonly string[]): Promise<void> {
  for (const name of names.length > 0 ? names : ENGINES) {
    const { address } = await startEngine(name as EngineName);
    console.log(name, JSON.stringify(address));
  }
  const forever = setInterval(() => {}, 60_000);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(0));
  await new Promise(() => forever.ref());
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await runByHand(process.argv.slice(2));
