/**
 * One asker for the ends of partitions: the rollup asks anew every second, and whoever can do with an answer of a few
 * seconds ago shares its last one, or its failure. Of a process without a rollup, the first who looks asks for all.
 */
import type { Clock } from "../../base/clock.ts";
import { Recent } from "../../base/recent.ts";
import type { PartitionEnd, RecordSource } from "../../source/contract.ts";

/** What those need who only look at a source. */
export type WatchedSource = Pick<RecordSource, "name" | "committed" | "partitionEnds">;

/** The monitor looks every five seconds and measures minutes. */
export const LOOK_AGE_MS_MAX = 4_000;

export class RecentEnds {
  readonly #recent: Recent<WatchedSource, readonly PartitionEnd[]>;

  constructor(clock: Clock) {
    this.#recent = new Recent(clock, LOOK_AGE_MS_MAX);
  }

  /** Asks now. Throws as the source does. */
  ask(source: WatchedSource): Promise<readonly PartitionEnd[]> {
    return this.#recent.ask(source, () => source.partitionEnds());
  }

  /** The source, whose ends are those that were asked for last, unless that was more than {@link LOOK_AGE_MS_MAX} ago. */
  watched(source: WatchedSource): WatchedSource {
    const partitionEnds = () => this.#recent.get(source, () => source.partitionEnds());
    return { name: source.name, committed: source.committed?.bind(source), partitionEnds };
  }
}
