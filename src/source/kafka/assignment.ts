/** The partitions that are ours from one join of the group to the next, and how far each has been read. */
import type { PartitionPosition } from "../contract.ts";

export interface Place {
  readonly topic: string;
  readonly partition: number;
  /** The only offset at which a batch may begin to be fetched: whatever else arrives belongs to another time. */
  nextOffset: number;
  /** A batch of it is with the handler. */
  busy: boolean;
  /** When it last moved or was begun. Wall clock, for the watchdog only. */
  movedAtMs: number;
  /** When the watchdog first saw records that it has not fetched. */
  behindSinceMs: number | undefined;
}

export class Assignment {
  readonly partitions: ReadonlyMap<string, readonly number[]>;
  /** Settles when the handler knows where reading begins. Never rejects. */
  ready: Promise<void> = Promise.resolve();
  readonly #places = new Map<string, Place>();
  readonly #over = new AbortController();

  /** @param memberAssignment partitions by topic, as kafkajs tells them. */
  constructor(memberAssignment: Readonly<Record<string, readonly number[]>>) {
    this.partitions = new Map(Object.entries(memberAssignment));
  }

  /** Aborts when the group has joined anew, or we stop. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  end(): void {
    this.#over.abort();
  }

  begin({ topic, partition, offset }: PartitionPosition, nowMs: number): Place {
    const place: Place = {
      topic,
      partition,
      nextOffset: offset,
      busy: false,
      movedAtMs: nowMs,
      behindSinceMs: undefined,
    };
    this.#places.set(`${topic}/${partition}`, place);
    return place;
  }

  /** The place has moved on to `nextOffset`. */
  static move(place: Place, nextOffset: number, nowMs: number): void {
    place.nextOffset = nextOffset;
    place.movedAtMs = nowMs;
    place.behindSinceMs = undefined;
  }

  place(topic: string, partition: number): Place | undefined {
    return this.#places.get(`${topic}/${partition}`);
  }

  places(): Iterable<Place> {
    return this.#places.values();
  }
}
