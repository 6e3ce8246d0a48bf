/**
 * The records of bench:faults: several lanes at a steady rate (Poisson), dealt to the partitions in turn, each with a
 * number, a number that is sometimes null, and a category. Lanes lose a share of their records where a drop says so.
 * A pure function of the seed and of the spans asked for, in order.
 */
import { type Random, seededRandom } from "../../src/base/random.ts";

/** A real loss that is put into the data: it must be paged. Event time, epoch ms, half-open. */
export interface Drop {
  readonly lane: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Share of the records that never come. In (0, 1]. */
  readonly depth: number;
}

export interface LoadRecord {
  readonly ts: number;
  readonly partition: number;
  readonly value: string;
}

export interface LoadOptions {
  readonly lanes: readonly string[];
  readonly recordsPerSecond: number;
  readonly partitions: number;
  readonly startMs: number;
  readonly seed: number;
}

interface Lane {
  readonly name: string;
  readonly random: Random;
  nextMs: number;
}

const KINDS = ["view", "click", "save", "share"] as const;

export class Load {
  /** May be added to while running, for spans that were not asked for yet. */
  readonly drops: Drop[] = [];
  readonly #options: LoadOptions;
  readonly #lanes: readonly Lane[];
  #count = 0;
  #untilMs: number;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#untilMs = options.startMs;
    this.#lanes = options.lanes.map((name, i) => {
      const random = seededRandom(options.seed * 1_000 + i);
      return { name, random, nextMs: options.startMs + this.#gapMs(random) };
    });
  }

  /** Event time up to which records were made. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** The records from where the last call ended up to `untilMs`, in event-time order. */
  next(untilMs: number): LoadRecord[] {
    const made = this.#lanes.flatMap((lane) => this.#laneRecords(lane, untilMs));
    this.#untilMs = Math.max(this.#untilMs, untilMs);
    made.sort((a, b) => a.ts - b.ts);
    return made.map(({ ts, text }) => ({
      ts,
      partition: this.#count++ % this.#options.partitions,
      value: text,
    }));
  }

  #laneRecords(lane: Lane, untilMs: number): { readonly ts: number; readonly text: string }[] {
    const records: { ts: number; text: string }[] = [];
    for (; lane.nextMs < untilMs; lane.nextMs += this.#gapMs(lane.random)) {
      const ts = Math.floor(lane.nextMs);
      const text = recordText(lane.name, ts, lane.random);
      if (lane.random() >= this.#depthAt(lane.name, ts)) records.push({ ts, text });
    }
    return records;
  }

  #gapMs(random: Random): number {
    return (-Math.log(1 - random()) / this.#options.recordsPerSecond) * 1_000;
  }

  #depthAt(lane: string, ts: number): number {
    return this.drops.find((drop) => drop.lane === lane && ts >= drop.startMs && ts < drop.endMs)?.depth ?? 0;
  }
}

function recordText(swimlane: string, ts: number, random: Random): string {
  const features = {
    amount: Math.round(-Math.log(1 - random()) * 1e5) / 1e3,
    score: random() < 0.05 ? null : random(),
    kind: KINDS[Math.floor(random() * KINDS.length)],
  };
  return JSON.stringify({ ts, swimlane, source: "bench", features });
}
