import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { loadConfig } from "../config/load.ts";
import { loadDetectors } from "../detectors.ts";
import { replay } from "../replay.ts";
import type { ReplaySummary } from "../replay-output.ts";
import { EXIT } from "./exit.ts";
import { progressBar } from "./progress.ts";
import { replayTable } from "./replay-table.ts";

interface ReplayCommandOptions {
  readonly config: string;
  readonly out: string;
  readonly source?: string;
  readonly asOf?: string;
  readonly baseline?: readonly string[];
  readonly quiet?: boolean;
}

export async function replayCommand(
  paths: readonly string[],
  options: ReplayCommandOptions,
): Promise<number> {
  const asOfMs = options.asOf === undefined ? undefined : Date.parse(options.asOf);
  if (Number.isNaN(asOfMs)) {
    process.stderr.write(
      `lanewatch: --as-of "${options.asOf}" is not a time; write one such as 2026-11-23T09:00:00Z\n`,
    );
    return EXIT.usage;
  }
  const config = await loadConfig(options.config, process.env);
  if (options.source !== undefined && !(options.source in config.sources)) {
    process.stderr.write(
      `lanewatch: no source is called "${options.source}"; the configuration has ${Object.keys(config.sources).join(", ") || "none"}\n`,
    );
    return EXIT.usage;
  }
  const misplaced = (await notFiles(paths)) ?? (await notFolder(options.out));
  if (misplaced !== undefined) {
    process.stderr.write(`lanewatch: ${misplaced}. Nothing was read or written.\n`);
    return EXIT.usage;
  }
  const telemetry = new Telemetry({ level: config.logLevel === "info" ? "warn" : config.logLevel });
  const detectors = await loadDetectors(config, dirname(resolve(options.config)));
  const bytes = await totalBytes(paths);
  const bar = progressBar(process.stderr, !options.quiet);
  const startMs = performance.now();
  const summary = await replay({
    config,
    paths,
    outFolder: options.out,
    detectors,
    clock: systemClock,
    telemetry,
    sourceName: options.source,
    asOfMs,
    baselines: options.baseline,
    onProgress: ({ byteCount, windowCount }) =>
      bar.show(bytes === undefined ? undefined : byteCount / bytes, `${windowCount} windows`),
  });
  bar.end();
  if (!options.quiet) process.stdout.write(replayTable(summary, options.out, performance.now() - startMs));
  return nothingCounted(summary) ? complainOfNothing(summary) : EXIT.ok;
}

/** A path that cannot be read at all is the source's to tell. */
async function notFiles(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths)
    if ((await kindOf(path)) === "folder") return `"${path}" is a folder; name the files in it ("${path}"/*)`;
  return undefined;
}

async function notFolder(path: string): Promise<string | undefined> {
  return (await kindOf(path)) === "file"
    ? `--out "${path}" is a file; name a folder, which need not be there`
    : undefined;
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  return stat(path).then(
    (found) => (found.isDirectory() ? "folder" : "file"),
    () => undefined,
  );
}

async function totalBytes(paths: readonly string[]): Promise<number | undefined> {
  if (paths.some((path) => path === "-" || !path.endsWith("l"))) return undefined;
  const sizes = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function nothingCounted({ outcomes }: ReplaySummary): boolean {
  return outcomes.ok === 0;
}

/** A mapping that fits no record is the usual mistake: say so rather than print an empty table. */
function complainOfNothing({ outcomes }: ReplaySummary): number {
  const reasons = Object.entries(outcomes)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${outcome}`);
  process.stderr.write(
    reasons.length === 0
      ? "lanewatch: the files held no records: see that they are those you mean\n"
      : `lanewatch: no record could be counted (${reasons.join(", ")}); compare the configuration's mapping with the records, dead-letters.jsonl says what was wrong with each\n`,
  );
  return EXIT.failed;
}
