/** Finds segments in the store that other processes wrote, and hands them to the rollup once all their rows are visible. */
import type { Telemetry } from "../base/telemetry.ts";
import { readAllManifests } from "../rollup/manifests.ts";
import type { Rollup } from "../rollup/rollup.ts";
import type { Manifest } from "../segment/manifest.ts";
import type { Store } from "../store/contract.ts";

export interface SegmentReaderOptions {
  readonly rollup: Rollup;
  readonly store: Store;
  readonly telemetry: Telemetry;
}

/** Path segments before the newest that are read again: where a successor's other cut of the same offsets may begin. */
const PATH_LOOKBACK = 64;
/** Polls with a partition stuck between two looks at all its manifests. */
const FULL_LOOK_EVERY = 20;
/** Rows of one partition taken in one poll: a control process that was away catches up in steps, in bounded memory. */
const ROWS_PER_POLL = 50_000;

export class SegmentReader {
  readonly #options: SegmentReaderOptions;
  /** Polls since when each partition has known of segments that no path reaches. */
  readonly #stuckPolls = new Map<string, number>();

  constructor(options: SegmentReaderOptions) {
    this.#options = options;
  }

  /** @returns how many segments were taken. */
  async poll(): Promise<number> {
    const { store } = this.#options;
    let count = 0;
    for (const { topic, partition } of await store.readPartitions())
      count += await this.#pollPartition(topic, partition);
    return count;
  }

  async #pollPartition(topic: string, partition: number): Promise<number> {
    const { store, rollup } = this.#options;
    const manifests = await readAllManifests(store, topic, partition, this.#from(topic, partition));
    const first = manifests[0];
    if (first === undefined) return 0;
    const frontier = rollup.frontier(topic, partition, first.startOffset);
    frontier.sight(manifests);
    const fresh = someOf(manifests.filter((manifest) => !frontier.has(manifest)));
    if (fresh.length === 0) return 0;
    // Segments with rows still invisible wait for the next poll.
    const rows = await store.readSegmentProfiles(fresh);
    const visible = fresh.flatMap((manifest, i) =>
      rows[i] === undefined ? [] : [{ manifest, profiles: rows[i] }],
    );
    rollup.add(topic, partition, visible);
    return visible.length;
  }

  /** A little before the path's end; where the path stays stuck now and then from its beginning. */
  #from(topic: string, partition: number): number {
    const frontier = this.#options.rollup.knownFrontier(topic, partition);
    if (frontier === undefined) return 0;
    const key = `${topic}|${partition}`;
    const polls = frontier.isStuck ? (this.#stuckPolls.get(key) ?? 0) + 1 : 0;
    this.#stuckPolls.set(key, polls);
    const { path } = frontier;
    // Not the frontier's start: the broker's first answer may have set it, while segments of before what retention has
    // taken since are in the store.
    if (path.length === 0 || (polls > 0 && polls % FULL_LOOK_EVERY === 0)) return frontier.floorOffset;
    return path.at(-PATH_LOOKBACK)?.startOffset ?? frontier.floorOffset;
  }
}

/** As many of the first as one poll takes, one at least. */
function someOf(manifests: readonly Manifest[]): readonly Manifest[] {
  let rows = 0;
  const end = manifests.findIndex((manifest, i) => {
    rows += manifest.rowCount;
    return rows > ROWS_PER_POLL && i > 0;
  });
  return end < 0 ? manifests : manifests.slice(0, end);
}
