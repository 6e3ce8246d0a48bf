/**
 * The same stages over files, in event time and as fast as they go, in one process: no server, no clock. The same
 * files under the same configuration give the same verdicts and incidents on every run.
 */
import { mkdir, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Detector } from "../../detectors/contract.ts";
import { importBaseline } from "../audit/reference/keep-baseline.ts";
import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { ByteDecoder } from "../decode/bytes/byte-decoder.ts";
import { ShapeRegistry } from "../decode/shapes.ts";
import { createInlineQueue } from "../queue/inline/inline.ts";
import { ProfileArena } from "../sketch/arena.ts";
import type { RecordSource, SourceHandler } from "../source/contract.ts";
import { FileSource } from "../source/file/file-source.ts";
import { fileOptionsSchema } from "../source/file/options.ts";
import type { Store } from "../store/contract.ts";
import { DuckDbTables } from "../store/duckdb/duckdb-tables.ts";
import { duckDbOptionsSchema } from "../store/duckdb/options.ts";
import { ReplayStore } from "../store/replay-store.ts";
import { sqlMetricsOf } from "./audit/sql-metrics.ts";
import { auditorOptionsOf, coarserOf } from "./auditor-options.ts";
import type { Config } from "./config/schema.ts";
import { mappingOf } from "./ingest/reading.ts";
import { Ingest } from "./ingest.ts";
import { compareWithOf, foldingShape, incidentOptionsOf, laneWindows } from "./lane-settings.ts";
import { readBaseline } from "./read-baseline.ts";
import { ReplayOutput, type ReplaySummary } from "./replay-output.ts";
import { Watch } from "./watch.ts";

export interface ReplayOptions {
  readonly config: Config;
  readonly paths: readonly string[];
  readonly outFolder: string;
  readonly detectors: readonly Detector[];
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The configured source whose mapping holds; the only one by default. */
  readonly sourceName?: string;
  /** Event times more than `futureMax` after it are counted `future`. @default now */
  readonly asOfMs?: number;
  /** Folders of sketches that lanes are held to (docs/guides/baselines.md); each is named as its folder. */
  readonly baselines?: readonly string[];
  /** Told after each batch. */
  readonly onProgress?: (progress: ReplaySummary) => void;
}

/**
 * A commit of profiles costs some 40 ms of CPU time whatever it holds, and a replay that is broken off begins again: so
 * rows wait until there are many of them, or someone asks. One thread, as what is read of the store is small.
 */
const STORE_OPTIONS = { acknowledge: "buffered", flushIntervalMs: 60_000, flushRowsMax: 5_000, threads: 1 };

export async function replay(options: ReplayOptions): Promise<ReplaySummary> {
  const { config, outFolder, clock, telemetry } = options;
  await mkdir(outFolder, { recursive: true });
  const storePath = join(outFolder, "store.duckdb");
  for (const path of [storePath, `${storePath}.wal`]) await rm(path, { force: true });
  const tables = duckDbOptionsSchema.parse({ type: "duckdb", path: storePath, ...STORE_OPTIONS });
  const store = new ReplayStore(new DuckDbTables(tables, { clock, telemetry }));
  await store.open();
  for (const path of options.baselines ?? []) await importFolder({ store, clock }, path);
  const output = await ReplayOutput.open(outFolder);
  const audits = createInlineQueue<never>(
    "audits",
    { concurrency: 1, waitingMax: 1_000_000, roomWaitMs: 86_400_000, retryDeadlineMs: 0 },
    { clock, telemetry, onFailed: (_key, error) => fail(error) },
  );
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure ??= { error };
  };
  const watch = new Watch({
    store,
    clock,
    telemetry,
    lanes: laneWindows(config),
    groupOf: () => "files",
    compareWith: compareWithOf(config),
    coarserOf: coarserOf(config),
    sqlMetrics: sqlMetricsOf(config),
    auditorOptions: auditorOptionsOf(config, options.detectors),
    incidents: incidentOptionsOf(config),
    audits: audits as never,
    incidentJobs: undefined,
    deliver: async () => {},
    idleTimeoutMs: Number.POSITIVE_INFINITY,
    checkpointWindows: 0,
    rollupCheckpointMs: Number.POSITIVE_INFINITY,
    confirmsPartitions: false,
    sourceNames: [],
    adoptsChanges: false,
    recentWindowsMax: 1_000_000,
    signal: new AbortController().signal,
    onJudged: (judged) => output.judged(judged),
    onIncidents: (changed) => output.incidentsChanged(changed),
    onJoined: (verdicts) => output.joined(verdicts),
  });
  await watch.restore({ merges: true, attends: true });
  await watch.audit();

  const step = async () => {
    await watch.tick();
    if (failure !== undefined) throw failure.error;
    await output.flush();
    options.onProgress?.(output.summary());
  };
  const { source, ingest } = reading(options, store, watch, output);
  await source.start(stepping(ingest, step));
  await source.finished;
  await ingest.idle();
  watch.rollup.finish(new Set(options.paths));
  await step();
  output.leftOpen(watch.rollup.lanes);
  await audits.stop();
  await source.stop();
  await store.close();
  return await output.close();
}

