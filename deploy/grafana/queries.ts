/**
 * Every question that the dashboard asks, as QuestDB's SQL over the documented tables (docs/reference/tables.md).
 * Only what both of Grafana's datasources understand is used: `$__timeFilter(column)`, and variables as
 * `${name:sqlstring}` (each value quoted for SQL) or plain where they are numbers or intervals.
 */
import { OUTCOMES } from "../../src/decode/outcome.ts";
import { onPath } from "./on-path.ts";

const LANES = "swimlane IN (${swimlane:sqlstring}) AND source IN (${source:sqlstring})";
const SIZE = "window_size_ms = ${window_size_ms}";
const WINDOWS = `$__timeFilter(window_start) AND ${LANES} AND ${SIZE}`;
const FEATURE = `${WINDOWS} AND feature = \${feature:sqlstring}`;
const LANE_NAME = "concat(swimlane, ' / ', source)";
const EVERY_BUCKET = "SAMPLE BY ${bucket} ALIGN TO CALENDAR";

/** What fills the choices at the top of the dashboard. */
export const variableQueries = {
  swimlane: "SELECT DISTINCT swimlane FROM windows ORDER BY swimlane",
  source: "SELECT DISTINCT source FROM windows WHERE swimlane IN (${swimlane:sqlstring}) ORDER BY source",
  feature: `SELECT DISTINCT feature FROM profiles WHERE ${LANES} AND feature != '*' ORDER BY feature`,
  window_size_ms: "SELECT DISTINCT window_size_ms FROM windows ORDER BY window_size_ms",
};

export const laneQueries = {
  openIncidents:
    "SELECT count() AS open_incidents FROM incidents WHERE state IN ('open', 'acknowledged') AND swimlane != '*'",
  records: `SELECT sum(record_count) AS records FROM windows WHERE ${WINDOWS}`,
  anomalies: `SELECT count() AS anomalies FROM verdicts WHERE ${WINDOWS} AND answer = 'anomalous' AND severity != 'info'`,
  unjudged: `SELECT 100.0 * sum(CASE WHEN answer = 'insufficient' THEN 1 ELSE 0 END) / count() AS insufficient_percent FROM verdicts WHERE ${WINDOWS}`,
  lanes:
    "SELECT swimlane, source, max(window_start) AS newest_window, count() AS windows, sum(record_count) AS records, " +
    `min(record_count) AS fewest, max(record_count) AS most, max(revision) AS revisions FROM windows WHERE ${WINDOWS} ORDER BY swimlane, source`,
  recordsByWindow: `SELECT window_start AS time, ${LANE_NAME} AS metric, record_count AS records FROM windows WHERE ${WINDOWS} ORDER BY time`,
  anomaliesByBucket:
    "SELECT window_start AS time, swimlane AS metric, count() AS anomalies FROM verdicts " +
    `WHERE ${WINDOWS} AND answer = 'anomalous' AND severity != 'info' ${EVERY_BUCKET}`,
};

export const featureQueries = {
  bands:
    `SELECT window_start AS time, min(p05) AS p05, min(p25) AS p25, avg(p50) AS p50, max(p75) AS p75, max(p95) AS p95 FROM profiles WHERE ${FEATURE} ` +
    "GROUP BY time ORDER BY time",
  shares:
    `SELECT window_start AS time, sum(null_count) * 1.0 / sum(record_count) AS null_share, ` +
    "(sum(record_count) - sum(present_count)) * 1.0 / sum(record_count) AS absent_share, " +
    "sum(zero_count) * 1.0 / sum(record_count) AS zero_share, " +
    `sum(nan_count + positive_infinity_count + negative_infinity_count) * 1.0 / sum(record_count) AS non_finite_share FROM profiles WHERE ${FEATURE} ` +
    "GROUP BY time ORDER BY time",
  moments: `SELECT window_start AS time, avg(mean) AS mean, avg(stddev) AS stddev FROM profiles WHERE ${FEATURE} GROUP BY time ORDER BY time`,
  distinct: `SELECT window_start AS time, max(distinct_count) AS distinct_values FROM profiles WHERE ${FEATURE} GROUP BY time ORDER BY time`,
  significance: `SELECT window_start AS time, detector AS metric, max(significance) AS significance FROM verdicts WHERE ${FEATURE} GROUP BY time, metric ORDER BY time`,
  verdicts:
    "SELECT window_start, swimlane, source, detector, severity, effect, statistic, threshold, significance, summary, incident_id FROM verdicts " +
    `WHERE ${FEATURE} AND answer = 'anomalous' ORDER BY window_start DESC LIMIT 200`,
};

