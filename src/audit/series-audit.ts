/** Is a series (the lane's record count, a metric) where its own past leads one to expect it? */
import type {
  DetectorContext,
  DistributionSnapshot,
  SeriesDetector,
  SeriesPoint,
  SeriesStep,
} from "../../detectors/contract.ts";

/** How a metric's values in one window become one number, and what its absence means. */
export interface MetricOptions {
  readonly aggregate: "sum" | "mean" | "last" | "max";
  /** "zero": no value means 0 (a count). "gap": no value means not measured. */
  readonly missing: "zero" | "gap";
  /** On which side a deviation is an anomaly; handed to the detector's options. */
  readonly sides?: unknown;
  /** The line that defines it; without one, pipelines send it. */
  readonly sql?: string | undefined;
}

export const DEFAULT_METRIC: MetricOptions = { aggregate: "mean", missing: "gap" };

/** Memory of one series, by detector, each with the version of its shape. */
export type SeriesMemory = Record<string, VersionedMemory>;

export interface VersionedMemory {
  readonly version: number;
  readonly memory: unknown;
}

export interface SeriesFinding {
  readonly detector: SeriesDetector;
  readonly step: SeriesStep<unknown>;
}

export function stepSeries(
  memory: SeriesMemory,
  point: SeriesPoint,
  detectors: readonly SeriesDetector[],
  contextOf: (detector: SeriesDetector) => DetectorContext,
  optionsOf: (detector: SeriesDetector) => unknown,
): SeriesFinding[] {
  return detectors.map((detector) => {
    const options = optionsOf(detector);
    const context = contextOf(detector);
    const version = detector.memoryVersion ?? 1;
    const stored = memory[detector.name];
    // A memory that an older release wrote would be misread: this detector learns anew, the others go on.
    const before = stored?.version === version ? stored.memory : detector.start(context, options);
    const step = detector.step(point, before, context, options);
    memory[detector.name] = { version, memory: step.memory };
    return { detector, step };
  });
}

/** The metric's number for a window; `snapshot` is undefined when no record carried it. */
export function metricValue(snapshot: DistributionSnapshot | undefined, options: MetricOptions): number {
  const count = snapshot === undefined ? 0 : snapshot.numberCount - snapshot.nonFiniteCount;
  if (snapshot === undefined || count === 0) return options.missing === "zero" ? 0 : Number.NaN;
  switch (options.aggregate) {
    case "sum":
      return snapshot.mean * count;
    case "max":
      return snapshot.max;
    // A merged window has no order: "last" is the mean, which for one value a window is the same.
    case "mean":
    case "last":
      return snapshot.mean;
  }
}
