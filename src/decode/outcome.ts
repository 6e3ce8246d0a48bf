/**
 * How a record was accounted for: a closed set. The counts by outcome of a segment add up to its offset range, so
 * a new outcome is a new column in `segments`, generated from this list.
 */
export const RECORD_OUTCOMES = [
  /** Folded into its window. */
  "ok",
  /** Event time further behind the log's own time than the lane's `lateMax`. */
  "late",
  /** Event time further ahead of the log's own time than `futureMax` (a clock that is wrong, the year 2099). */
  "future",
  /** No value (a tombstone). */
  "empty",
  /** Not JSON, or not what the schema says. */
  "undecodable",
  /** No event time where the mapping looks for it, or one that cannot be read. */
  "no_time",
  /** No swimlane where the mapping looks for it. */
  "no_swimlane",
  /** Neither features nor metrics nor profiles. */
  "no_features",
  /** Larger than `recordBytesMax`. */
  "too_large",
  /** Nested deeper than `depthMax`, or more fields than `fieldsMax`. */
  "too_complex",
  /** A key such as `__proto__` that could poison an object. */
  "forbidden_key",
  /** A number that is not finite, or too large for sums of squares (beyond 1e300). */
  "number_range",
  /** The registry has no such schema. */
  "unknown_schema",
] as const;
export type RecordOutcome = (typeof RECORD_OUTCOMES)[number];

/** Offsets without a record that could be read: legal jumps (compaction, transactions), and what the broker deleted unread. */
export const OFFSET_OUTCOMES = ["jumped", "lost"] as const;

export const OUTCOMES = [...RECORD_OUTCOMES, ...OFFSET_OUTCOMES] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The stage at which a record, or an offset without one, got its outcome: where to look when records are missing. */
export const OUTCOME_STAGES: Readonly<Record<Outcome, "source" | "decode" | "assign" | "segment">> = {
  ok: "segment",
  late: "assign",
  future: "assign",
  empty: "decode",
  undecodable: "decode",
  no_time: "decode",
  no_swimlane: "decode",
  no_features: "decode",
  too_large: "decode",
  too_complex: "decode",
  forbidden_key: "decode",
  number_range: "decode",
  unknown_schema: "decode",
  jumped: "source",
  lost: "source",
};

/** Exact counts by outcome, every outcome present. */
export type OutcomeCounts = Record<Outcome, number>;

const ZERO = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as OutcomeCounts;

/** A copy of one object: counts are made for every segment and every row that is read back. */
export function zeroOutcomes(): OutcomeCounts {
  return { ...ZERO };
}
