/** Finds segments in the store that other processes wrote, and hands them to the rollup once all their rows are visible. */
import type { Clock } from "../../base/clock.ts";
import { Slots } from "../../base/slots.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { readAllManifests } from "../../rollup/manifests.ts";
import type { Rollup } from "../../rollup/rollup.ts";
import type { Manifest } from "../../segment/manifest.ts";
import type { Store } from "../../store/contract.ts";
import { observeSegments } from "./window-age.ts";

export interface SegmentReaderOptions {
  readonly rollup: Rollup;
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Path segments before the newest that are read again: where a successor's other cut of the same offsets may begin. */
const PATH_LOOKBACK = 64;
/** Polls with a partition stuck between two looks at all its manifests. */
const FULL_LOOK_EVERY = 20;
/** Rows of one partition taken in one poll: a control process that was away catches up in steps, in bounded memory. */
const ROWS_PER_POLL = 50_000;
/** Partitions asked for at once: as many as the store has connections for by default. */
const PARTITIONS_AT_ONCE = 4;

type Place = Pick<Manifest, "topic" | "partition">;

export class SegmentReader {
  readonly #options: SegmentReaderOptions;
  /** Polls since when each partition has known of segments that no path reaches. */
  readonly #stuckPolls = new Map<string, number>();

  constructor(options: SegmentReaderOptions) {
    this.#options = options;
  }

  /** @returns how many segments were taken. */
  async poll(): Promise<number> {
    const partitions = await this.#options.store.readPartitions();
    const sighted = await sideBySide(PARTITIONS_AT_ONCE, partitions, (place) => this.#sight(place));
    const fresh = sighted.filter((manifests) => manifests.length > 0);
    // All partitions pass a window's end at about the same time, and the window waits for the last of them. What is more
    // than one poll takes of a partition is read one by one: its rows are held in memory.
    const rowCount = fresh.flat().reduce((sum, manifest) => sum + manifest.rowCount, 0);
    const atOnce = rowCount > ROWS_PER_POLL ? 1 : PARTITIONS_AT_ONCE;
    const counts = await sideBySide(atOnce, fresh, (manifests) => this.#take(manifests));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** A partition's segments that were not taken yet, as many as one poll takes. */
  async #sight({ topic, partition }: Place): Promise<readonly Manifest[]> {
    const { store, rollup } = this.#options;
    const manifests = await readAllManifests(store, topic, partition, this.#from(topic, partition));
    const first = manifests[0];
    if (first === undefined) return [];
    const frontier = rollup.frontier(topic, partition, first.startOffset);
    frontier.sight(manifests);
    return someOf(manifests.filter((manifest) => !frontier.has(manifest)));
  }

  /** Segments of one partition whose rows can all be read; the others wait for the next poll. */
  async #take(fresh: readonly Manifest[]): Promise<number> {
    const { store, rollup } = this.#options;
    const { topic, partition } = fresh[0]!;
    const rows = await store.readSegmentProfiles(fresh);
    const visible = fresh.flatMap((manifest, i) =>
      rows[i] === undefined ? [] : [{ manifest, profiles: rows[i] }],
    );
    observeSegments(
      this.#options,
      "read",
      visible.map(({ manifest }) => manifest),
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

/** In the order of `items`. */
function sideBySide<Item, Result>(
  atOnce: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const slots = new Slots(atOnce);
  return Promise.all(items.map((item) => slots.run(() => work(item))));
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