/** For the lane and source that its manifest names; for all lanes where it names none. */
async function importFolder(
  keeping: { readonly store: Store; readonly clock: Clock },
  path: string,
): Promise<void> {
  const { swimlane = "*", source = "default", ...read } = await readBaseline([path]);
  await importBaseline(keeping, {
    ...read,
    swimlane,
    source,
    name: basename(resolve(path)),
    by: "replay",
    reason: "",
    severity: "page",
    origin: path,
  });
}

function reading(options: ReplayOptions, store: Store, watch: Watch, output: ReplayOutput) {
  const { config, clock, telemetry, paths, outFolder } = options;
  const sourceName = options.sourceName ?? Object.keys(config.sources)[0] ?? "files";
  const mapping = mappingOf(config, sourceName);
  const own = config.sources[sourceName];
  const format = own?.type === "file" ? (own as { readonly format?: string }).format : undefined;
  const fileOptions = fileOptionsSchema.parse({
    paths,
    format,
    deadLetterPath: join(outFolder, "dead-letters.jsonl"),
  });
  let ingest: Ingest | undefined;
  const context = {
    clock,
    telemetry,
    watermarkMs: (topic: string) => ingest?.watermarkMs(topic) ?? Number.NEGATIVE_INFINITY,
  };
  const source = new FileSource("files", fileOptions, context);
  const { bytesMax, offsetsMax, seriesMax } = config.segments;
  ingest = new Ingest({
    source,
    store,
    decoder: new ByteDecoder(mapping, new ShapeRegistry(), config.limits),
    lanes: laneWindows(config),
    arena: new ProfileArena({ k: config.profile.k }),
    bounds: { bytesMax, offsetsMax, seriesMax },
    ageCutMs: Number.POSITIVE_INFINITY,
    shape: foldingShape(config, mapping),
    asOfMs: options.asOfMs ?? clock.nowMs(),
    clock,
    telemetry,
    idleCutMs: Number.POSITIVE_INFINITY,
    writeBehind: false,
    onAssigned: (positions) => watch.rollups.expect(positions),
    onSegments: async (segments) => {
      output.counted(segments);
      watch.rollups.take(segments);
    },
  });
  return { source: source as RecordSource, ingest };
}

/** After each batch, whatever is complete is judged before the next one is read. */
function stepping(ingest: Ingest, step: () => Promise<void>): SourceHandler {
  return {
    assigned: (positions) => ingest.assigned(positions),
    revoked: () => ingest.revoked(),
    resumeOffset: (topic, partition) => ingest.resumeOffset(topic, partition),
    batch: async (batch, control) => {
      await ingest.batch(batch, control);
      await step();
    },
  };
}
