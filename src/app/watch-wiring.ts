/** What the watch of a run is told: lanes, detectors and incidents as they are configured, and what it works with. */
import type { Detector } from "../../detectors/contract.ts";
import type { Deliverer } from "../notify/deliver.ts";
import type { RecordSource } from "../source/contract.ts";
import { sqlMetricsOf } from "./audit/sql-metrics.ts";
import { auditorOptionsOf, coarserOf } from "./auditor-options.ts";
import type { Config } from "./config/schema.ts";
import { compareWithOf, incidentOptionsOf, laneWindows } from "./lane-settings.ts";
import type { WatchOptions } from "./watch.ts";

type Given =
  | "store"
  | "clock"
  | "telemetry"
  | "audits"
  | "incidentJobs"
  | "signal"
  | "onJudged"
  | "onIncidents"
  | "onJoined";

export interface WatchParts extends Pick<WatchOptions, Given> {
  readonly config: Config;
  readonly detectors: readonly Detector[];
  readonly roles: ReadonlySet<string>;
  readonly deliverer: Pick<Deliverer, "offer">;
  /** The sources as they are then: the watch is made before they are. */
  readonly sources: () => readonly RecordSource[];
}

const ROLLUP_CHECKPOINT_MS = 30_000;
/** Windows of a lane between two checkpoints of its auditor's memory. */
const CHECKPOINT_WINDOWS = 64;
const RECENT_WINDOWS_MAX = 20_000;

export function watchOptions(parts: WatchParts): WatchOptions {
  const { config, detectors, roles, deliverer, sources, ...given } = parts;
  return {
    ...given,
    lanes: laneWindows(config),
    groupOf: (topic) => groupOf(config, topic),
    compareWith: compareWithOf(config),
    coarserOf: coarserOf(config),
    sqlMetrics: sqlMetricsOf(config),
    auditorOptions: auditorOptionsOf(config, detectors),
    incidents: incidentOptionsOf(config),
    deliver: async (changed) => deliverer.offer(changed),
    partitionEnds: async () => (await Promise.all(sources().map((source) => source.partitionEnds()))).flat(),
    idleTimeoutMs: config.segments.idleTimeout,
    checkpointWindows: CHECKPOINT_WINDOWS,
    rollupCheckpointMs: ROLLUP_CHECKPOINT_MS,
    confirmsPartitions: true,
    sourceNames: Object.keys(config.sources),
    adoptsChanges: roles.has("control"),
    // With a queue between, audits may run in another process.
    recentWindowsMax: parts.incidentJobs === undefined ? RECENT_WINDOWS_MAX : 0,
  };
}

/** The configured source that reads a topic; all others count as one. */
function groupOf({ sources }: Config, topic: string): string {
  for (const [name, source] of Object.entries(sources)) {
    const topics = (source as { readonly topics?: readonly string[] }).topics;
    if (topics?.includes(topic)) return name;
  }
  return "default";
}
