/**
 * The tables, once: every store makes them from this list, and docs/reference/tables.md is printed from it.
 *
 * A row is named by its key; writing it again replaces it, so whoever writes a row, however often, leaves one. Where
 * a window is judged or merged again, its row is replaced too, so a person who selects from `windows` never counts
 * a record twice.
 */
import { OUTCOMES, type Outcome } from "../decode/outcome.ts";
import { PROFILE_COLUMNS } from "../sketch/codec.ts";

/**
 * `timestamp` UTC, microseconds in both stores, whole milliseconds from us. `long` whole numbers within ±2^53.
 * `symbol` few distinct texts, many rows (a dictionary where the store has one). `varchar` any text.
 */
export type ColumnType = "timestamp" | "long" | "double" | "double[]" | "symbol" | "varchar";

export interface Column {
  /** Name in SQL. A keyword of neither store, so that no one has to quote it. */
  readonly name: string;
  readonly type: ColumnType;
  /** The row's property, see rows.ts; none for the columns of a profile, which are the last of their table. */
  readonly property?: string;
  readonly doc: string;
}

/** How long rows are kept; the days are the store's options. */
export type RetentionClass = "segments" | "windows" | "judgements" | "forever";

export interface Table {
  readonly name: string;
  readonly doc: string;
  /** The first is the time that rows are partitioned by, never NULL. */
  readonly columns: readonly Column[];
  /** What names a row. A second row with an equal key replaces the first. */
  readonly key: readonly string[];
  readonly retention: RetentionClass;
}

const SEGMENT_KEY_COLUMNS: readonly Column[] = [
  { name: "topic", type: "symbol", property: "topic", doc: "Kafka topic; for a file its name." },
  { name: "topic_partition", type: "long", property: "partition", doc: "Partition of the topic." },
  { name: "start_offset", type: "long", property: "startOffset", doc: "First offset of the segment." },
  { name: "end_offset", type: "long", property: "endOffset", doc: "One past its last offset." },
  {
    name: "shape",
    type: "symbol",
    property: "shape",
    doc: "Hash of the configuration that decides how records are folded.",
  },
];

const LANE_COLUMNS: readonly Column[] = [
  {
    name: "swimlane",
    type: "symbol",
    property: "swimlane",
    doc: "Named boundary of the data: dev, prod, a pipeline, a tenant.",
  },
  { name: "source", type: "symbol", property: "source", doc: "Where in the swimlane the records came from." },
];

const WINDOW_COLUMNS: readonly Column[] = [
  {
    name: "window_start",
    type: "timestamp",
    property: "windowStartMs",
    doc: "Start of the window in event time, inclusive.",
  },
  { name: "window_size_ms", type: "long", property: "windowSizeMs", doc: "Length of the window, ms." },
  ...LANE_COLUMNS,
];

const FEATURE_COLUMN: Column = {
  name: "feature",
  type: "symbol",
  property: "feature",
  doc: "Feature or metric; `*` for the lane's records as a whole.",
};

const KIND_COLUMN: Column = {
  name: "kind",
  type: "symbol",
  property: "kind",
  doc: "`feature`, `metric`, `sql` (a metric defined in SQL), or `records` (the row whose feature is `*`).",
};

const OUTCOME_DOCS: Readonly<Record<Outcome, string>> = {
  ok: "Folded into its window.",
  late: "Event time too far behind the log's own time.",
  future: "Event time too far ahead of the log's own time.",
  empty: "No value (a tombstone).",
  undecodable: "Not JSON, or not what the schema says.",
  no_time: "No event time that could be read.",
  no_swimlane: "No swimlane that could be read.",
  no_features: "Neither features nor metrics nor profiles.",
  too_large: "Larger than the limit of bytes.",
  too_complex: "Nested too deep, or too many fields.",
  forbidden_key: "A key such as `__proto__`.",
  number_range: "A number that is not finite, or too large to square.",
  unknown_schema: "The registry has no such schema.",
  jumped: "Offsets that legally hold no record (compaction, transactions).",
  lost: "Offsets that the broker no longer had when they were asked for.",
};

/** `records_late` for the outcome `late`. */
const OUTCOME_COLUMNS: readonly Column[] = OUTCOMES.map((outcome) => ({
  name: `records_${outcome}`,
  type: "long",
  property: outcome,
  doc: OUTCOME_DOCS[outcome],
}));

