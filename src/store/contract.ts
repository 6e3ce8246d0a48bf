/**
 * What a store owes the rest. Every write is idempotent: the same rows under the same keys change nothing, so that
 * a restarted process may write again. A write resolves only when the store has acknowledged it; whether its rows
 * can already be read is another matter (QuestDB applies later), which is why manifests carry a row count.
 */
import type { Answer, Severity } from "../../detectors/contract.ts";
import type {
  Manifest,
  Placed,
  PlacedProfile,
  ProfileKind,
  Segment,
  SegmentProfile,
} from "../segment/manifest.ts";
import type { Profile } from "../sketch/profile.ts";

/** A half-open span of event time, epoch milliseconds. */
export interface TimeSpan {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Which rows of a table by swimlane, source, feature are meant; what is left out matches all. */
export interface RowFilter extends Partial<TimeSpan> {
  readonly swimlane?: string;
  /** Any of these. */
  readonly swimlanes?: readonly string[];
  readonly source?: string;
  readonly feature?: string;
  readonly windowSizeMs?: number;
  /** Newest first when true. @default false */
  readonly descending?: boolean;
  /** Most rows. @default 100_000 */
  readonly limit?: number;
}

/** Records of a lane's window that one segment holds. Table `segment_windows`, without the profiles. */
export interface SegmentRecords extends Placed {
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
  readonly swimlane: string;
  readonly source: string;
  readonly recordCount: number;
}

/** One merged window of a lane and source. Table `windows`. */
export interface WindowRow {
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
  readonly swimlane: string;
  readonly source: string;
  /** 1 when first merged; one more each time late data changed it. */
  readonly revision: number;
  readonly recordCount: number;
  /** Profiles that belong to this revision. */
  readonly profileCount: number;
  /** Segments merged into it. */
  readonly segmentCount: number;
  /** Wall clock; says how fresh the row is, decides nothing. */
  readonly mergedAtMs: number;
}

/** One merged profile. Table `profiles`. */
export interface ProfileRow {
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
  readonly swimlane: string;
  readonly source: string;
  readonly feature: string;
  readonly kind: ProfileKind;
  readonly revision: number;
  /** Records of the lane and source in the window. */
  readonly recordCount: number;
  readonly profile: Profile;
}

/** One test's answer on one window. Table `verdicts`. */
export interface VerdictRow {
  readonly windowStartMs: number;
  readonly windowSizeMs: number;
  readonly swimlane: string;
  readonly source: string;
  /** The feature or metric; "*" for the lane's records as a whole. */
  readonly feature: string;
  readonly detector: string;
  /** The window's revision that was judged. */
  readonly revision: number;
  readonly answer: Answer;
  readonly severity: Severity;
  readonly statistic: number;
  readonly threshold: number;
  readonly effect: number;
  readonly significance: number;
  readonly sketchError: number;
  /** "" when it belongs to no incident. */
  readonly incidentId: string;
  readonly summary: string;
  /** JSON: parts with contributions, the reference's name and windows, expected value and limits of a series. */
  readonly explanation: string;
}

export type IncidentState = "pending" | "open" | "acknowledged" | "resolved";

/** The newest state of an incident. Table `incidents`. */
export interface IncidentRow {
  readonly id: string;
  readonly swimlane: string;
  readonly state: IncidentState;
  readonly severity: Severity;
  /** Event time: start of the first anomalous window, end of the last. */
  readonly startMs: number;
  readonly endMs: number;
  /** Event time at which its state last changed. */
  readonly changedAtMs: number;
  /** NaN until resolved. */
  readonly resolvedAtMs: number;
  readonly title: string;
  /** "feature:detector" of every anomaly that joined, sorted, with commas between. */
  readonly members: string;
  readonly verdictCount: number;
  /** JSON: what, where, since when, how much, likely cause, SQL that reproduces it. */
  readonly explanation: string;
  readonly acknowledgedBy: string;
}

/** One delivery to a notifier. Table `notifications`: the pager's log, so that a restart never pages twice. */
export interface NotificationRow {
  readonly incidentId: string;
  readonly notifier: string;
  /** The incident's state that was told. */
  readonly state: IncidentState;
  readonly atMs: number;
  readonly outcome: "sent" | "failed";
  readonly detail: string;
}

/**
 * What a person made of an incident. `real`: rightly told, and still there. `fixed`: it was real and is over. `noise`:
 * nobody should have been told. `expected`: a change that was meant.
 */
export type FeedbackLabel = "real" | "noise" | "expected" | "fixed";

/** Table `feedback`. */
export interface FeedbackRow {
  /** Wall clock. */
  readonly atMs: number;
  readonly incidentId: string;
  readonly swimlane: string;
  readonly severity: Severity;
  readonly label: FeedbackLabel;
  readonly givenBy: string;
  readonly reason: string;
  /** Event time: windows that start from here on are judged in its light. */
  readonly appliesFromMs: number;
  /** JSON, see audit/feedback.ts. */
  readonly anomalies: string;
}

/** What names a baseline: of several with one name, all but the newest are retired. */
export interface BaselineKey {
  /** Wall clock at which it was made. */
  readonly createdAtMs: number;
  readonly swimlane: string;
  readonly source: string;
  readonly name: string;
}

/** Something that a lane is held to beside its own past. Table `baselines`. */
export interface BaselineRow extends BaselineKey {
  /** Profiles made elsewhere, or merged from stored windows. */
  readonly kind: "imported" | "promoted";
  /** The most that its verdicts may cause. */
  readonly severity: Severity;
  readonly createdBy: string;
  readonly reason: string;
  /** Files that it came from; "" when promoted. */
  readonly origin: string;
  /** Event time of its data; NaN when not known. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Windows merged into it; NaN when not known. */
  readonly windowCount: number;
  /** Windows left out because they were anomalous, for at least one feature. */
  readonly excludedCount: number;
  readonly profileCount: number;
  /** Event time of the windows that are held to it; NaN where it has no such end. */
  readonly heldFromMs: number;
  readonly heldUntilMs: number;
  readonly changedAtMs: number;
  /** NaN until nothing is held to it any more. */
  readonly retiredAtMs: number;
  readonly retiredBy: string;
  readonly retiredReason: string;
}

/** One feature of a baseline. Table `baseline_profiles`. */
export interface BaselineProfileRow extends BaselineKey {
  readonly feature: string;
  /** Records behind it, with or without this feature. */
  readonly recordCount: number;
  /** What was given: of `counts`, `numbers`, `names`, `distinct`, with blanks between. The rest says nothing. */
  readonly known: string;
  readonly profile: Profile;
}

/** Small durable state by key (an auditor's memory, the frontier), replaced whole. Table `states`. */
export interface StateRow {
  readonly key: string;
  readonly value: string;
}

/** Bounds of one query. */
export interface QueryLimits {
  /** Most rows given back. @default the store's `queryRowsMax` */
  readonly rowsMax?: number;
  /** Past it the query is given up (STORE_QUERY_TIMEOUT). @default the store's own */
  readonly timeLimitMs?: number;
}

export interface Store {
  readonly name: string;
  /** Before the names of docs/reference/tables.md, in SQL given to `query`. Mostly "". */
  readonly tablePrefix: string;
  /** Makes the tables that are missing; refuses (STORE_SCHEMA_MISMATCH) ones that another version made differently. */
  open(): Promise<void>;
  /** Writes profiles first, then manifests; resolves when all are acknowledged. */
  writeSegments(segments: readonly Segment[]): Promise<void>;
  /**
   * Manifests that start at `fromOffset` or later, of any shape, ordered by start, end, shape; at most 100,000: where
   * there are more, walk on from the last one's start.
   */
  readManifests(topic: string, partition: number, fromOffset: number): Promise<readonly Manifest[]>;
  /** Manifests whose `startedAtMs` lies in the span, over all topics. */
  readManifestsByTime(span: TimeSpan): Promise<readonly Manifest[]>;
  /** Every (topic, partition) that has a manifest. */
  readPartitions(): Promise<readonly { readonly topic: string; readonly partition: number }[]>;
  /** Rows of the given segments, in their order; `undefined` for one whose rows are not all visible yet. */
  readSegmentProfiles(
    manifests: readonly Manifest[],
  ): Promise<readonly (readonly SegmentProfile[] | undefined)[]>;
  /** Rows of all visible segments for the given windows of a lane and source (the caller keeps those on the path). */
  readSegmentProfilesOfWindow(
    swimlane: string,
    source: string,
    windowStartMs: number,
  ): Promise<readonly PlacedProfile[]>;
  /** How many records of which lanes all visible segments hold, by window; at most `limit` rows. */
  readSegmentRecords(
    span: Pick<RowFilter, "sinceMs" | "untilMs" | "limit">,
  ): Promise<readonly SegmentRecords[]>;
  /**
   * Writes the profiles first, then the windows. Both replace the rows of an earlier revision: a reader who sees
   * fewer than `profileCount` profiles with the window's revision has come between the two, and reads again.
   */
  writeWindows(windows: readonly WindowRow[], profiles: readonly ProfileRow[]): Promise<void>;
  readWindows(filter: RowFilter): Promise<readonly WindowRow[]>;
  readProfiles(filter: RowFilter): Promise<readonly ProfileRow[]>;
  /** The known (swimlane, source, windowSizeMs) with first and last window. */
  readLanes(): Promise<readonly LaneRow[]>;
  writeVerdicts(rows: readonly VerdictRow[]): Promise<void>;
  readVerdicts(
    filter: RowFilter & { readonly answer?: Answer; readonly incidentId?: string },
  ): Promise<readonly VerdictRow[]>;
  writeIncidents(rows: readonly IncidentRow[]): Promise<void>;
  /** By `startMs` in the filter's span; one row an incident, the one that changed last. */
  readIncidents(
    filter: RowFilter & { readonly id?: string; readonly states?: readonly IncidentState[] },
  ): Promise<readonly IncidentRow[]>;
  /** How far readers of the incidents see: who takes them over reads them once they show all that was written before. */
  incidentWriteCount(): Promise<WriteCount>;
  writeNotifications(rows: readonly NotificationRow[]): Promise<void>;
  readNotifications(incidentId: string): Promise<readonly NotificationRow[]>;
  writeFeedback(rows: readonly FeedbackRow[]): Promise<void>;
  /** By the time it was given, all that was ever said of each incident; the span is of wall clock. */
  readFeedback(
    filter: Pick<RowFilter, "swimlane" | "sinceMs" | "untilMs" | "limit" | "descending"> & {
      readonly incidentId?: string;
    },
  ): Promise<readonly FeedbackRow[]>;
  /** Writes the profiles first, then the row that vouches for them. Both replace what is there under their keys. */
  writeBaseline(baseline: BaselineRow, profiles: readonly BaselineProfileRow[]): Promise<void>;
  /** By the time they were made, the retired ones too. */
  readBaselines(
    filter: Pick<RowFilter, "swimlane" | "source"> & { readonly name?: string },
  ): Promise<readonly BaselineRow[]>;
  /** By feature; `undefined` while not all `profileCount` of them are visible. */
  readBaselineProfiles(
    baseline: BaselineKey & Pick<BaselineRow, "profileCount">,
  ): Promise<readonly BaselineProfileRow[] | undefined>;
  writeStates(rows: readonly StateRow[]): Promise<void>;
  readState(key: string): Promise<string | undefined>;
  /** Those whose key begins with `prefix`, by key: what was written before any of them is among them, or not theirs. */
  readStates(prefix: string): Promise<readonly StateRow[]>;
  /** Read-only SQL in the store's own dialect, for metrics defined in SQL and `explain`. Bounded rows. */
  query(
    sql: string,
    parameters?: readonly unknown[],
    limits?: QueryLimits,
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** True when it answers and applies what it acknowledged. */
  ready(): Promise<boolean>;
  close(): Promise<void>;
}

/** How far readers of a table see: all that was acknowledged before a look is shown once `shown` has come as far as `acknowledged` was. */
export interface WriteCount {
  readonly acknowledged: number;
  readonly shown: number;
}

export interface LaneRow {
  readonly swimlane: string;
  readonly source: string;
  readonly windowSizeMs: number;
  readonly firstWindowMs: number;
  readonly lastWindowMs: number;
}