export const incidentQueries = {
  incidents:
    "SELECT state, severity, started_at, ended_at, resolved_at, swimlane, title, members, verdict_count, acknowledged_by, id FROM incidents " +
    "WHERE $__timeFilter(started_at) AND (swimlane = '*' OR swimlane IN (${swimlane:sqlstring})) AND state != 'pending' ORDER BY started_at DESC LIMIT 200",
  byState:
    "SELECT started_at AS time, severity AS metric, count() AS incidents FROM incidents " +
    `WHERE $__timeFilter(started_at) AND swimlane IN (\${swimlane:sqlstring}) ${EVERY_BUCKET}`,
  notifications:
    "SELECT notified_at, notifier, outcome, state, incident_id, detail FROM notifications WHERE $__timeFilter(notified_at) ORDER BY notified_at DESC LIMIT 200",
};

const PAGED =
  "SELECT id, swimlane FROM incidents WHERE $__timeFilter(started_at) AND swimlane IN (${swimlane:sqlstring}) " +
  `AND severity = 'page' AND state != 'pending' AND explanation NOT LIKE '%"openedAtMs":null%'`;
const SAID = "SELECT incident_id, label FROM feedback LATEST ON given_at PARTITION BY incident_id";
const PAGES =
  "SELECT i.swimlane AS swimlane, count() AS pages, sum(CASE WHEN f.label IN ('real', 'fixed') THEN 1 ELSE 0 END) AS real, " +
  "sum(CASE WHEN f.label = 'noise' THEN 1 ELSE 0 END) AS noise, sum(CASE WHEN f.label IS NULL THEN 1 ELSE 0 END) AS not_judged " +
  `FROM (${PAGED}) i LEFT JOIN (${SAID}) f ON f.incident_id = i.id GROUP BY i.swimlane`;
const WATCHED = `SELECT swimlane, datediff('m', min(window_start), max(window_start)) / 10080.0 AS weeks FROM windows WHERE ${WINDOWS} GROUP BY swimlane`;
const RULE_COUNTS =
  "SELECT swimlane, detector, count() AS verdicts, sum(CASE WHEN answer = 'anomalous' THEN 1 ELSE 0 END) AS anomalous, " +
  `sum(CASE WHEN answer = 'insufficient' THEN 1 ELSE 0 END) AS insufficient FROM verdicts WHERE ${WINDOWS} GROUP BY swimlane, detector`;

/** The audit of the auditor, as far as tables alone tell it: each lane's own budget is in the configuration. */
export const budgetQueries = {
  pages:
    "SELECT w.swimlane AS swimlane, coalesce(p.pages, 0) AS pages, ${budget} * w.weeks AS accepted, coalesce(p.noise + p.not_judged, 0) AS may_be_false, " +
    "coalesce(p.not_judged, 0) AS not_judged, coalesce(p.noise, 0) AS noise, coalesce(p.real, 0) AS real, " +
    "CASE WHEN p.real + p.noise > 0 THEN p.real * 1.0 / (p.real + p.noise) ELSE NULL END AS precision_share, w.weeks AS weeks " +
    `FROM (${WATCHED}) w LEFT JOIN (${PAGES}) p ON p.swimlane = w.swimlane ORDER BY may_be_false DESC, swimlane`,
  rules:
    "SELECT swimlane, detector, CASE WHEN insufficient = verdicts THEN 'could not answer' WHEN anomalous = 0 THEN 'never fired' " +
    "WHEN verdicts - insufficient >= 50 AND anomalous >= 0.9 * (verdicts - insufficient) THEN 'nearly always' ELSE 'fired' END AS standing, " +
    `verdicts, anomalous, insufficient FROM (${RULE_COUNTS}) ORDER BY swimlane, standing, detector`,
};