export const SEGMENTS: Table = {
  name: "segments",
  doc:
    "One row for each half-open range of offsets that was folded: the row that vouches for it. The `records_…` columns " +
    "of a row add up to `end_offset - start_offset`; segments that tile a partition's offsets are the truth about it.",
  key: ["started_at", "topic", "topic_partition", "start_offset", "end_offset", "shape"],
  retention: "segments",
  columns: [
    {
      name: "started_at",
      type: "timestamp",
      property: "startedAtMs",
      doc: "The log's own time of the segment's first record.",
    },
    ...SEGMENT_KEY_COLUMNS,
    {
      name: "row_count",
      type: "long",
      property: "rowCount",
      doc: "Profiles in `segment_windows` that must be visible before the segment counts.",
    },
    {
      name: "event_time_min",
      type: "timestamp",
      property: "eventTimeMinMs",
      doc: "Lowest event time among the records that were folded; NULL when there are none.",
    },
    {
      name: "event_time_max",
      type: "timestamp",
      property: "eventTimeMaxMs",
      doc: "Highest event time among them.",
    },
    { name: "byte_count", type: "long", property: "byteCount", doc: "Bytes of the records' values." },
    ...OUTCOME_COLUMNS,
  ],
};

export const SEGMENT_WINDOWS: Table = {
  name: "segment_windows",
  doc:
    "The profiles of a segment: one row for each window, swimlane and source that its records touched. They are there to " +
    "be merged, not to be selected from: `profiles` has them merged, a column for each number.",
  key: [
    "window_start",
    "topic",
    "topic_partition",
    "start_offset",
    "end_offset",
    "shape",
    "swimlane",
    "source",
    "part",
  ],
  retention: "segments",
  columns: [
    ...WINDOW_COLUMNS,
    {
      name: "part",
      type: "long",
      property: "part",
      doc: "0; more where a lane has so many or so large profiles that they take several rows.",
    },
    {
      name: "record_count",
      type: "long",
      property: "recordCount",
      doc: "Records of the lane in the window that the segment holds; 0 in parts after the first.",
    },
    { name: "profile_count", type: "long", property: "profileCount", doc: "Profiles in this row." },
    ...SEGMENT_KEY_COLUMNS,
    {
      name: "names",
      type: "varchar",
      property: "names",
      doc: "JSON list: of each profile the feature, the kind (as in `profiles`), and the names of its categories, if any.",
    },
    {
      name: "numbers",
      type: "double[]",
      property: "numbers",
      doc: "The profiles one after another, in the order of `names`: counts, moments and sketches as src/sketch/profile-list.ts lays them out.",
    },
  ],
};

export const WINDOWS: Table = {
  name: "windows",
  doc: "One row for each window of a swimlane and source, merged over all partitions.",
  key: ["window_start", "window_size_ms", "swimlane", "source"],
  retention: "windows",
  columns: [
    ...WINDOW_COLUMNS,
    {
      name: "revision",
      type: "long",
      property: "revision",
      doc: "1 when first merged; one more each time late data changed it.",
    },
    {
      name: "record_count",
      type: "long",
      property: "recordCount",
      doc: "Records of the lane in the window.",
    },
    {
      name: "profile_count",
      type: "long",
      property: "profileCount",
      doc: "Rows of `profiles` that belong to this revision.",
    },
    { name: "segment_count", type: "long", property: "segmentCount", doc: "Segments merged into it." },
    {
      name: "merged_at",
      type: "timestamp",
      property: "mergedAtMs",
      doc: "Wall clock of the merge; says how fresh the row is, decides nothing.",
    },
  ],
};

export const PROFILES: Table = {
  name: "profiles",
  doc: "One row for each feature of a merged window: what the audits judge and the dashboards draw.",
  key: ["window_start", "window_size_ms", "swimlane", "source", "feature"],
  retention: "windows",
  columns: [
    ...WINDOW_COLUMNS,
    FEATURE_COLUMN,
    KIND_COLUMN,
    {
      name: "revision",
      type: "long",
      property: "revision",
      doc: "The revision of the window that it belongs to.",
    },
    {
      name: "record_count",
      type: "long",
      property: "recordCount",
      doc: "Records of the lane in the window, with or without this feature.",
    },
    ...PROFILE_COLUMNS,
  ],
};

export const VERDICTS: Table = {
  name: "verdicts",
  doc: "One test's answer on one window of one feature. A revised window is judged again and its verdict replaced.",
  key: ["window_start", "window_size_ms", "swimlane", "source", "feature", "detector"],
  retention: "judgements",
  columns: [
    ...WINDOW_COLUMNS,
    FEATURE_COLUMN,
    {
      name: "detector",
      type: "symbol",
      property: "detector",
      doc: "The detector's name; `ks@imported/training` where it was held to that baseline and not to the lane's own past.",
    },
    { name: "revision", type: "long", property: "revision", doc: "The window's revision that was judged." },
    { name: "answer", type: "symbol", property: "answer", doc: "`ok`, `anomalous` or `insufficient`." },
    {
      name: "severity",
      type: "symbol",
      property: "severity",
      doc: "The most that it may cause: `page`, `warn` or `info`.",
    },
    {
      name: "statistic",
      type: "double",
      property: "statistic",
      doc: "The detector's own number; NULL when `insufficient`.",
    },
    {
      name: "threshold",
      type: "double",
      property: "threshold",
      doc: "What `statistic` was held against; NULL when `insufficient`.",
    },
    {
      name: "effect",
      type: "double",
      property: "effect",
      doc: "Size of the change, in the detector's unit.",
    },
    {
      name: "significance",
      type: "double",
      property: "significance",
      doc: '-log10 of the p-value under "nothing changed".',
    },
    {
      name: "sketch_error",
      type: "double",
      property: "sketchError",
      doc: "How far sketch error alone could have moved `statistic`.",
    },
    {
      name: "incident_id",
      type: "symbol",
      property: "incidentId",
      doc: "The incident that it belongs to; NULL when to none.",
    },
    { name: "summary", type: "varchar", property: "summary", doc: "One sentence for a person." },
    {
      name: "explanation",
      type: "varchar",
      property: "explanation",
      doc: "JSON: the parts with their contributions, the reference, what was expected.",
    },
  ],
};

