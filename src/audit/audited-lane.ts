/** A lane and source as its auditor knows it, and one of its windows as it is judged. */
import type {
  DistributionDetector,
  KnownEvent,
  SeriesDetector,
  SeriesSubject,
} from "../../detectors/contract.ts";
import type { CompleteWindow } from "../rollup/complete-window.ts";
import type { WindowRow } from "../store/contract.ts";
import { eventsTouching } from "./known-events.ts";
import type { LaneMemory } from "./lane-memory.ts";
import type { LaneAuditorOptions } from "./lane-options.ts";
import type { NamedReference } from "./reference/named-reference.ts";
import { DEFAULT_METRIC, type MetricOptions } from "./series-audit.ts";

export interface AuditedLane {
  readonly options: LaneAuditorOptions;
  readonly memory: LaneMemory;
  /** Detectors of the record count and of metrics. */
  readonly series: readonly SeriesDetector[];
  /** Detectors of features. */
  readonly distributions: readonly DistributionDetector[];
}

export interface AuditedWindow {
  readonly complete: CompleteWindow;
  /** What it is held to beside the lane's own past. */
  readonly references: readonly NamedReference[];
  /** Features of which a smaller window within this one has alerted: nothing more is alerted of them. */
  readonly alerted: ReadonlySet<string>;
  /** Those of the owner's calendar that touch it. */
  readonly knownEvents: readonly KnownEvent[];
  /** Within a known event: said, but neither paged nor warned. */
  readonly muted: boolean;
}

export function eventsIn(
  { knownEvents }: LaneAuditorOptions,
  { windowStartMs, windowSizeMs }: WindowRow,
): readonly KnownEvent[] {
  return eventsTouching(knownEvents, windowStartMs, windowStartMs + windowSizeMs);
}

export function metricOptions(options: LaneAuditorOptions, name: string): MetricOptions {
  return options.metrics?.[name] ?? DEFAULT_METRIC;
}

/** A metric whose missing value means 0 counts something; any other measures. */
export function subjectOf(options: LaneAuditorOptions, metric: string): SeriesSubject {
  return metricOptions(options, metric).missing === "zero" ? "count" : "gauge";
}
