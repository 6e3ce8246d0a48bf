/**
 * The proof as one query over `segments`, the same text for QuestDB and DuckDB, for a person who would rather add up
 * than believe.
 *
 * Neither console can walk a path (QuestDB has no recursion), so the query names the segments that the path leaves out.
 * It need not be trusted with that: `breaks` is 0 only if what is left tiles the offsets, and any segments that tile
 * them are the truth.
 */
import { OUTCOMES } from "../decode/outcome.ts";
import type { SegmentKey } from "../segment/manifest.ts";
import { toStoredText } from "../store/stored-text.ts";

export interface ProvenRange {
  readonly topic: string;
  readonly partition: number;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly offPath: readonly SegmentKey[];
}

/** Segments left out by name: beyond it the text is longer than a console takes. */
export const OFF_PATH_MAX = 2_000;

const ACCOUNTED = OUTCOMES.map((outcome) => `records_${outcome}`).join(" + ");
const KEY = "concat(topic, '|', topic_partition, '|', start_offset, '|', end_offset, '|', shape)";

/** @returns `undefined` where too many segments would have to be left out; a shorter period has fewer. */
export function proofSql(ranges: readonly ProvenRange[], tablePrefix: string): string | undefined {
  const off = ranges.flatMap(({ offPath }) => offPath);
  if (ranges.length === 0 || off.length > OFF_PATH_MAX) return undefined;
  const ofPath = [
    `(${ranges.map(rangeCondition).join("\n       OR ")})`,
    ...(off.length === 0 ? [] : [`${KEY} NOT IN (${off.map(keyLiteral).join(", ")})`]),
  ].join("\n     AND ");
  return `SELECT topic, topic_partition, count(*) AS segments, min(start_offset) AS first_offset, max(end_offset) AS last_end,
       max(end_offset) - min(start_offset) AS in_the_log, sum(${ACCOUNTED}) AS accounted_for,
       sum(CASE WHEN previous_end IS NULL OR start_offset = previous_end THEN 0 ELSE 1 END) AS breaks,
       sum(CASE WHEN end_offset - start_offset <> ${ACCOUNTED} THEN 1 ELSE 0 END) AS wrong_sums,
       ${OUTCOMES.map((outcome) => `sum(records_${outcome}) AS ${outcome}`).join(", ")}
FROM (
  SELECT *, lag(end_offset) OVER (PARTITION BY topic, topic_partition ORDER BY start_offset) AS previous_end
  FROM ${tablePrefix}segments
  WHERE ${ofPath}
) AS path
GROUP BY topic, topic_partition
ORDER BY topic, topic_partition`;
}

/**
 * By partition the newest segment that began before a time: reading on from its offset shows all that came after, and
 * what the first of them has to join.
 */
export function firstOffsetsSql(beforeMs: number, tablePrefix: string): string {
  return (
    `SELECT topic, topic_partition, max(start_offset) AS from_offset FROM ${tablePrefix}segments ` +
    `WHERE started_at < '${new Date(beforeMs).toISOString()}' GROUP BY topic, topic_partition`
  );
}

function rangeCondition({ topic, partition, startOffset, endOffset }: ProvenRange): string {
  return `(topic = ${text(topic)} AND topic_partition = ${partition} AND start_offset >= ${startOffset} AND end_offset <= ${endOffset})`;
}

function keyLiteral({ topic, partition, startOffset, endOffset, shape }: SegmentKey): string {
  return text([topic, partition, startOffset, endOffset, shape].join("|"));
}

function text(value: string): string {
  return `'${toStoredText(value).replaceAll("'", "''")}'`;
}
