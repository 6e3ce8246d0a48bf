/**
 * What the API answers, as types only: the server fills them in and the page reads them, so that neither can drift.
 * JSON knows no NaN: a number that is not there is `null`. Times are epoch milliseconds, UTC.
 */
import type { Answer, ExplanationPart, FeatureKind, Severity } from "../../detectors/contract.ts";

/** A number, or nothing where nothing was measured. */
export type Maybe = number | null;

/**
 * How a lane is doing, worst first. `silent`: its newest window is older than it may be. `learning`: windows come,
 * but its records cannot be judged yet. `unknown`: windows come, and nothing judges them.
 */
export const HEALTHS = ["page", "warn", "silent", "unknown", "learning", "ok"] as const;
export type Health = (typeof HEALTHS)[number];

export interface FailureAnswer {
  /** Stable, machine-readable. */
  readonly error: string;
  /** What was wrong, with the value that was. */
  readonly detail: string;
  /** What to do next. */
  readonly next: string;
}

export interface StatusAnswer {
  readonly version: string;
  readonly nowMs: number;
  readonly eventNowMs: number;
  readonly startedAtMs: number;
  readonly dependencies: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
  readonly progress: readonly { readonly name: string; readonly value: string; readonly ok: boolean }[];
}

export interface LaneAnswer {
  readonly swimlane: string;
  readonly health: Health;
  /** One sentence: why it has that health. */
  readonly reason: string;
  readonly sources: readonly SourceAnswer[];
  readonly windowSizeMs: number;
  /** `null` until its first window. */
  readonly lastWindowMs: Maybe;
  readonly firstWindowMs: Maybe;
  /** Records of the newest window, over all sources. */
  readonly lastRecordCount: Maybe;
  /** Records by window, oldest first, over all sources; `null` where no window was merged. */
  readonly recentCounts: readonly Maybe[];
  /** Start of the first of `recentCounts`. */
  readonly recentStartMs: Maybe;
  /** Unresolved incidents, worst first. */
  readonly incidents: readonly {
    readonly id: string;
    readonly title: string;
    readonly severity: Severity;
    readonly startMs: number;
  }[];
  readonly budget: BudgetAnswer;
}

export interface SourceAnswer {
  readonly source: string;
  readonly lastWindowMs: number;
  readonly lastRecordCount: Maybe;
}

/** Pages that a lane caused in the last four weeks, beside the false ones its owner accepts in that time. */
export interface BudgetAnswer {
  readonly perWeek: number;
  readonly accepted: number;
  readonly pages: number;
  /** Pages that its owner's fixed limits alone caused; not among `pages`. */
  readonly limitPages: number;
  readonly spanMs: number;
}

export interface LanesAnswer {
  readonly nowMs: number;
  readonly eventNowMs: number;
  /** Lanes that match, before paging. */
  readonly total: number;
  readonly offset: number;
  readonly healthCounts: Readonly<Record<Health, number>>;
  readonly openIncidents: number;
  readonly lanes: readonly LaneAnswer[];
}

export interface FeatureAnswer {
  readonly source: string;
  readonly feature: string;
  readonly kind: "feature" | "metric";
  readonly valueKind: FeatureKind;
  /** Worst unresolved or newest answer: `page`, `warn`, `info`, or none. */
  readonly alarm: Severity | null;
  /** Newest verdict's answer over its detectors, worst first. */
  readonly answer: Answer | null;
  readonly nullShare: Maybe;
}

export interface FeaturesAnswer {
  readonly swimlane: string;
  readonly windowSizeMs: number;
  readonly sources: readonly string[];
  readonly features: readonly FeatureAnswer[];
}

/** A verdict as a mark on a chart. */
export interface MarkAnswer {
  readonly startMs: number;
  readonly endMs: number;
  readonly detector: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly incidentId: string;
}

/** One feature over time, by column: `startMs[i]` goes with every other column's `[i]`. */
export interface SeriesAnswer {
  readonly feature: string;
  readonly startMs: readonly number[];
  readonly count: readonly Maybe[];
  /** Of the records that had the feature. */
  readonly nullShare: readonly Maybe[];
  readonly mean: readonly Maybe[];
  readonly p05: readonly Maybe[];
  readonly p25: readonly Maybe[];
  readonly p50: readonly Maybe[];
  readonly p75: readonly Maybe[];
  readonly p95: readonly Maybe[];
  readonly expected: readonly Maybe[];
  readonly lower: readonly Maybe[];
  readonly upper: readonly Maybe[];
  /** The most frequent categories over the span with their share of a point's strings and booleans. */
  readonly categories: readonly { readonly name: string; readonly share: readonly Maybe[] }[];
  readonly marks: readonly MarkAnswer[];
}

export interface SeriesListAnswer {
  readonly swimlane: string;
  readonly source: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Of the stored windows that were read. */
  readonly windowSizeMs: number;
  /** Of a point: one window, or several merged. */
  readonly stepMs: number;
  /** True when the span held more windows than one answer may read; the oldest were left out. */
  readonly truncated: boolean;
  readonly series: readonly SeriesAnswer[];
}

/** One bar of a comparison; shares of all the feature's values on that side. */
export interface BarAnswer {
  readonly label: string;
  /** Half-open bin of numbers; `null` for a category and where the bin has no end. */
  readonly from: Maybe;
  readonly to: Maybe;
  readonly reference: number;
  readonly current: number;
  readonly note: "" | "new" | "gone";
}

export interface SideAnswer {
  readonly name: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly windowCount: number;
  readonly recordCount: number;
  readonly presentCount: number;
  readonly nullShare: Maybe;
  readonly missingShare: Maybe;
  readonly distinctCount: Maybe;
  readonly mean: Maybe;
  readonly deviation: Maybe;
  readonly min: Maybe;
  readonly p05: Maybe;
  readonly p50: Maybe;
  readonly p95: Maybe;
  readonly max: Maybe;
}

export interface DistributionAnswer {
  readonly swimlane: string;
  readonly source: string;
  readonly feature: string;
  readonly valueKind: FeatureKind;
  readonly windowSizeMs: number;
  readonly current: SideAnswer;
  /** `null` when no earlier window is stored. */
  readonly reference: SideAnswer | null;
  readonly numbers: readonly BarAnswer[];
  readonly categories: readonly BarAnswer[];
  readonly verdicts: readonly VerdictAnswer[];
}

export interface VerdictAnswer {
  /** What `lanewatch explain` and `GET /v1/explain` take. */
  readonly name: string;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly swimlane: string;
  readonly source: string;
  readonly feature: string;
  readonly detector: string;
  readonly revision: number;
  readonly answer: Answer;
  readonly severity: Severity;
  readonly statistic: Maybe;
  readonly threshold: Maybe;
  readonly effect: Maybe;
  readonly significance: Maybe;
  readonly sketchError: Maybe;
  readonly incidentId: string;
  readonly summary: string;
  readonly explanation: ExplanationAnswer;
}

/** What could be read of a verdict's or an incident's stored explanation. */
export interface ExplanationAnswer {
  readonly parts: readonly ExplanationPart[];
  readonly reference: string;
  /** Of a series: what came, what was expected, and beyond which it would have been anomalous. */
  readonly value: Maybe;
  readonly expected: Maybe;
  readonly lower: Maybe;
  readonly upper: Maybe;
}

export interface VerdictsAnswer {
  readonly truncated: boolean;
  readonly verdicts: readonly VerdictAnswer[];
}
