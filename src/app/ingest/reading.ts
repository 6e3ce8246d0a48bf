/** A configured source and the ingest that reads it, as the service runs them. */
import type { Clock } from "../../base/clock.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import type { Mapping } from "../../decode/mapping.ts";
import type { Segment } from "../../segment/manifest.ts";
import { ProfileArena } from "../../sketch/arena.ts";
import type { PartitionPosition, RecordSource } from "../../source/contract.ts";
import type { Store } from "../../store/contract.ts";
import type { Config } from "../config/schema.ts";
import { Ingest } from "../ingest.ts";
import { laneWindows } from "../lane-settings.ts";
import type { makeSource } from "../plug-ins.ts";
import { decodingOf } from "./decoding.ts";

export interface Reading {
  readonly source: RecordSource;
  readonly ingest: Ingest;
}

export interface ReadingParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly store: Store;
  readonly makeSource: typeof makeSource;
  /** See IngestOptions. */
  readonly onAssigned: (positions: readonly PartitionPosition[]) => void;
  readonly onSegments: (segments: readonly Segment[]) => Promise<void>;
}

/** @param name of a source in the configuration. */
export function makeReading(name: string, parts: ReadingParts): Reading {
  const { config, clock, telemetry, store, onAssigned, onSegments } = parts;
  let ingest: Ingest | undefined;
  const watermarkMs = (topic: string) => ingest?.watermarkMs(topic) ?? Number.NEGATIVE_INFINITY;
  const source = parts.makeSource(name, config, { clock, telemetry, watermarkMs });
  const { decoder, shape, schemas } = decodingOf(config, name, mappingOf(config, name), { clock, telemetry });
  const { ageMax, bytesMax, offsetsMax, seriesMax, idleCut, waitingBytesMax } = config.segments;
  ingest = new Ingest({
    source,
    store,
    decoder,
    ...(schemas === undefined ? {} : { prepare: (batch, control) => schemas.prepare(batch, control) }),
    lanes: laneWindows(config),
    arena: new ProfileArena({ k: config.profile.k }),
    bounds: { bytesMax, offsetsMax, seriesMax },
    ageCutMs: ageMax,
    shape,
    asOfMs: config.sources[name]?.type === "synthetic" ? Number.POSITIVE_INFINITY : clock.nowMs(),
    clock,
    telemetry,
    idleCutMs: idleCut,
    waitingBytesMax,
    writeBehind: true,
    onAssigned,
    onSegments,
  });
  return { source, ingest };
}

/** A source's own mapping, or the one that holds for all. */
export function mappingOf(config: Config, source: string): Mapping {
  return (config.sources[source] as { readonly mapping?: Mapping } | undefined)?.mapping ?? config.mapping;
}
