/**
 * One asker for the ends of partitions: the rollup asks anew every second, and whoever can do with an answer of a few
 * seconds ago shares its last one, or its failure. Of a process without a rollup, the first who looks asks for all.
 */
import type { Clock } from "../base/clock.ts";
import type { PartitionEnd, RecordSource } from "../source/contract.ts";

/** What those need who only look at a source. */
export type WatchedSource = Pick<RecordSource, "name" | "committed" | "partitionEnds">;

/** The monitor looks every five seconds and measures minutes. */
const AGE_MS_MAX = 4_000;

interface Asked {
  /** When it was asked, on a clock that nobody sets: the answer is from then or later. */
  readonly atMs: number;
  readonly answer: Promise<readonly PartitionEnd[]>;
}

export class RecentEnds {
  readonly #clock: Clock;
  readonly #last = new WeakMap<WatchedSource, Asked>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks now. Throws as the source does. */
  ask(source: WatchedSource): Promise<readonly PartitionEnd[]> {
    const answer = source.partitionEnds();
    this.#last.set(source, { atMs: this.#clock.elapsedMs(), answer });
    return answer;
  }

  /** The source, whose ends are those that were asked for last, unless that was more than {@link AGE_MS_MAX} ago. */
  watched(source: WatchedSource): WatchedSource {
    const partitionEnds = () => {
      const last = this.#last.get(source);
      return last !== undefined && this.#clock.elapsedMs() - last.atMs <= AGE_MS_MAX
        ? last.answer
        : this.ask(source);
    };
    return { name: source.name, committed: source.committed?.bind(source), partitionEnds };
  }
}
