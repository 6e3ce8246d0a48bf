/**
 * The store of a replay. Segments stay in memory while they fit and are written when they do not, so that late data
 * finds them either way; windows, verdicts and incidents are written as everywhere. At the end every manifest is
 * written, with the rows of the last day: what a service that goes on from this store may still have to merge again.
 */
import type { Manifest, PlacedProfile, Segment, SegmentProfile } from "../segment/manifest.ts";
import type { QueryLimits, TimeSpan } from "./contract.ts";
import { HeldSegments } from "./held-segments.ts";
import { TableStore } from "./table-store.ts";
import type { Tables } from "./tables.ts";

interface ReplayStoreOptions {
  /** Most bytes of segments in memory; past it the older half is written. @default 268_435_456 */
  readonly heldBytesMax?: number;
  /** Segments that end so much before the newest event time are written without their rows. @default one day */
  readonly rowsKeptMs?: number;
}

const HELD_BYTES_MAX = 268_435_456;
const ROWS_KEPT_MS = 86_400_000;

export class ReplayStore extends TableStore {
  readonly #held = new HeldSegments();
  readonly #heldBytesMax: number;
  readonly #rowsKeptMs: number;
  #newestEventMs = Number.NEGATIVE_INFINITY;

  constructor(tables: Tables, options: ReplayStoreOptions = {}) {
    super(tables);
    this.#heldBytesMax = options.heldBytesMax ?? HELD_BYTES_MAX;
    this.#rowsKeptMs = options.rowsKeptMs ?? ROWS_KEPT_MS;
  }

  override async writeSegments(segments: readonly Segment[]): Promise<void> {
    for (const segment of segments) {
      this.#held.add(segment);
      const { eventTimeMaxMs } = segment.manifest;
      if (eventTimeMaxMs > this.#newestEventMs) this.#newestEventMs = eventTimeMaxMs;
    }
    if (this.#held.byteCount > this.#heldBytesMax)
      await super.writeSegments(this.#held.takeOldest(this.#heldBytesMax / 2));
  }

  override async readSegmentProfiles(
    manifests: readonly Manifest[],
  ): Promise<readonly (readonly SegmentProfile[] | undefined)[]> {
    const stored = await super.readSegmentProfiles(manifests.filter((m) => this.#held.get(m) === undefined));
    let next = 0;
    return manifests.map((manifest) => this.#held.get(manifest)?.profiles ?? stored[next++]);
  }

  override async readSegmentProfilesOfWindow(
    swimlane: string,
    source: string,
    windowStartMs: number,
  ): Promise<readonly PlacedProfile[]> {
    const held = this.#held.rowsOfWindow(swimlane, source, windowStartMs);
    return [...(await super.readSegmentProfilesOfWindow(swimlane, source, windowStartMs)), ...held];
  }

  override async readManifests(topic: string, partition: number, fromOffset: number) {
    await this.#writeHeld();
    return super.readManifests(topic, partition, fromOffset);
  }

  override async readManifestsByTime(span: TimeSpan) {
    await this.#writeHeld();
    return super.readManifestsByTime(span);
  }

  override async readPartitions() {
    await this.#writeHeld();
    return super.readPartitions();
  }

  override async query(sql: string, parameters: readonly unknown[] = [], limits: QueryLimits = {}) {
    await this.#writeHeld();
    return super.query(sql, parameters, limits);
  }

  override async close(): Promise<void> {
    const keptFromMs = this.#newestEventMs - this.#rowsKeptMs;
    const segments = this.#held.takeOldest(0).map((segment) => {
      const isOld = !(segment.manifest.eventTimeMaxMs >= keptFromMs);
      return isOld ? withoutRows(segment) : segment;
    });
    await super.writeSegments(segments);
    await super.close();
  }

  async #writeHeld(): Promise<void> {
    await super.writeSegments(this.#held.takeOldest(0));
  }
}

/** Its windows are merged; that it has no rows is said, so that no reader waits for them to become visible. */
function withoutRows({ manifest }: Segment): Segment {
  return { manifest: { ...manifest, rowCount: 0 }, profiles: [] };
}
