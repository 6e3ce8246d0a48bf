/** The `Store` contract over any database that implements `Tables`. */
import type { Manifest, PlacedProfile, Segment, SegmentProfile } from "../segment/manifest.ts";
import type {
  BaselineProfileRow,
  BaselineRow,
  FeedbackRow,
  IncidentRow,
  LaneRow,
  NotificationRow,
  ProfileRow,
  QueryLimits,
  RowFilter,
  SegmentRecords,
  StateRow,
  Store,
  TimeSpan,
  VerdictRow,
  WindowRow,
  WriteCount,
} from "./contract.ts";
import { filterConditions, ROWS_READ_MAX, spanConditions } from "./filter.ts";
import { refuseOldFormat } from "./old-format.ts";
import {
  BASELINE_PROFILE_ROWS,
  BASELINE_ROWS,
  FEEDBACK_ROWS,
  INCIDENT_ROWS,
  MANIFEST_ROWS,
  NOTIFICATION_ROWS,
  PROFILE_ROWS,
  type RowCodec,
  type RowReader,
  SEGMENT_RECORD_ROWS,
  SEGMENT_WINDOW_ROWS,
  STATE_ROWS,
  VERDICT_ROWS,
  WINDOW_ROWS,
} from "./rows.ts";
import { SEGMENTS, timeColumn, WINDOWS } from "./schema.ts";
import { readVisibleProfiles } from "./segment-visibility.ts";
import { profilesOfRow, rowsOfSegment } from "./segment-windows.ts";
import { fromStoredText, toStoredText } from "./stored-text.ts";
import type { Condition, Selection, TableRows, Tables } from "./tables.ts";

