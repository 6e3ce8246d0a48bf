/**
 * How far each configured source has come. Two bounds hold it: the lowest watermark of its partitions, and what was
 * confirmed: the watermark as it was when the broker was last asked which partitions there are. Records of a
 * partition that nobody had heard of then can only be younger.
 */
import { groupBy } from "../base/group-by.ts";
import type { PartitionFrontier } from "./frontier.ts";

/** How far a configured source has come. `final`: its input has ended, nothing more is to be waited for. */
export interface GroupWatermark {
  readonly ms: number;
  readonly final: boolean;
}

/** How far each group was at one moment. */
export type WatermarkMoment = ReadonlyMap<string, number>;

export interface WatermarksOptions {
  /** Partitions that are read, and those that the broker has named. */
  readonly frontiers: () => Iterable<PartitionFrontier>;
  /** The configured source that reads a topic. */
  readonly groupOf: (topic: string) => string;
  /** Nothing counts as passed that the broker was not asked about: partitions may be added while running. */
  readonly confirmsPartitions: boolean;
}

export class SourceWatermarks {
  readonly #options: WatermarksOptions;
  readonly #confirmedMs = new Map<string, number>();

  constructor(options: WatermarksOptions) {
    this.#options = options;
  }

  /** How far each group is now; to be taken before the broker is asked for its partitions. */
  moment(): WatermarkMoment {
    return new Map([...this.#lowest()].map(([group, { ms }]) => [group, ms]));
  }

  /** The broker named all partitions of these groups, each of which has a frontier now, at or after that moment. */
  confirm(groups: Iterable<string>, moment: WatermarkMoment): void {
    for (const group of groups) {
      const ms = moment.get(group) ?? Number.NEGATIVE_INFINITY;
      this.#confirmedMs.set(group, Math.max(ms, this.#confirmedMs.get(group) ?? Number.NEGATIVE_INFINITY));
    }
  }

  /** By group. */
  now(): ReadonlyMap<string, GroupWatermark> {
    const watermarks = this.#lowest();
    if (!this.#options.confirmsPartitions) return watermarks;
    for (const [group, { ms, final }] of watermarks) {
      const confirmedMs = this.#confirmedMs.get(group) ?? Number.NEGATIVE_INFINITY;
      if (!final && confirmedMs < ms) watermarks.set(group, { ms: confirmedMs, final });
    }
    return watermarks;
  }

  #lowest(): Map<string, GroupWatermark> {
    const byGroup = groupBy(this.#options.frontiers(), ({ topic }) => this.#options.groupOf(topic));
    return new Map([...byGroup].map(([group, frontiers]) => [group, groupWatermark(frontiers)]));
  }
}

/** What a lane waits for: the lowest of the groups that feed it; of all of them while none is known to. */
export function watermarkOf(
  groups: ReadonlySet<string>,
  watermarks: ReadonlyMap<string, GroupWatermark>,
): GroupWatermark {
  const own = [...(groups.size > 0 ? groups : watermarks.keys())].flatMap(
    (group) => watermarks.get(group) ?? [],
  );
  return own.length === 0 ? { ms: Number.NEGATIVE_INFINITY, final: false } : own.reduce(lower);
}

function groupWatermark(frontiers: readonly PartitionFrontier[]): GroupWatermark {
  const running = frontiers.filter((frontier) => !frontier.finished).map((frontier) => frontier.watermarkMs);
  if (running.length > 0) return { ms: Math.min(...running), final: false };
  return {
    ms: Math.max(Number.NEGATIVE_INFINITY, ...frontiers.map((frontier) => frontier.watermarkMs)),
    final: true,
  };
}

/** The lower of two; what has ended gives way to what goes on. */
function lower(a: GroupWatermark, b: GroupWatermark): GroupWatermark {
  if (a.final !== b.final) return a.final ? b : a;
  return b.ms < a.ms ? b : a;
}
