import { dirname, resolve } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { makeStore, storeOptionsSchema } from "../../store/index.ts";
import { trySqlMetrics } from "../audit/sql-metrics.ts";
import { ConfigError, configJsonSchema, loadConfig } from "../config/load.ts";
import type { Problem } from "../config/problems.ts";
import type { Config } from "../config/schema.ts";
import { loadDetectors } from "../detectors.ts";
import { EXIT } from "./exit.ts";

export async function validateCommand(options: { readonly config: string }): Promise<number> {
  const config = await loadConfig(options.config, process.env);
  const detectors = await loadDetectors(config, dirname(resolve(options.config)));
  const untold = await sqlProblems(config);
  if (untold.length > 0) throw new ConfigError(options.config, untold);
  const sources = Object.entries(config.sources).map(([name, source]) => `${name} (${source.type})`);
  const lines = [
    `${options.config} is valid.`,
    `  sources    ${sources.length === 0 ? "none (replay brings its own files)" : sources.join(", ")}`,
    `  store      ${config.store.type}`,
    `  queue      ${config.queue.type}`,
    `  lanes      ${config.lanes.rules.length} rules beside the defaults`,
    `  detectors  ${detectors.map((detector) => detector.name).join(", ")}`,
    `  notifiers  ${Object.keys(config.notify.notifiers).join(", ") || "none: incidents show on the page only"}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
  return EXIT.ok;
}

/** Columns and functions of metrics in SQL, tried on an empty store: only a file's can be made up here. */
async function sqlProblems(config: Config): Promise<readonly Problem[]> {
  const has = Object.values(config.metrics).some(({ sql }) => sql !== undefined);
  if (!has || config.store.type !== "duckdb") return [];
  const options = storeOptionsSchema.parse({ type: "duckdb", path: ":memory:" });
  const store = makeStore(options, { clock: systemClock, telemetry: new Telemetry({ level: "silent" }) });
  await store.open();
  try {
    const problems = await trySqlMetrics(store, config);
    return [...problems].map(([name, message]) => ({ path: `metrics.${name}.sql`, message }));
  } finally {
    await store.close();
  }
}

export function schemaCommand(): number {
  process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  return EXIT.ok;
}
