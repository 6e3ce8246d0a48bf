/**
 * Commits to the consumer group: grouped, one request in flight, tried again quietly. A commit only says where to
 * resume and is never the truth, so nothing here throws: what is lost costs re-reading, no more.
 */
import type { OffsetsByTopicPartition } from "kafkajs";
import { withDeadline } from "../../base/deadline.ts";
import { errorText } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";

/** Commits of several partitions come one after another; so long the first waits for the rest. */
const GROUP_MS = 20;
const RETRY_MS = 2_000;
const DEADLINE_MS = 5_000;

/** kafkajs' `commitOffsetsIfNecessary` of a batch: one attempt, in the member's own generation. */
export type CommitOnce = (offsets: OffsetsByTopicPartition) => Promise<void>;

export class Commits {
  readonly #telemetry: Telemetry;
  /** Newest offset by topic, then partition: bounded by the number of assigned partitions. */
  #pending = new Map<string, Map<number, number>>();
  #commitOnce: CommitOnce | undefined;
  #inFlight: Promise<void> | undefined;
  /** Runs until the next flush, when there is something to send. */
  #timer: NodeJS.Timeout | undefined;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** The newest batch's own function: it belongs to the member that we are now. */
  use(commitOnce: CommitOnce): void {
    this.#commitOnce = commitOnce;
  }

  /** A new assignment: what was not committed will be read again. */
  forget(): void {
    this.#pending.clear();
    this.#clearTimer();
  }

  /** Returns at once: whoever adds has better things to do than to wait for a broker's word on a hint. */
  add(topic: string, partition: number, endOffset: number): void {
    this.#note(topic, partition, endOffset);
    this.#timer ??= setTimeout(() => void this.flush(), GROUP_MS).unref();
  }

  /** Resolves when all that was added has been tried once. */
  async flush(): Promise<void> {
    this.#clearTimer();
    while (this.#inFlight) await this.#inFlight;
    if (this.#pending.size === 0 || !this.#commitOnce) return;
    this.#inFlight = this.#send(this.#commitOnce).finally(() => {
      this.#inFlight = undefined;
    });
    await this.#inFlight;
  }

  async #send(commitOnce: CommitOnce): Promise<void> {
    const sent = this.#pending;
    this.#pending = new Map();
    const topics = [...sent].map(([topic, offsets]) => ({
      topic,
      partitions: [...offsets].map(([partition, offset]) => ({ partition, offset: String(offset) })),
    }));
    try {
      // kafkajs would try for a minute to reach a coordinator that is away, and the handler with it.
      await withDeadline(commitOnce({ topics }), DEADLINE_MS);
    } catch (error) {
      this.#telemetry.event(
        "debug",
        "source_commits_failed",
        "a commit was refused; it will be tried again or read again",
      );
      this.#telemetry.log("debug", "commit refused", { error: errorText(error) });
      for (const [topic, offsets] of sent)
        for (const [partition, offset] of offsets) this.#note(topic, partition, offset);
      this.#timer ??= setTimeout(() => void this.flush(), RETRY_MS).unref();
    }
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #note(topic: string, partition: number, endOffset: number): void {
    const offsets = this.#pending.get(topic) ?? new Map<number, number>();
    offsets.set(partition, Math.max(endOffset, offsets.get(partition) ?? 0));
    this.#pending.set(topic, offsets);
  }
}
