/**
 * Where reading begins after a join: where the caller says that the counted path ends, or segments from there on would
 * not tile; where it knows of none, at the group's commit, which may have been lost, rewound or moved by hand; without one, at
 * the log's start. Never at "latest": that would skip records without a trace.
 */
import type { Clock } from "../../base/clock.ts";
import { OperationalError } from "../../base/errors.ts";
import type { PartitionEnd, PartitionPosition } from "../contract.ts";
import type { Ask } from "./ask.ts";

export interface Beginning extends PartitionPosition {
  /** First offset that the log still has. Later than `offset` when retention was faster than we were. */
  readonly logStartOffset: number;
  readonly logEndOffset: number;
}

export type ResumeOffset = (topic: string, partition: number) => Promise<number | undefined>;

export async function findBeginnings(
  ask: Ask,
  groupId: string,
  assigned: ReadonlyMap<string, readonly number[]>,
  resumeOffset: ResumeOffset,
): Promise<Beginning[]> {
  const beginnings: Beginning[] = [];
  for (const [topic, partitions] of assigned) {
    const [ends, commits] = await Promise.all([ask.ends(topic), ask.commits(groupId, topic)]);
    for (const partition of partitions) {
      const end = ends.find((one) => one.partition === partition);
      if (!end) throw partitionUnknown(topic, partition);
      const expected = (await resumeOffset(topic, partition)) ?? commits.get(partition) ?? end.startOffset;
      beginnings.push({
        topic,
        partition,
        offset: expected,
        logStartOffset: end.startOffset,
        logEndOffset: end.endOffset,
      });
    }
  }
  return beginnings;
}

/** Just added, and the broker that we asked has not heard of it: left out now, it would never be read. */
function partitionUnknown(topic: string, partition: number): OperationalError {
  return new OperationalError(`The brokers do not know partition ${partition} of topic "${topic}" yet.`, {
    code: "SOURCE_UNREACHABLE",
    retryable: true,
    context: { topic, partition },
  });
}

/** An end before our position is believed when it is answered this often, a second apart: elections look like it. */
const WENT_BACK_LOOKS = 3;

/** @throws {OperationalError} SOURCE_LOG_WENT_BACK, when the log really ends before `offset`. */
export async function refuseWentBack(
  { ask, clock }: { readonly ask: Ask; readonly clock: Clock },
  signal: AbortSignal,
  { topic, partition, offset }: PartitionPosition,
): Promise<void> {
  let end: PartitionEnd | undefined;
  for (let look = 0; look < WENT_BACK_LOOKS; look++) {
    await clock.sleep(1_000, signal);
    end = (await ask.ends(topic)).find((one) => one.partition === partition);
    if (signal.aborted || !end || end.endOffset >= offset) return;
  }
  if (end) throw logWentBack(end, offset);
}

/**
 * The log ends before what was already read of it: the topic was deleted and made again, or brokers lost records.
 * Going on would count new records under offsets that are already accounted for.
 */
function logWentBack({ topic, partition, endOffset }: PartitionEnd, expected: number): OperationalError {
  return new OperationalError(
    `Partition ${partition} of topic "${topic}" ends at offset ${endOffset}, but offsets up to ${expected} were read ` +
      "before: the topic was deleted and made again, or the brokers lost records. Nothing was counted twice. Read the " +
      "new topic under a new name, or remove the old topic's segments from the store and the group's commits.",
    { code: "SOURCE_LOG_WENT_BACK", retryable: false, context: { topic, partition, endOffset, expected } },
  );
}