const ACCOUNTED = OUTCOMES.map((outcome) => `records_${outcome}`).join(" + ");
const ON_PATH = onPath("$__timeFilter(started_at)");
const REJECTED =
  "records_undecodable + records_no_time + records_no_swimlane + records_no_features + records_too_large + records_too_complex + " +
  "records_forbidden_key + records_number_range + records_unknown_schema";

/** All of them over the path only: two cuts of the same offsets are both true, and count once. */
export const countQueries = {
  proof:
    `${ON_PATH} SELECT topic, topic_partition, CASE WHEN breaks = 0 AND in_the_log = accounted_for THEN 'adds up' ELSE 'run lanewatch prove' END AS answer, ` +
    "in_the_log, accounted_for, in_the_log - accounted_for AS unaccounted, breaks, lost, segments, first_offset, last_end FROM (" +
    "SELECT topic, topic_partition, count() AS segments, min(start_offset) AS first_offset, max(end_offset) AS last_end, " +
    `max(end_offset) - min(start_offset) AS in_the_log, sum(${ACCOUNTED}) AS accounted_for, sum(records_lost) AS lost, ` +
    "sum(CASE WHEN previous_end IS NULL OR start_offset = previous_end THEN 0 ELSE 1 END) AS breaks FROM on_path GROUP BY topic, topic_partition" +
    ") ORDER BY topic, topic_partition",
  outcomes:
    `${ON_PATH} SELECT timestamp_floor('\${bucket}', started_at) AS time, sum(records_ok) AS ok, sum(records_late) AS late, sum(records_future) AS future, ` +
    `sum(records_empty + records_jumped) AS no_record, sum(${REJECTED}) AS rejected, sum(records_lost) AS lost FROM on_path GROUP BY time ORDER BY time`,
  rejected:
    `${ON_PATH} SELECT topic, sum(records_undecodable) AS undecodable, sum(records_no_time) AS no_time, sum(records_no_swimlane) AS no_swimlane, ` +
    "sum(records_no_features) AS no_features, sum(records_too_large) AS too_large, sum(records_too_complex) AS too_complex, " +
    "sum(records_forbidden_key) AS forbidden_key, sum(records_number_range) AS number_range, sum(records_unknown_schema) AS unknown_schema, " +
    "sum(records_late) AS late, sum(records_future) AS future, sum(records_lost) AS lost FROM on_path GROUP BY topic ORDER BY topic",
  stages:
    `${ON_PATH} SELECT topic, topic_partition, sum(end_offset - start_offset) AS offsets, sum(byte_count) AS bytes, count() AS segments, ` +
    "sum(end_offset - start_offset) / count() AS offsets_a_segment, sum(records_lost) AS source_lost, sum(records_jumped) AS source_jumped, " +
    `sum(records_empty + ${REJECTED}) AS decode_rejected, ` +
    "sum(records_late) AS assign_late, sum(records_future) AS assign_future, sum(records_ok) AS segment_folded, " +
    "max(event_time_max) AS newest_event FROM on_path GROUP BY topic, topic_partition ORDER BY topic, topic_partition",
  revisions:
    `SELECT window_start, swimlane, source, revision, record_count, segment_count, merged_at FROM windows WHERE ${WINDOWS} AND revision > 1 ` +
    "ORDER BY window_start DESC LIMIT 200",
};
