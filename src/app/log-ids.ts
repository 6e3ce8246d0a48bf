/**
 * Which log each partition's path was counted from: its id, kept in the store beside the path. A topic that was deleted and
 * made again under its name has another one, and its offsets mean other records.
 */
import type { PartitionPosition } from "../source/contract.ts";
import type { Store } from "../store/contract.ts";

type Place = Pick<PartitionPosition, "topic" | "partition">;

/** @returns undefined before a source told an id: with a broker that knows of none, or where an older version counted. */
export function readLogId(store: Pick<Store, "readState">, place: Place): Promise<string | undefined> {
  return store.readState(stateKey(place));
}

export class LogIds {
  readonly #store: Pick<Store, "readState" | "writeStates">;
  /** By state key, one for each partition that was ever assigned. */
  readonly #known = new Map<string, string>();
  readonly #unwritten = new Set<string>();

  constructor(store: Pick<Store, "readState" | "writeStates">) {
    this.#store = store;
  }

  async known(topic: string, partition: number): Promise<string | undefined> {
    const key = stateKey({ topic, partition });
    return this.#known.get(key) ?? (await this.#store.readState(key));
  }

  /** Told at every assignment, when the source has made sure that these are the logs to go on in. */
  note(positions: readonly PartitionPosition[]): void {
    for (const { topic, partition, logId } of positions) {
      const key = stateKey({ topic, partition });
      if (logId === undefined || this.#known.get(key) === logId) continue;
      this.#known.set(key, logId);
      this.#unwritten.add(key);
    }
  }

  get hasUnwritten(): boolean {
    return this.#unwritten.size > 0;
  }

  /** To be called before the first segment of an assignment is written: no path is without the id of its log. */
  async write(): Promise<void> {
    const keys = [...this.#unwritten];
    await this.#store.writeStates(keys.map((key) => ({ key, value: this.#known.get(key)! })));
    for (const key of keys) this.#unwritten.delete(key);
  }
}

function stateKey({ topic, partition }: Place): string {
  return `source|log|${topic}|${partition}`;
}
