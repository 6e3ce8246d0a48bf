/**
 * The segments on the path, as SQL. After a restart the same offsets may be cut twice, differently; only segments that
 * tile count, and a sum over all of them would count records twice.
 *
 * QuestDB has no recursion, so the walk is unrolled. Segments fall into islands, runs that overlap or touch. In an
 * island a segment that no other continues is a dead end, unless the island ends there: each round takes the dead ends
 * away, and of two that end alike all but the longest, as the walk in src/rollup/path.ts does. A process that died
 * leaves one such segment behind, rarely two; with more than {@link ROUNDS} the rest overlaps still, and the panel says
 * so instead of adding up: `lanewatch prove` walks without a bound.
 */

const ROUNDS = 3;

const PLACE = "topic, topic_partition";

/** Common table expressions; after them `on_path` is a table like `segments`, with `previous_end`. */
export function onPath(where: string): string {
  const rounds = Array.from({ length: ROUNDS }, (_, i) => round(i + 1));
  return `WITH reached AS (
  SELECT *, max(end_offset) OVER (PARTITION BY ${PLACE} ORDER BY start_offset ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached_offset
  FROM segments WHERE ${where}
), islands AS (
  SELECT *, sum(CASE WHEN start_offset > reached_offset THEN 1 ELSE 0 END) OVER (PARTITION BY ${PLACE} ORDER BY start_offset ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island
  FROM reached
), round_0 AS (
  SELECT *, min(start_offset) OVER (PARTITION BY ${PLACE}, island) AS island_start, max(end_offset) OVER (PARTITION BY ${PLACE}, island) AS island_end
  FROM islands
), ${rounds.join(", ")}, walked AS (
  SELECT *, min(start_offset) OVER (PARTITION BY ${PLACE} ORDER BY end_offset DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS needed_end
  FROM round_${ROUNDS}
), on_path AS (
  SELECT *, lag(end_offset) OVER (PARTITION BY ${PLACE} ORDER BY start_offset) AS previous_end
  FROM walked WHERE needed_end IS NULL OR end_offset <= needed_end
)`;
}

/** Of the first round also those that begin where no other ends: they lead nowhere from the other side. */
function round(number: number): string {
  const before = `round_${number - 1}`;
  const ends =
    number > 1
      ? ""
      : `LEFT JOIN (SELECT DISTINCT ${PLACE}, end_offset FROM ${before}) e ON e.topic = s.topic AND e.topic_partition = s.topic_partition AND e.end_offset = s.start_offset`;
  const begins = number > 1 ? "" : "AND (e.end_offset IS NOT NULL OR s.start_offset = s.island_start)";
  return `round_${number} AS (
  SELECT * FROM (
    SELECT s.*, row_number() OVER (PARTITION BY s.topic, s.topic_partition, s.end_offset ORDER BY s.start_offset) AS place_${number}
    FROM ${before} s
    LEFT JOIN (SELECT DISTINCT ${PLACE}, start_offset FROM ${before}) n ON n.topic = s.topic AND n.topic_partition = s.topic_partition AND n.start_offset = s.end_offset
    ${ends}
    WHERE (n.start_offset IS NOT NULL OR s.end_offset = s.island_end) ${begins}
  ) WHERE place_${number} = 1
)`;
}
