/**
 * Where reading begins after a join: where the caller says that the counted path ends, or segments from there on would
 * not tile; where it knows of none, at the group's commit, which may have been lost, rewound or moved by hand; without one, at
 * the log's start. Never at "latest": that would skip records without a trace.
 */
import type { Clock } from "../../base/clock.ts";
import { OperationalError } from "../../base/errors.ts";
import type { PartitionEnd, PartitionPosition, SourceHandler } from "../contract.ts";
import type { Ask } from "./ask.ts";

export interface Beginning extends PartitionPosition {
  /** First offset that the log still has. Later than `offset` when retention was faster than we were. */
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  /** Id of the log that was counted under this name, or may have been, when it is another than the one that is there now. */
  readonly replacedLogId?: string;
}

export type Resumes = Pick<SourceHandler, "resumeOffset" | "otherLogId">;

export async function findBeginnings(
  ask: Ask,
  groupId: string,
  assigned: ReadonlyMap<string, readonly number[]>,
  handler: Resumes,
): Promise<Beginning[]> {
  const beginnings: Beginning[] = [];
  for (const [topic, partitions] of assigned) {
    const [ends, commits] = await Promise.all([ask.ends(topic), ask.commits(groupId, topic)]);
    for (const partition of partitions) {
      const end = ends.find((one) => one.partition === partition);
      if (!end) throw partitionUnknown(topic, partition);
      const readTo = (await handler.resumeOffset(topic, partition)) ?? commits.get(partition);
      const { logId } = end;
      const replacedLogId =
        logId === undefined ? undefined : await handler.otherLogId?.(topic, partition, logId);
      beginnings.push({
        topic,
        partition,
        offset: readTo ?? end.startOffset,
        logStartOffset: end.startOffset,
        logEndOffset: end.endOffset,
        logId,
        replacedLogId,
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

/** An answer that would end the source is believed when it is given this often, a second apart. */
const LOOKS = 3;

/** What reading, or beginning to read, needs of its surroundings. */
interface Looking {
  readonly ask: Pick<Ask, "ends">;
  readonly clock: Clock;
}

/**
 * Elections look like a log that ends early.
 * @throws {OperationalError} SOURCE_LOG_WENT_BACK, when the log really ends before `offset`.
 */
export async function refuseWentBack(
  looking: Looking,
  signal: AbortSignal,
  position: PartitionPosition,
): Promise<void> {
  const end = await insists(looking, signal, position, ({ endOffset }) => endOffset < position.offset);
  if (end) throw logWentBack(end, position.offset);
}

/**
 * A broker that lags may still answer with the topic's former id.
 * @param knownLogId id of the log that was counted up to `position.offset`, or that somebody began to count.
 * @throws {OperationalError} SOURCE_LOG_REPLACED, when the topic really is another than the one that was read.
 */
export async function refuseReplaced(
  looking: Looking,
  signal: AbortSignal,
  position: PartitionPosition,
  knownLogId: string,
): Promise<void> {
  const end = await insists(looking, signal, position, ({ logId }) => logId !== knownLogId);
  if (end?.logId !== undefined) throw logReplaced(end, position.offset, knownLogId);
}

/** @returns the last answer, when the brokers give one like it each time; undefined when they once did not. */
async function insists(
  { ask, clock }: Looking,
  signal: AbortSignal,
  { topic, partition }: PartitionPosition,
  isSo: (end: PartitionEnd) => boolean,
): Promise<PartitionEnd | undefined> {
  let end: PartitionEnd | undefined;
  for (let look = 0; look < LOOKS; look++) {
    await clock.sleep(1_000, signal);
    end = (await ask.ends(topic)).find((one) => one.partition === partition);
    if (signal.aborted || !end || !isSo(end)) return undefined;
  }
  return end;
}

/**
 * The log ends before what was already read of it: the topic was deleted and made again, or brokers lost records.
 * Going on would count new records under offsets that are already accounted for.
 */
function logWentBack({ topic, partition, endOffset }: PartitionEnd, expected: number): OperationalError {
  return new OperationalError(
    `Partition ${partition} of topic "${topic}" ends at offset ${endOffset}, but offsets up to ${expected} were read ` +
      `before: the topic was deleted and made again, or the brokers lost records. Nothing was counted twice. ${NEXT_STEP}`,
    { code: "SOURCE_LOG_WENT_BACK", retryable: false, context: { topic, partition, endOffset, expected } },
  );
}

/** Going on would skip the new log's records below the old position, without a trace. */
function logReplaced(end: PartitionEnd, readTo: number, knownLogId: string): OperationalError {
  const { topic, partition, startOffset, endOffset, logId } = end;
  return new OperationalError(
    `Topic "${topic}" was deleted and made again: its id was ${knownLogId} when it was read (partition ${partition} up to offset ` +
      `${readTo}), and now it is ${logId}, with offsets ${startOffset} to ${endOffset}. Nothing of the new log is counted, and ` +
      `nothing of it is lost while the broker keeps it. ${NEXT_STEP}`,
    {
      code: "SOURCE_LOG_REPLACED",
      retryable: false,
      context: { topic, partition, readTo, knownLogId, logId, startOffset, endOffset },
    },
  );
}

const NEXT_STEP =
  "Read the new topic under a new name, or remove the old topic's segments from the store and the group's commits " +
  '(docs/guides/kafka.md, "A topic that was made again").';
