/**
 * Metrics of the way that records take, from the manifests on the path and not from counters of a process: the same
 * after a restart, whoever wrote the segments. Where records went missing is the stage whose numbers say so.
 */
import type { Telemetry } from "../../base/telemetry.ts";
import { OUTCOME_STAGES, OUTCOMES } from "../../decode/outcome.ts";
import type { PartitionFrontier } from "../../rollup/frontier.ts";
import type { Rollup } from "../../rollup/rollup.ts";
import type { PartitionEnd } from "../../source/contract.ts";

const PLACE = ["topic", "partition"] as const;

export class PathMetrics {
  readonly #rollup: Rollup;
  readonly #ends = new Map<string, PartitionEnd>();

  constructor(rollup: Rollup, telemetry: Telemetry) {
    this.#rollup = rollup;
    telemetry.observedGauge(
      "source_log_end_offset",
      "One past the last offset of the log, as the broker last said",
      PLACE,
      () => this.#ofEnds((end) => end.endOffset),
    );
    telemetry.observedGauge(
      "source_uncounted_records",
      "Offsets in the log that no segment accounts for yet: the whole lag, from broker to store",
      PLACE,
      () => this.#ofEnds((end) => Math.max(0, end.endOffset - this.#pathEnd(end))),
    );
    telemetry.observedGauge(
      "segment_path_start_offset",
      "First offset that the counts of the path begin at",
      PLACE,
      () => this.#ofPaths(({ totals }) => totals.startOffset),
    );
    telemetry.observedGauge(
      "segment_path_end_offset",
      "One past the last offset that the tiled path accounts for",
      PLACE,
      () => this.#ofPaths((frontier) => frontier.endOffset),
    );
    telemetry.observedGauge(
      "segment_path_records",
      "Offsets of the path by the stage at which they got their outcome; they add up to its end less its start",
      [...PLACE, "stage", "outcome"],
      () => this.#outcomes(),
    );
    telemetry.observedGauge("segment_path_bytes", "Bytes of the records on the path", PLACE, () =>
      this.#ofPaths(({ totals }) => totals.byteCount),
    );
    telemetry.observedGauge(
      "segment_path_segments",
      "Segments on the path; with its offsets or bytes, how large one is",
      PLACE,
      () => this.#ofPaths(({ totals }) => totals.segmentCount),
    );
    telemetry.observedGauge(
      "rollup_open_windows",
      "Windows that have records and are not complete yet, over all lanes",
      [],
      () => [{ labels: {}, value: this.#rollup.open.windowCount }],
    );
    telemetry.observedGauge(
      "rollup_open_records",
      "Records in windows that are not complete yet, over all lanes",
      [],
      () => [{ labels: {}, value: this.#rollup.open.recordCount }],
    );
  }

  observeEnds(ends: readonly PartitionEnd[]): void {
    for (const end of ends) this.#ends.set(`${end.topic}|${end.partition}`, end);
  }

  #pathEnd({ topic, partition, startOffset }: PartitionEnd): number {
    return this.#rollup.frontier(topic, partition, startOffset).endOffset;
  }

  *#ofEnds(read: (end: PartitionEnd) => number) {
    for (const end of this.#ends.values()) yield { labels: placeOf(end), value: read(end) };
  }

  *#ofPaths(read: (frontier: PartitionFrontier) => number) {
    for (const frontier of this.#rollup.frontiers) yield { labels: placeOf(frontier), value: read(frontier) };
  }

  /** Outcomes that never happened are left out: fifteen rows for each partition would hide the few that matter. */
  *#outcomes() {
    for (const frontier of this.#rollup.frontiers) {
      const { outcomes } = frontier.totals;
      for (const outcome of OUTCOMES) {
        const value = outcomes[outcome];
        const labels = { ...placeOf(frontier), stage: OUTCOME_STAGES[outcome], outcome };
        if (value > 0 || outcome === "ok") yield { labels, value };
      }
    }
  }
}

function placeOf({ topic, partition }: { readonly topic: string; readonly partition: number }) {
  return { topic, partition: String(partition) };
}
