import { dirname, resolve } from "node:path";
import { configJsonSchema, loadConfig } from "../config/load.ts";
import { loadDetectors } from "../detectors.ts";
import { EXIT } from "./exit.ts";

export async function validateCommand(options: { readonly config: string }): Promise<number> {
  const config = await loadConfig(options.config, process.env);
  const detectors = await loadDetectors(config, dirname(resolve(options.config)));
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

export function schemaCommand(): number {
  process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  return EXIT.ok;
}
