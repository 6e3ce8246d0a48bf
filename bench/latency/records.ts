/** The records of bench:latency: every lane in turn, evenly spaced, fifty features each. */
import { seededRandom } from "../../src/base/random.ts";
import type { LoadRecord } from "../faults/load.ts";
import type { RecordMaker } from "../faults/producer.ts";

export interface EvenOptions {
  readonly laneCount: number;
  readonly featureCount: number;
  readonly partitions: number;
  /** Over all lanes. */
  readonly recordsPerSecond: number;
  readonly startMs: number;
}

export class EvenRecords implements RecordMaker {
  readonly #options: EvenOptions;
  readonly #random = seededRandom(1);
  #count = 0;
  untilMs: number;

  constructor(options: EvenOptions) {
    this.#options = options;
    this.untilMs = options.startMs;
  }

  next(untilMs: number): LoadRecord[] {
    const { startMs, recordsPerSecond, laneCount, partitions } = this.#options;
    const records: LoadRecord[] = [];
    for (;;) {
      const ts = startMs + Math.floor((this.#count * 1_000) / recordsPerSecond);
      if (ts >= untilMs) break;
      const n = this.#count++;
      // Lanes and partitions turn at different paces, so that every lane is in every partition.
      const partition = (n + Math.floor(n / laneCount)) % partitions;
      records.push({ ts, partition, value: this.#text(n % laneCount, ts) });
    }
    this.untilMs = Math.max(this.untilMs, untilMs);
    return records;
  }

  #text(lane: number, ts: number): string {
    const features: Record<string, number> = {};
    for (let f = 0; f < this.#options.featureCount; f++)
      features[`feature_${f}`] = Math.round(this.#random() * 1e6) / 1e3;
    return JSON.stringify({ ts, swimlane: `lane-${lane}`, source: "bench", features });
  }
}