export const INCIDENTS: Table = {
  name: "incidents",
  doc: "The newest state of each incident.",
  key: ["id"],
  retention: "judgements",
  columns: [
    {
      name: "started_at",
      type: "timestamp",
      property: "startMs",
      doc: "Event time: start of the first anomalous window.",
    },
    {
      name: "ended_at",
      type: "timestamp",
      property: "endMs",
      doc: "Event time: end of the last anomalous window so far.",
    },
    { name: "id", type: "symbol", property: "id", doc: "The incident's name for life." },
    { name: "swimlane", type: "symbol", property: "swimlane", doc: "The swimlane that it is about." },
    {
      name: "state",
      type: "symbol",
      property: "state",
      doc: "`pending`, `open`, `acknowledged` or `resolved`.",
    },
    { name: "severity", type: "symbol", property: "severity", doc: "`page`, `warn` or `info`." },
    {
      name: "changed_at",
      type: "timestamp",
      property: "changedAtMs",
      doc: "Event time at which its state last changed.",
    },
    {
      name: "resolved_at",
      type: "timestamp",
      property: "resolvedAtMs",
      doc: "Event time at which it was resolved; NULL until then.",
    },
    { name: "title", type: "varchar", property: "title", doc: "One line for a person." },
    {
      name: "members",
      type: "varchar",
      property: "members",
      doc: "`feature:detector` of every anomaly that joined, with commas between.",
    },
    { name: "verdict_count", type: "long", property: "verdictCount", doc: "Anomalous verdicts that joined." },
    {
      name: "explanation",
      type: "varchar",
      property: "explanation",
      doc: "JSON: what, where, since when, how much, likely cause.",
    },
    {
      name: "acknowledged_by",
      type: "varchar",
      property: "acknowledgedBy",
      doc: "Who took it; NULL when no one has.",
    },
  ],
};

export const NOTIFICATIONS: Table = {
  name: "notifications",
  doc: "Every delivery to a notifier that was tried: the pager's log, so that a restart never pages twice.",
  key: ["notified_at", "incident_id", "notifier", "state"],
  retention: "judgements",
  columns: [
    { name: "notified_at", type: "timestamp", property: "atMs", doc: "When it was tried." },
    { name: "incident_id", type: "symbol", property: "incidentId", doc: "The incident." },
    {
      name: "notifier",
      type: "symbol",
      property: "notifier",
      doc: "The notifier's name in the configuration.",
    },
    { name: "state", type: "symbol", property: "state", doc: "The incident's state that was told." },
    { name: "outcome", type: "symbol", property: "outcome", doc: "`sent` or `failed`." },
    { name: "detail", type: "varchar", property: "detail", doc: "What the other side answered." },
  ],
};

export const FEEDBACK: Table = {
  name: "feedback",
  doc: "What people said of incidents: whether the page was worth it. The newest of an incident counts.",
  key: ["given_at", "incident_id"],
  retention: "forever",
  columns: [
    { name: "given_at", type: "timestamp", property: "atMs", doc: "Wall clock at which it was said." },
    { name: "incident_id", type: "symbol", property: "incidentId", doc: "The incident." },
    { name: "swimlane", type: "symbol", property: "swimlane", doc: "The incident's swimlane." },
    {
      name: "severity",
      type: "symbol",
      property: "severity",
      doc: "The incident's: `page`, `warn` or `info`.",
    },
    { name: "label", type: "symbol", property: "label", doc: "`real`, `noise`, `expected` or `fixed`." },
    { name: "given_by", type: "varchar", property: "givenBy", doc: "Who said it." },
    { name: "reason", type: "varchar", property: "reason", doc: "Why." },
    {
      name: "applies_from",
      type: "timestamp",
      property: "appliesFromMs",
      doc: "Event time: windows that start from here on are judged in its light.",
    },
    {
      name: "anomalies",
      type: "varchar",
      property: "anomalies",
      doc: "JSON: the strongest anomaly of the incident by source, feature, detector and window size.",
    },
  ],
};