export class TableStore implements Store {
  readonly name: string;
  readonly tablePrefix: string;
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.name = tables.name;
    this.tablePrefix = tables.tablePrefix;
    this.#tables = tables;
  }

  async open(): Promise<void> {
    await this.#tables.open();
    await refuseOldFormat(this.#tables);
  }

  async writeSegments(segments: readonly Segment[]): Promise<void> {
    const rows = segments.flatMap((segment) => rowsOfSegment(segment).map(SEGMENT_WINDOW_ROWS.toCells));
    const manifests = segments.map(({ manifest }) => MANIFEST_ROWS.toCells(manifest));
    await this.#write([
      { table: SEGMENT_WINDOW_ROWS.table, rows },
      { table: MANIFEST_ROWS.table, rows: manifests },
    ]);
  }

  readManifests(topic: string, partition: number, fromOffset: number): Promise<readonly Manifest[]> {
    return this.#read(MANIFEST_ROWS, {
      where: [
        { column: "topic", is: "=", value: topic },
        { column: "topic_partition", is: "=", value: partition },
        { column: "start_offset", is: ">=", value: fromOffset },
      ],
      orderBy: ["start_offset", "end_offset", "shape"],
      limit: ROWS_READ_MAX,
    });
  }

  readManifestsByTime(span: TimeSpan): Promise<readonly Manifest[]> {
    const orderBy = ["started_at", "topic", "topic_partition", "start_offset", "end_offset", "shape"];
    return this.#read(MANIFEST_ROWS, {
      where: spanConditions("started_at", span),
      orderBy,
      limit: ROWS_READ_MAX,
    });
  }

  async readPartitions(): Promise<readonly { readonly topic: string; readonly partition: number }[]> {
    const rows = await this.#tables.query(
      `SELECT topic, topic_partition FROM ${this.tablePrefix}${SEGMENTS.name} ` +
        "GROUP BY topic, topic_partition ORDER BY topic, topic_partition",
      [],
      ROWS_READ_MAX,
    );
    return rows.map((row) => ({ topic: textOf(row["topic"]), partition: Number(row["topic_partition"]) }));
  }

  readSegmentProfiles(
    manifests: readonly Manifest[],
  ): Promise<readonly (readonly SegmentProfile[] | undefined)[]> {
    return readVisibleProfiles(manifests, (selection) => this.#read(SEGMENT_WINDOW_ROWS, selection));
  }

  async readSegmentProfilesOfWindow(
    swimlane: string,
    source: string,
    windowStartMs: number,
  ): Promise<readonly PlacedProfile[]> {
    const rows = await this.#read(SEGMENT_WINDOW_ROWS, {
      where: [
        { column: "window_start", is: "=", value: windowStartMs },
        { column: "swimlane", is: "=", value: swimlane },
        { column: "source", is: "=", value: source },
      ],
      orderBy: ["topic", "topic_partition", "start_offset", "end_offset", "shape", "part"],
      limit: ROWS_READ_MAX,
    });
    return rows.flatMap((row) =>
      profilesOfRow(row).map((profile) => ({ ...profile, manifest: row.manifest })),
    );
  }

  readSegmentRecords(span: Parameters<Store["readSegmentRecords"]>[0]): Promise<readonly SegmentRecords[]> {
    const ties = ["swimlane", "source", "topic", "topic_partition", "start_offset", "end_offset", "shape"];
    const first: Condition = { column: "part", is: "=", value: 0 };
    return this.#readFiltered(SEGMENT_RECORD_ROWS, span, ties, [first]);
  }

  async writeWindows(windows: readonly WindowRow[], profiles: readonly ProfileRow[]): Promise<void> {
    await this.#write([
      { table: PROFILE_ROWS.table, rows: profiles.map(PROFILE_ROWS.toCells) },
      { table: WINDOW_ROWS.table, rows: windows.map(WINDOW_ROWS.toCells) },
    ]);
  }

  readWindows(filter: RowFilter): Promise<readonly WindowRow[]> {
    return this.#readFiltered(WINDOW_ROWS, filter, ["swimlane", "source", "window_size_ms"]);
  }

  readProfiles(filter: RowFilter): Promise<readonly ProfileRow[]> {
    return this.#readFiltered(PROFILE_ROWS, filter, ["swimlane", "source", "window_size_ms", "feature"]);
  }

  async readLanes(): Promise<readonly LaneRow[]> {
    const rows = await this.#tables.query(
      "SELECT swimlane, source, window_size_ms, min(window_start) AS first_window, max(window_start) AS last_window " +
        `FROM ${this.tablePrefix}${WINDOWS.name} GROUP BY swimlane, source, window_size_ms ` +
        "ORDER BY swimlane, source, window_size_ms",
      [],
      ROWS_READ_MAX,
    );
    return rows.map((row) => ({
      swimlane: textOf(row["swimlane"]),
      source: textOf(row["source"]),
      windowSizeMs: Number(row["window_size_ms"]),
      firstWindowMs: (row["first_window"] as Date).getTime(),
      lastWindowMs: (row["last_window"] as Date).getTime(),
    }));
  }

  writeVerdicts(rows: readonly VerdictRow[]): Promise<void> {
    return this.#writeRows(VERDICT_ROWS, rows);
  }

  readVerdicts(filter: Parameters<Store["readVerdicts"]>[0]): Promise<readonly VerdictRow[]> {
    const more: Condition[] = [];
    if (filter.answer !== undefined) more.push({ column: "answer", is: "=", value: filter.answer });
    if (filter.incidentId !== undefined)
      more.push({ column: "incident_id", is: "=", value: filter.incidentId });
    const ties = ["swimlane", "source", "window_size_ms", "feature", "detector"];
    return this.#readFiltered(VERDICT_ROWS, filter, ties, more);
  }

  writeIncidents(rows: readonly IncidentRow[]): Promise<void> {
    return this.#writeRows(INCIDENT_ROWS, rows);
  }

  incidentWriteCount(): Promise<WriteCount> {
    return this.#tables.writeCount(INCIDENT_ROWS.table);
  }

  /**
   * A database whose key must hold the time keeps a second row when an incident's start moves; the one that changed
   * last is the incident. So states and limit are applied after the newest was picked.
   */
  async readIncidents(filter: Parameters<Store["readIncidents"]>[0]): Promise<readonly IncidentRow[]> {
    const { states, id, limit = ROWS_READ_MAX, ...rest } = filter;
    const more: Condition[] = id === undefined ? [] : [{ column: "id", is: "=", value: id }];
    const rows = await this.#readFiltered(INCIDENT_ROWS, rest, ["id"], more);
    const newest = new Map<string, IncidentRow>();
    for (const row of rows) {
      const known = newest.get(row.id);
      if (known === undefined || row.changedAtMs >= known.changedAtMs) newest.set(row.id, row);
    }
    return rows
      .filter((row) => newest.get(row.id) === row && (states === undefined || states.includes(row.state)))
      .slice(0, limit);
  }

  writeNotifications(rows: readonly NotificationRow[]): Promise<void> {
    return this.#writeRows(NOTIFICATION_ROWS, rows);
  }

  readNotifications(incidentId: string): Promise<readonly NotificationRow[]> {
    return this.#read(NOTIFICATION_ROWS, {
      where: [{ column: "incident_id", is: "=", value: incidentId }],
      orderBy: ["notified_at", "notifier", "state"],
      limit: ROWS_READ_MAX,
    });
  }

  writeFeedback(rows: readonly FeedbackRow[]): Promise<void> {
    return this.#writeRows(FEEDBACK_ROWS, rows);
  }

  readFeedback(filter: Parameters<Store["readFeedback"]>[0]): Promise<readonly FeedbackRow[]> {
    const { incidentId, ...rest } = filter;
    const more: Condition[] =
      incidentId === undefined ? [] : [{ column: "incident_id", is: "=", value: incidentId }];
    return this.#readFiltered(FEEDBACK_ROWS, rest, ["incident_id"], more);
  }

  async writeBaseline(baseline: BaselineRow, profiles: readonly BaselineProfileRow[]): Promise<void> {
    await this.#write([
      { table: BASELINE_PROFILE_ROWS.table, rows: profiles.map(BASELINE_PROFILE_ROWS.toCells) },
      { table: BASELINE_ROWS.table, rows: [BASELINE_ROWS.toCells(baseline)] },
    ]);
  }

  readBaselines(filter: Parameters<Store["readBaselines"]>[0]): Promise<readonly BaselineRow[]> {
    const { name, ...rest } = filter;
    const more: Condition[] = name === undefined ? [] : [{ column: "name", is: "=", value: name }];
    return this.#readFiltered(BASELINE_ROWS, rest, ["swimlane", "source", "name"], more);
  }

  async readBaselineProfiles(
    baseline: Parameters<Store["readBaselineProfiles"]>[0],
  ): Promise<readonly BaselineProfileRow[] | undefined> {
    const rows = await this.#read(BASELINE_PROFILE_ROWS, {
      where: [
        { column: "created_at", is: "=", value: baseline.createdAtMs },
        { column: "swimlane", is: "=", value: baseline.swimlane },
        { column: "source", is: "=", value: baseline.source },
        { column: "name", is: "=", value: baseline.name },
      ],
      orderBy: ["feature"],
      limit: ROWS_READ_MAX,
    });
    return rows.length < baseline.profileCount ? undefined : rows;
  }

  writeStates(rows: readonly StateRow[]): Promise<void> {
    return this.#writeRows(STATE_ROWS, rows);
  }

  async readState(key: string): Promise<string | undefined> {
    const where: Condition[] = [{ column: "key", is: "=", value: key }];
    const rows = await this.#read(STATE_ROWS, { where, orderBy: ["key"], limit: 1 });
    return rows[0]?.value;
  }

  readStates(prefix: string): Promise<readonly StateRow[]> {
    const where: Condition[] = [
      { column: "key", is: ">=", value: prefix },
      { column: "key", is: "<", value: after(prefix) },
    ];
    return this.#read(STATE_ROWS, { where, orderBy: ["key"], limit: ROWS_READ_MAX });
  }

  query(
    sql: string,
    parameters: readonly unknown[] = [],
    { rowsMax, timeLimitMs }: QueryLimits = {},
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return this.#tables.query(sql, parameters, rowsMax, timeLimitMs);
  }

  ready(): Promise<boolean> {
    return this.#tables.ready();
  }

  close(): Promise<void> {
    return this.#tables.close();
  }

  async #writeRows<Row>(codec: RowCodec<Row>, rows: readonly Row[]): Promise<void> {
    await this.#write([{ table: codec.table, rows: rows.map(codec.toCells) }]);
  }

  async #write(groups: readonly TableRows[]): Promise<void> {
    const filled = groups.filter((group) => group.rows.length > 0);
    if (filled.length > 0) await this.#tables.write(filled);
  }

  /** Rows by the filter, in the order of the table's time and then of `ties`, so that equal calls answer alike. */
  #readFiltered<Row>(
    codec: RowReader<Row>,
    filter: RowFilter,
    ties: readonly string[],
    more: readonly Condition[] = [],
  ): Promise<readonly Row[]> {
    const time = timeColumn(codec.table).name;
    return this.#read(codec, {
      where: [...filterConditions(codec.table, filter), ...more],
      orderBy: [time, ...ties],
      descending: filter.descending ?? false,
      limit: filter.limit ?? ROWS_READ_MAX,
    });
  }

  async #read<Row>(codec: RowReader<Row>, selection: Selection): Promise<readonly Row[]> {
    const where = selection.where.map(storedCondition);
    const rows = await this.#tables.select(codec.table, { ...selection, where });
    return rows.map(codec.fromCells);
  }
}

/** The least text that is more than all that begin with `prefix`. */
function after(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

/** Texts are compared as they are stored. */
function storedCondition(condition: Condition): Condition {
  const stored = (value: number | string) => (typeof value === "string" ? toStoredText(value) : value);
  if (condition.is === "in") return { ...condition, values: condition.values.map(stored) };
  return { ...condition, value: stored(condition.value) };
}

/** Empty texts are NULL in the tables. */
function textOf(value: unknown): string {
  return typeof value === "string" ? fromStoredText(value) : "";
}
