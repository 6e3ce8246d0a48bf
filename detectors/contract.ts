/**
 * All that a detector sees, and all that it may answer.
 *
 * A detector is a pure pair of functions over a memory that it owns:
 * `judge` answers for one window from (reference, current, memory); `learn` folds an accepted window into the
 * memory. No clock, no I/O, no randomness: the same windows in the same order give the same verdicts, which is
 * how `lanewatch explain` reproduces a number and how a restarted worker goes on where another stopped.
 *
 * This file imports nothing, so that a detector written outside this repository can be held to it by type alone.
 */

/** One test's answer. `insufficient` (too few rows, too little history) never pages and never passes a gate. */
export type Answer = "ok" | "anomalous" | "insufficient";

/** How loudly an anomalous verdict may speak. The page budget may lower what a detector asks for, never raise it. */
export type Severity = "page" | "warn" | "info";

/** What a feature's values look like in its reference; decides which detectors hold it. */
export type FeatureKind = "numeric" | "discrete" | "flag" | "category" | "id" | "empty";

/** A category and how many records carried it (at most `categoryErrorMax` too few). */
export interface CategoryCount {
  readonly name: string;
  readonly count: number;
}

/** Read-only view of one feature's values over one window, or over the merge of several. Counts are exact. */
export interface DistributionSnapshot {
  /** Records of the swimlane and source in the window, with or without this feature. */
  readonly recordCount: number;
  /** Records that had the feature, `null` included. `recordCount - presentCount` lacked it. */
  readonly presentCount: number;
  readonly nullCount: number;
  /** Values by JSON type. Elements of an array count one each, so they may exceed `presentCount`. */
  readonly numberCount: number;
  readonly stringCount: number;
  readonly booleanCount: number;
  /** Numbers that are NaN or infinite; not part of `values`, moments, `min`, `max`. */
  readonly nonFiniteCount: number;
  readonly zeroCount: number;
  /** Empty strings. */
  readonly emptyCount: number;
  /** Of the finite numbers; NaN when there are none. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Population variance. */
  readonly variance: number;
  readonly skewness: number;
  /** Excess kurtosis. */
  readonly kurtosis: number;
  /** Distinct finite values kept by the quantile sketch, ascending. Every one is a value that really occurred. */
  readonly values: Float64Array;
  /** Numbers at or below `values[i]`; the last equals the count of finite numbers. */
  readonly cumulativeCounts: Float64Array;
  /** Most that a rank from `values` may be off, as a share of the finite numbers; 0 when every value is kept. */
  readonly rankErrorMax: number;
  /** Most frequent strings (booleans as "true" and "false"), most frequent first. */
  readonly categories: readonly CategoryCount[];
  /** Most that a category's count may be too low; 0 when every category is kept. Kept and other counts add up. */
  readonly categoryErrorMax: number;
  /** Strings and booleans whose category is not in `categories`. */
  readonly categoryOtherCount: number;
  /** Estimate of how many distinct strings or booleans there were; exact while all are kept. */
  readonly distinctCount: number;
}

/** One value of a series: a count of records, or a metric that a pipeline computed. */
export interface SeriesPoint {
  /** Half-open window in event time, epoch milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  /** NaN when nothing was measured. A count of records is 0, never NaN, when none came. */
  readonly value: number;
}

/** A span in which the lane's owner knows that the data will look different; verdicts there are not learned from. */
export interface KnownEvent {
  readonly startMs: number;
  readonly endMs: number;
  readonly name: string;
}

/** What stays the same from window to window of one judged thing, the known events aside. */
export interface DetectorContext {
  readonly swimlane: string;
  readonly source: string;
  /** The feature or metric; "*" for the swimlane's records as a whole. */
  readonly feature: string;
  readonly windowSizeMs: number;
  /** IANA zone by whose wall clock hour-of-day and day-of-week seasons run. "UTC" by default. */
  readonly timeZone: string;
  /**
   * False pages a week that what is judged here may cause: a series detector's own part of the lane's budget, or the
   * part that all features share.
   */
  readonly pageBudgetPerWeek: number;
  /** Tests side by side (features × detectors) among which that part is divided; 1 for a series. */
  readonly familySize: number;
  /** Those that touch the window at hand; of an event that recurs, the occurrences that do. */
  readonly knownEvents: readonly KnownEvent[];
}

/** A part of an explanation: a bin, a category, a channel. The contributions sum to the verdict's `statistic`. */
export interface ExplanationPart {
  readonly label: string;
  /** Share (0 to 1) or value in the reference, and in the current window. */
  readonly reference: number;
  readonly current: number;
  readonly contribution: number;
}

export interface Verdict {
  readonly answer: Answer;
  /** The detector's own number, in the unit its README states. NaN when `insufficient`. */
  readonly statistic: number;
  /** What `statistic` was held against. NaN when `insufficient`. */
  readonly threshold: number;
  /** Size in a unit that the owner understands: a ratio, a share, a distance in [0, 1]. */
  readonly effect: number;
  /** −log10 of the p-value under "nothing changed", after what the sketch's error explains. 0 = no evidence. */
  readonly significance: number;
  /** How far sketch error alone could have moved `statistic`. 0 when both sides are exact. */
  readonly sketchError: number;
  /** The most that this verdict may cause. */
  readonly severity: Severity;
  /** True for a sign that needs no statistics: a lane silent, a type changed, a feature gone. Skips persistence. */
  readonly certain: boolean;
  /**
   * True when `significance` already rests on rates that the detector learned from the lane (of values never seen,
   * say), so that the auditor's discount by the past would only make it deaf. @default false
   */
  readonly selfCalibrated?: boolean;
  /** One sentence for a person: what changed, from what, to what. */
  readonly summary: string;
  /** Kept of an anomalous verdict only: where nothing is wrong they need not be made. */
  readonly parts: readonly ExplanationPart[];
}