export const STATES: Table = {
  name: "states",
  doc: "Small durable state of Lanewatch itself (an auditor's memory, the frontier), replaced whole.",
  key: ["epoch", "key"],
  retention: "forever",
  columns: [
    {
      name: "epoch",
      type: "timestamp",
      property: "epochMs",
      doc: "Always 1970-01-01: QuestDB wants a time in every table, and here it must never differ.",
    },
    { name: "key", type: "varchar", property: "key", doc: "What it is the state of." },
    { name: "value", type: "varchar", property: "value", doc: "The state, as its owner wrote it." },
  ],
};

const BASELINE_KEY_COLUMNS: readonly Column[] = [
  {
    name: "created_at",
    type: "timestamp",
    property: "createdAtMs",
    doc: "Wall clock at which the baseline was made; names it together with lane and name.",
  },
  ...LANE_COLUMNS,
  { name: "name", type: "symbol", property: "name", doc: "The baseline's name, its owner's choice." },
];

export const BASELINES: Table = {
  name: "baselines",
  doc:
    "What lanes are held to beside their own past: profiles made elsewhere (`imported`) or merged from stored windows " +
    "(`promoted`), with who kept them and why. At most one that is not retired has a lane, a source and a name.",
  key: ["created_at", "swimlane", "source", "name"],
  retention: "forever",
  columns: [
    ...BASELINE_KEY_COLUMNS,
    { name: "kind", type: "symbol", property: "kind", doc: "`imported` or `promoted`." },
    {
      name: "severity",
      type: "symbol",
      property: "severity",
      doc: "The most that its verdicts may cause: `page`, `warn` or `info`.",
    },
    { name: "created_by", type: "varchar", property: "createdBy", doc: "Who made it." },
    { name: "reason", type: "varchar", property: "reason", doc: "Why." },
    {
      name: "origin",
      type: "varchar",
      property: "origin",
      doc: "The files that it came from; NULL when promoted.",
    },
    {
      name: "span_start",
      type: "timestamp",
      property: "sinceMs",
      doc: "Event time from which its data are; NULL when not known.",
    },
    { name: "span_end", type: "timestamp", property: "untilMs", doc: "Event time up to which, exclusive." },
    {
      name: "window_count",
      type: "long",
      property: "windowCount",
      doc: "Windows merged into it; NULL when not known.",
    },
    {
      name: "excluded_count",
      type: "long",
      property: "excludedCount",
      doc: "Windows of the span left out because they were anomalous, for at least one feature.",
    },
    {
      name: "profile_count",
      type: "long",
      property: "profileCount",
      doc: "Rows of `baseline_profiles` that belong to it.",
    },
    {
      name: "held_from",
      type: "timestamp",
      property: "heldFromMs",
      doc: "Event time from which windows are held to it: where its lane stood when it was made; NULL for all.",
    },
    {
      name: "held_until",
      type: "timestamp",
      property: "heldUntilMs",
      doc: "Event time up to which, exclusive: where its lane stood when it was retired; NULL until then.",
    },
    { name: "changed_at", type: "timestamp", property: "changedAtMs", doc: "Wall clock of its last change." },
    {
      name: "retired_at",
      type: "timestamp",
      property: "retiredAtMs",
      doc: "Wall clock from which nothing is held to it any more; NULL until then.",
    },
    { name: "retired_by", type: "varchar", property: "retiredBy", doc: "Who retired it." },
    { name: "retired_reason", type: "varchar", property: "retiredReason", doc: "Why." },
  ],
};

export const BASELINE_PROFILES: Table = {
  name: "baseline_profiles",
  doc: "The profiles of a baseline, one row for each feature.",
  key: ["created_at", "swimlane", "source", "name", "feature"],
  retention: "forever",
  columns: [
    ...BASELINE_KEY_COLUMNS,
    FEATURE_COLUMN,
    {
      name: "record_count",
      type: "long",
      property: "recordCount",
      doc: "Records behind it, with or without this feature.",
    },
    {
      name: "known",
      type: "varchar",
      property: "known",
      doc: "What was given of it, blanks between: `counts`, `numbers`, `names`, `distinct`. The rest says nothing.",
    },
    ...PROFILE_COLUMNS,
  ],
};

export const TABLES: readonly Table[] = [
  SEGMENTS,
  SEGMENT_WINDOWS,
  WINDOWS,
  PROFILES,
  VERDICTS,
  INCIDENTS,
  NOTIFICATIONS,
  FEEDBACK,
  BASELINES,
  BASELINE_PROFILES,
  STATES,
];

/** The column that rows are partitioned by. */
export function timeColumn(table: Table): Column {
  return table.columns[0]!;
}
