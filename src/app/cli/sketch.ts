/** `sketch inspect` and `sketch export`: DataSketches files of others looked into, and a lane's own given out. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { mergeProfiles } from "../../sketch/merge.ts";
import type { Profile } from "../../sketch/profile.ts";
import { inspectSketch, profileToSketchFiles } from "../../sketch/sketch-file.ts";
import { loadConfig } from "../config/load.ts";
import { openStore } from "../plug-ins.ts";
import { EXIT } from "./exit.ts";
import { textTable } from "./text-table.ts";

export async function inspectCommand(
  paths: readonly string[],
  options: { readonly json?: boolean },
): Promise<number> {
  for (const path of paths) {
    const inspection = inspectSketch(await readBytes(path));
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ path, ...inspection })}\n`);
      continue;
    }
    const facts = Object.entries(inspection.facts).map(([name, value]) => `  ${name}: ${value}`);
    const rows = inspection.rows.map((row) => row.map(String));
    process.stdout.write(
      `${[`${path}: ${inspection.family}`, ...facts, "", ...textTable(inspection.columns, rows)].join("\n")}\n\n`,
    );
  }
  return EXIT.ok;
}

interface ExportOptions {
  readonly config: string;
  readonly swimlane: string;
  readonly source: string;
  readonly feature?: string;
  readonly since?: string;
  readonly until?: string;
  readonly out: string;
}

/** Merges a lane's stored profiles over a span and writes each feature's sketches as .sk files. */
export async function exportCommand(options: ExportOptions): Promise<number> {
  const sinceMs = instantOf(options.since);
  const untilMs = instantOf(options.until);
  if (Number.isNaN(sinceMs) || Number.isNaN(untilMs)) {
    process.stderr.write("lanewatch: --since and --until take a time such as 2026-11-23T09:00:00Z\n");
    return EXIT.usage;
  }
  const profiles = await storedProfiles(options, sinceMs, untilMs);
  if (profiles.size === 0) {
    process.stderr.write(
      `lanewatch: the store has no profiles of swimlane "${options.swimlane}", source "${options.source}" in that span\n`,
    );
    return EXIT.failed;
  }
  await mkdir(options.out, { recursive: true });
  let fileCount = 0;
  for (const [feature, parts] of profiles) {
    for (const { name, bytes } of profileToSketchFiles(mergeProfiles(parts, 1))) {
      await writeFile(join(options.out, `${encodeURIComponent(feature)}.${name}`), bytes);
      fileCount++;
    }
  }
  process.stdout.write(`${fileCount} sketches of ${profiles.size} features written to ${options.out}\n`);
  return EXIT.ok;
}

async function storedProfiles(
  options: ExportOptions,
  sinceMs: number | undefined,
  untilMs: number | undefined,
): Promise<Map<string, Profile[]>> {
  const config = await loadConfig(options.config, process.env);
  const store = openStore(
    config,
    { clock: systemClock, telemetry: new Telemetry({ level: "warn" }) },
    process.env,
  );
  await store.open();
  try {
    const { swimlane, source, feature } = options;
    const rows = await store.readProfiles({ swimlane, source, feature, sinceMs, untilMs, limit: 1_000_000 });
    const profiles = new Map<string, Profile[]>();
    for (const row of rows) {
      if (row.kind === "records") continue;
      profiles.set(row.feature, [...(profiles.get(row.feature) ?? []), row.profile]);
    }
    return profiles;
  } finally {
    await store.close();
  }
}

function instantOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new OperationalError(`cannot read "${path}": ${errorText(cause)}`, {
      code: "SKETCH_FILE_UNREADABLE",
      retryable: false,
      context: { path },
      cause,
    });
  }
}