/** What a series is of: a lane's records, a metric that counts (no value is 0), or one that measures (no value is a gap). */
export type SeriesSubject = "records" | "count" | "gauge";

/** A detector that holds one series (record counts, metrics) to its own past. */
export interface SeriesDetector<Options = unknown, Memory = unknown> {
  readonly input: "series";
  /** Kebab-case, unique, the folder's name. */
  readonly name: string;
  /** One line for the catalog. */
  readonly summary: string;
  /** The series that it judges. @default all */
  readonly subjects?: readonly SeriesSubject[];
  readonly defaults: Options;
  /**
   * Of the memory's shape. Raise it with any change to the shape: a stored memory of another version is not handed
   * to `step`, the detector learns anew instead. @default 1
   */
  readonly memoryVersion?: number;
  /** The memory before any window was seen. Plain data: structured clone must keep it whole. */
  start(context: DetectorContext, options: Options): Memory;
  /**
   * Judges `point`, given the memory of all points before it, and folds it in.
   * Windows come in order, each once; `memory` is handed over and may be changed in place and returned.
   */
  step(point: SeriesPoint, memory: Memory, context: DetectorContext, options: Options): SeriesStep<Memory>;
}

export interface SeriesStep<Memory> {
  readonly verdict: Verdict;
  readonly memory: Memory;
  /** What the detector had expected of this window, for the chart; NaN while it is learning. */
  readonly expected: number;
  /** Below (or above) which it would have been anomalous; NaN where it has no such side. */
  readonly lowerLimit: number;
  readonly upperLimit: number;
  /**
   * True while this series could not have paged whatever came: too little known, or not of the detector's kind. Its
   * part of the page budget then goes to the lane's other detectors. @default false
   */
  readonly idle?: boolean;
}

/**
 * How much more the lane's own accepted windows differ from this reference than sampling explains. Each number is
 * 1/ν, "as if every window were drawn from a population of its own of ν rows": add it to 1/n + 1/N wherever a
 * variance is 1/n + 1/N. 0 on a lane whose windows are alike; the auditor estimates it from the past.
 */
export interface Overdispersion {
  /** For gaps between cumulative distributions (KS). */
  readonly ranks: number;
  /** For shares of cells and of categories (Pearson, PSI). */
  readonly cells: number;
  /** For the share of nulls. */
  readonly nulls: number;
}

/** A distribution to be held to, and what is known of how much it moves by itself. */
export interface Reference {
  /** The policy that picked it: "trailing", "same-hour", "pinned:2026-10", "lane:prod", … */
  readonly name: string;
  readonly snapshot: DistributionSnapshot;
  /** Windows merged into it. */
  readonly windowCount: number;
  /** All 0 (or left out) where nothing is known yet. */
  readonly overdispersion?: Overdispersion;
}

/**
 * What a distribution detector is held to.
 * - "baseline" (the default): the merge of the accepted windows that predict this one best (all of them, the last
 *   day, the same hour of the week, …). Reference and current lie on the same cells: `values` are the same upper
 *   edges on both sides, and `categories` the same names in the same order, so they compare index by index.
 * - "frozen": what the feature looked like when judging began, which later windows never change; current is the
 *   window as it came, every value kept. For signs such as "never seen before".
 */
export type HeldTo = "baseline" | "frozen";

/**
 * A detector that holds one feature's distribution in a window to a reference.
 *
 * Its `significance` should be honest for windows of independent records; the auditor then discounts it by what the
 * same detector has said of the lane's accepted past, so a detector need not know about seasons or clumps. It pages
 * only when that discounted significance passes the limit that the page budget leaves it.
 */
export interface DistributionDetector<Options = unknown, Memory = unknown> {
  readonly input: "distribution";
  readonly name: string;
  readonly summary: string;
  readonly defaults: Options;
  /** Kinds of feature that it can judge. */
  readonly featureKinds: readonly FeatureKind[];
  /** @default "baseline" */
  readonly heldTo?: HeldTo;
  /**
   * True where a handful of records says nothing: such a window is left to the hour or day that it belongs to.
   * Signs that one record can give (a type, a name never seen) need no mass. @default false
   */
  readonly needsMass?: boolean;
  start(context: DetectorContext, options: Options): Memory;
  /** Pure: changes neither memory nor snapshots. */
  judge(
    reference: Reference,
    current: DistributionSnapshot,
    memory: Memory,
    context: DetectorContext,
    options: Options,
  ): Verdict;
  /**
   * Folds an accepted (complete, not anomalous) window into the memory, which is handed over. Also called, without
   * a judgement before it (`verdict.answer` is "insufficient"), for every window of the reference itself.
   */
  learn(
    reference: Reference,
    current: DistributionSnapshot,
    verdict: Verdict,
    memory: Memory,
    context: DetectorContext,
    options: Options,
  ): Memory;
}

export type Detector<Options = unknown, Memory = unknown> =
  | SeriesDetector<Options, Memory>
  | DistributionDetector<Options, Memory>;
