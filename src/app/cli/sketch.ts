/** `sketch inspect` and `sketch export`: DataSketches files of others looked into, and a lane's own given out. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../base/clock.ts";
import { errorText, OperationalError } from "../../base/errors.ts";
import { Telemetry } from "../../base/telemetry.ts";
import { mergeProfiles } from "../../sketch/merge.ts";
import type { Profile } from "../../sketch/profile.ts";
import { profileToRecord } from "../../sketch/profile-record.ts";
import { inspectSketch, profileToSketchFiles } from "../../sketch/sketch-file.ts";
import { type BaselineManifest, MANIFEST_NAME } from "../baseline-folder.ts";
import { loadConfig } from "../config/load.ts";
import { laneRules } from "../lane-settings.ts";
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
  const features: BaselineManifest["features"] = {};
  let fileCount = 0;
  for (const [feature, { parts, recordCount }] of profiles) {
    const profile = mergeProfiles(parts, 1);
    const files: string[] = [];
    for (const { name, bytes } of profileToSketchFiles(profile)) {
      const file = `${encodeURIComponent(feature)}.${name}`;
      await writeFile(join(options.out, file), bytes);
      files.push(file);
    }
    fileCount += files.length;
    features[feature] = { files, record_count: recordCount, counts: countsOf(profile) };
  }
  await writeFile(
    join(options.out, MANIFEST_NAME),
    `${JSON.stringify(manifestOf(options, features), null, 2)}\n`,
  );
  process.stdout.write(
    `${fileCount} sketches of ${profiles.size} features and their counts written to ${options.out}; ` +
      "`lanewatch baseline import` takes the folder\n",
  );
  return EXIT.ok;
}

function manifestOf(options: ExportOptions, features: BaselineManifest["features"]): BaselineManifest {
  const { swimlane, source, since, until } = options;
  const moment = (text: string | undefined) =>
    text === undefined ? undefined : new Date(text).toISOString();
  return { version: 1, swimlane, source, since: moment(since), until: moment(until), features };
}

/** The record's fields that are no sketch. Moments that left the range of doubles are left out. */
function countsOf(profile: Profile): BaselineManifest["features"][string]["counts"] {
  const { kll: _kll, frequent: _frequent, hll: _hll, ...counts } = profileToRecord(profile);
  return Object.fromEntries(Object.entries(counts).filter(([, value]) => Number.isFinite(value)));
}

async function storedProfiles(
  options: ExportOptions,
  sinceMs: number | undefined,
  untilMs: number | undefined,
): Promise<Map<string, { parts: Profile[]; recordCount: number }>> {
  const config = await loadConfig(options.config, process.env);
  const store = openStore(
    config,
    { clock: systemClock, telemetry: new Telemetry({ level: "warn" }) },
    process.env,
  );
  await store.open();
  try {
    const { swimlane, source, feature } = options;
    // Not the hours and days too, which are merged from the same records.
    const windowSizeMs = laneRules(config).of(swimlane).window;
    const span = { sinceMs, untilMs, limit: 1_000_000 };
    const rows = await store.readProfiles({ swimlane, source, feature, windowSizeMs, ...span });
    const profiles = new Map<string, { parts: Profile[]; recordCount: number }>();
    for (const row of rows) {
      if (row.kind !== "feature") continue;
      const known = profiles.get(row.feature) ?? { parts: [], recordCount: 0 };
      known.parts.push(row.profile);
      known.recordCount += row.recordCount;
      profiles.set(row.feature, known);
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
