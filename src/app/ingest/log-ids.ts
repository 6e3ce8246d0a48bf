/**
 * Which log each partition's path was counted from: its id, kept in the store beside the path. A topic that was deleted and
 * made again under its name has another one, and its offsets mean other records.
 *
 * A store shows rows later than it takes them, so a reader that finds no id cannot know that nobody counts another log. Before
 * the first segment of a topic its readers therefore claim it: each writes its id and waits until the store shows that row.
 * A table shows its rows in the order in which it took them, so of two ids the reader of the later one sees both, and
 * ends. At most one of them is ever counted, whatever else is late, stopped or dead; of two that see each other, none.
 */
import type { Clock } from "../../base/clock.ts";
import { OperationalError } from "../../base/errors.ts";
import type { PartitionPosition } from "../../source/contract.ts";
import type { Store } from "../../store/contract.ts";
import { onceVisible } from "../once-visible.ts";

/** What the store knows of the logs of one topic. */
export class StoredLogIds {
  /** Of paths, by partition: written before the first segment. */
  readonly counted = new Map<string, string>();
  /** Of those who began to count the topic, or were about to. */
  readonly claimed = new Set<string>();

  /**
   * @returns the id of a log other than `logId` that the partition was, or may have been, counted from. `undefined` also where
   * nothing is known: an older version counted, or the broker told no id.
   */
  otherThan(logId: string, partition: number): string | undefined {
    const own = this.counted.get(String(partition));
    const ids = own !== undefined ? [own] : this.counted.size > 0 ? this.counted.values() : this.claimed;
    return [...ids].find((id) => id !== logId);
  }
}

export async function readLogIds(store: Pick<Store, "readStates">, topic: string): Promise<StoredLogIds> {
  const ids = new StoredLogIds();
  const prefix = `${PREFIX}${topic}|`;
  for (const { key, value } of await store.readStates(prefix)) {
    const name = key.slice(prefix.length);
    // Emptied by hand: as good as deleted, for stores that delete no rows.
    if (value === "") continue;
    if (name.startsWith(CLAIM)) ids.claimed.add(value);
    else if (/^\d+$/.test(name)) ids.counted.set(name, value);
  }
  return ids;
}

type Place = Pick<PartitionPosition, "topic" | "partition">;

export interface LogIdsOptions {
  readonly store: Pick<Store, "readStates" | "writeStates">;
  readonly clock: Clock;
  /** Where several processes may begin to read a topic, each another log of that name. */
  readonly claims: boolean;
}

export class LogIds {
  readonly #options: LogIdsOptions;
  /** By topic: the one log that this process reads. Segments of it may wait to be written, whatever is assigned next. */
  readonly #ids = new Map<string, string>();
  /** Partitions that were ever assigned, by state key: true where the store may not have their id yet. */
  readonly #noted = new Map<string, { readonly topic: string; isUnwritten: boolean }>();
  /** Topics whose claim the store has taken. */
  readonly #claimed = new Set<string>();

  constructor(options: LogIdsOptions) {
    this.#options = options;
  }

  /** See `SourceHandler.otherLogId`. */
  async otherThan(logId: string, { topic, partition }: Place): Promise<string | undefined> {
    const own = this.#ids.get(topic);
    if (own !== undefined) return own === logId ? undefined : own;
    return (await readLogIds(this.#options.store, topic)).otherThan(logId, partition);
  }

  /** Told at every assignment, when the source has made sure that these are the logs to go on in. */
  note(positions: readonly PartitionPosition[]): void {
    for (const { topic, partition, logId } of positions) {
      const key = stateKey(topic, String(partition));
      if (logId === undefined || this.#noted.has(key)) continue;
      this.#ids.set(topic, logId);
      this.#noted.set(key, { topic, isUnwritten: true });
    }
  }

  /**
   * To be called before segments are written: no path is without the id of its log, and all of a topic are of one log. Does
   * nothing but for the first of an assignment.
   * @throws {OperationalError} SOURCE_LOG_REPLACED, when another log of a topic is counted, or may be. Retryable where the
   * store does not show yet what it took.
   */
  async write(topics: ReadonlySet<string>, signal?: AbortSignal): Promise<void> {
    const unwritten = [...this.#noted].filter(
      ([, { topic, isUnwritten }]) => isUnwritten && topics.has(topic),
    );
    if (unwritten.length === 0) return;
    const { store, clock, claims } = this.#options;
    if (claims)
      for (const topic of new Set(unwritten.map(([, noted]) => noted.topic)))
        await onceVisible(clock, () => this.#claim(topic), signal);
    await store.writeStates(unwritten.map(([key, { topic }]) => ({ key, value: this.#ids.get(topic)! })));
    for (const [, noted] of unwritten) noted.isUnwritten = false;
  }

  async #claim(topic: string): Promise<void> {
    const { store } = this.#options;
    const logId = this.#ids.get(topic)!;
    if (isOurs(await readLogIds(store, topic), topic, logId)) return;
    if (!this.#claimed.has(topic)) {
      await store.writeStates([{ key: stateKey(topic, `${CLAIM}${logId}`), value: logId }]);
      this.#claimed.add(topic);
      if (isOurs(await readLogIds(store, topic), topic, logId)) return;
    }
    throw claimNotVisible(topic);
  }
}

/** A topic of which anything is counted needs no claim any more. @throws {OperationalError} SOURCE_LOG_REPLACED */
function isOurs({ counted, claimed }: StoredLogIds, topic: string, logId: string): boolean {
  const ids = counted.size > 0 ? [...counted.values()] : [...claimed];
  const other = ids.find((id) => id !== logId);
  if (other !== undefined) throw countedAsAnother(topic, logId, other);
  return ids.length > 0;
}

const PREFIX = "source|log|";
/** Before the id, where a partition's number would stand. */
const CLAIM = "claim|";

function stateKey(topic: string, name: string): string {
  return `${PREFIX}${topic}|${name}`;
}

function countedAsAnother(topic: string, logId: string, otherLogId: string): OperationalError {
  return new OperationalError(
    `Topic "${topic}" was deleted and made again while its first records were read: they are of the topic with id ${logId}, and ` +
      `by the store one with id ${otherLogId} is counted, or somebody began to count it. Nothing was written or committed here. ` +
      'What to do: docs/guides/kafka.md, "A topic that was made again".',
    { code: "SOURCE_LOG_REPLACED", retryable: false, context: { topic, logId, otherLogId } },
  );
}

function claimNotVisible(topic: string): OperationalError {
  return new OperationalError(
    `The store has taken which log of topic "${topic}" is counted, and does not show it yet. Segments wait until it does.`,
    { code: "SOURCE_LOG_ID_NOT_VISIBLE", retryable: true, context: { topic } },
  );
}
