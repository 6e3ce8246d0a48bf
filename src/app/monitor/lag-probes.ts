/**
 * How far counting is behind the log. Measured on our own clock: how long ago the log was seen to end where the path
 * ends now. A partition that moves and is late is lag; one that does not move at all is stuck, and is not told as both.
 */
import type { Clock } from "../../base/clock.ts";
import type { PartitionEnd, RecordSource } from "../../source/contract.ts";
import { bad, firstOf, OK, type Probe, type Reading, UNKNOWN } from "./alerts.ts";

export interface LagParts {
  readonly clock: Clock;
  readonly sources: () => readonly Pick<RecordSource, "partitionEnds">[];
  /** One past the last offset that is counted; `undefined` before the first. */
  readonly pathEnd: (end: PartitionEnd) => Promise<number | undefined>;
  /** False while the store is away: then nothing can be counted, and that is told already. */
  readonly canCount: () => Promise<boolean>;
  readonly lagMs: number;
  readonly stuckMs: number;
}

/** What was seen of one partition. */
interface Sight {
  /** Log ends that are not counted yet, oldest first, each with when it was first seen. */
  ends: { readonly offset: number; readonly atMs: number }[];
  pathEnd: number;
  movedAtMs: number;
}

/** Ends kept of a partition; at the bound every second one goes, which costs accuracy only. */
const ENDS_MAX = 512;
/** Both alerts are made of one look; a second one within this time is answered from it. */
const LOOK_EVERY_MS = 4_000;

export class LagWatch {
  readonly #parts: LagParts;
  readonly #sights = new Map<string, Sight>();
  #blindSinceMs: number | undefined;
  #looked: { readonly atMs: number; readonly done: Promise<boolean> } | undefined;

  constructor(parts: LagParts) {
    this.#parts = parts;
  }

  /** Their bounds are measured here, so they tell at the first bad look. */
  probes(): readonly Probe[] {
    return [
      {
        alert: "consumer-lag",
        boundMs: 0,
        look: () => this.#read((sight, nowMs) => this.#lag(sight, nowMs)),
      },
      {
        alert: "partition-stuck",
        boundMs: 0,
        look: () => this.#read((sight, nowMs) => this.#stuck(sight, nowMs)),
      },
    ];
  }

  async #read(problemOf: (sight: Sight, nowMs: number) => string | undefined): Promise<Reading> {
    const nowMs = this.#parts.clock.elapsedMs();
    if (this.#looked === undefined || nowMs - this.#looked.atMs >= LOOK_EVERY_MS)
      this.#looked = { atMs: nowMs, done: this.#look(nowMs) };
    if (!(await this.#looked.done)) return UNKNOWN;
    const problems = [...this.#sights].flatMap(([name, sight]) => {
      const problem = problemOf(sight, nowMs);
      return problem === undefined ? [] : [`${name} ${problem}`];
    });
    if (problems.length === 0) return OK;
    return bad(`counting is behind: ${firstOf(problems)}; Kafka keeps the records`);
  }

  /** @returns false when the broker or the store could not be asked: what goes on meanwhile is not held against anyone. */
  async #look(nowMs: number): Promise<boolean> {
    try {
      if (!(await this.#parts.canCount())) return this.#goBlind(nowMs);
      const seen = new Set<string>();
      for (const source of this.#parts.sources())
        for (const end of await source.partitionEnds()) {
          seen.add(`${end.topic}/${end.partition}`);
          this.#see(end, (await this.#parts.pathEnd(end)) ?? end.startOffset, nowMs);
        }
      for (const name of this.#sights.keys()) if (!seen.has(name)) this.#sights.delete(name);
      this.#forgiveBlindness(nowMs);
      return true;
    } catch {
      // That they are away is told by alerts of their own; a lag would only say it again.
      return this.#goBlind(nowMs);
    }
  }

  #goBlind(nowMs: number): false {
    this.#blindSinceMs ??= nowMs;
    return false;
  }

  /** The time of an outage does not count as standing still, nor as falling behind. */
  #forgiveBlindness(nowMs: number): void {
    if (this.#blindSinceMs === undefined) return;
    const blindMs = nowMs - this.#blindSinceMs;
    this.#blindSinceMs = undefined;
    for (const sight of this.#sights.values()) {
      sight.movedAtMs = Math.min(nowMs, sight.movedAtMs + blindMs);
      sight.ends = sight.ends.map(({ offset, atMs }) => ({ offset, atMs: Math.min(nowMs, atMs + blindMs) }));
    }
  }

  #see({ topic, partition, endOffset }: PartitionEnd, pathEnd: number, nowMs: number): void {
    const name = `${topic}/${partition}`;
    const sight = this.#sights.get(name) ?? { ends: [], pathEnd, movedAtMs: nowMs };
    this.#sights.set(name, sight);
    if (sight.pathEnd !== pathEnd || sight.ends.length === 0) sight.movedAtMs = nowMs;
    sight.pathEnd = pathEnd;
    sight.ends = sight.ends.filter(({ offset }) => offset > pathEnd);
    if (endOffset > (sight.ends.at(-1)?.offset ?? pathEnd))
      sight.ends.push({ offset: endOffset, atMs: nowMs });
    if (sight.ends.length > ENDS_MAX) sight.ends = sight.ends.filter((_, i) => i % 2 === 0);
  }

  #lag(sight: Sight, nowMs: number): string | undefined {
    const oldest = sight.ends[0];
    if (oldest === undefined || this.#stuck(sight, nowMs) !== undefined) return undefined;
    const lateMs = nowMs - oldest.atMs;
    if (lateMs < this.#parts.lagMs) return undefined;
    return `by ${Math.round(lateMs / 1_000)} s, ${sight.ends.at(-1)!.offset - sight.pathEnd} records`;
  }

  #stuck(sight: Sight, nowMs: number): string | undefined {
    if (sight.ends.length === 0 || nowMs - sight.movedAtMs < this.#parts.stuckMs) return undefined;
    return `stands still at offset ${sight.pathEnd} for ${Math.round((nowMs - sight.movedAtMs) / 1_000)} s, with ${sight.ends.at(-1)!.offset - sight.pathEnd} records to count`;
  }
}
