/**
 * Is the log that the broker keeps the one that was counted? A topic that was deleted and made again has another id; where
 * ids are not known, a log that goes on ending before offsets that were counted. Nobody reads such a log: each ingest
 * process ends with the reason, and this says it to people, by where it can be seen without reading.
 */
import type { Clock } from "../../base/clock.ts";
import type { PartitionEnd, RecordSource } from "../../source/contract.ts";
import type { StoredLogIds } from "../ingest/log-ids.ts";
import { bad, firstOf, OK, type Probe } from "./alerts.ts";

export interface LogProbeParts {
  readonly clock: Clock;
  readonly sources: () => readonly Pick<RecordSource, "partitionEnds">[];
  readonly logIdsOf: (topic: string) => Promise<Pick<StoredLogIds, "otherThan">>;
  /** One past the last offset that is counted; `undefined` before the first. */
  readonly pathEnd: (end: PartitionEnd) => Promise<number | undefined>;
}

/** A log that has not reached within this time what was counted before went back; brokers that elect look like it. */
const BACK_MS = 60_000;

export function logProbe({ clock, sources, logIdsOf, pathEnd }: LogProbeParts): Probe {
  /** Ends of paths that lay beyond their logs, by partition, with when that was seen. */
  const beyond = new Map<string, { readonly pathEnd: number; readonly atMs: number }>();

  const wentBack = (name: string, { endOffset }: PartitionEnd, counted: number | undefined) => {
    const seen = beyond.get(name);
    const nowMs = clock.elapsedMs();
    if (seen === undefined || endOffset >= seen.pathEnd) beyond.delete(name);
    if (counted === undefined || counted <= endOffset) return undefined;
    const since = beyond.get(name) ?? { pathEnd: counted, atMs: nowMs };
    beyond.set(name, since);
    return nowMs - since.atMs < BACK_MS
      ? undefined
      : `${name} ends at offset ${endOffset}, and ${since.pathEnd} are counted`;
  };

  const problemOf = async (end: PartitionEnd, ids: ReadonlyMap<string, Pick<StoredLogIds, "otherThan">>) => {
    const { topic, partition, logId } = end;
    const name = `${topic}/${partition}`;
    const other = logId === undefined ? undefined : ids.get(topic)!.otherThan(logId, partition);
    return other === undefined
      ? wentBack(name, end, await pathEnd(end))
      : `${name} was deleted and made again (id ${other} was counted, ${logId} is there now)`;
  };

  return {
    alert: "log-replaced",
    boundMs: 0,
    look: async () => {
      const ends = (await Promise.all(sources().map((source) => source.partitionEnds()))).flat();
      const topics = new Set(ends.flatMap(({ topic, logId }) => (logId === undefined ? [] : [topic])));
      const ids = new Map(
        await Promise.all([...topics].map(async (topic) => [topic, await logIdsOf(topic)] as const)),
      );
      const problems = (await Promise.all(ends.map((end) => problemOf(end, ids)))).filter(
        (each) => each !== undefined,
      );
      if (problems.length === 0) return OK;
      return bad(
        `a log is not the one that was counted: ${firstOf(problems)}. Its records are not read, and the broker keeps them for ` +
          'its retention only; docs/guides/kafka.md, "A topic that was made again", says what to do',
      );
    },
  };
}
