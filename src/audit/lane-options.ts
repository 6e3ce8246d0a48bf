/** What an auditor is told of the lane and source that it judges. */
import type { Detector, FeatureKind } from "../../detectors/contract.ts";
import type { CalendarEvent } from "./known-events.ts";
import type { OwnerLimit } from "./limits.ts";
import type { MetricOptions } from "./series-audit.ts";

export interface LaneAuditorOptions {
  readonly swimlane: string;
  readonly source: string;
  readonly windowSizeMs: number;
  readonly detectors: readonly Detector[];
  /** By detector name; what is left out takes the detector's defaults. */
  readonly detectorOptions: Readonly<Record<string, unknown>>;
  readonly pageBudgetPerWeek: number;
  readonly timeZone: string;
  readonly knownEvents: readonly CalendarEvent[];
  /** Pinned: windows that start before it are the reference, and nothing is alerted in them. */
  readonly referenceUntilMs?: number;
  readonly metrics?: Readonly<Record<string, MetricOptions>>;
  readonly features?: Readonly<Record<string, { readonly kind?: FeatureKind }>>;
  /** The owner's fixed bounds that concern this lane and source; they cost nothing of the page budget. */
  readonly limits?: readonly OwnerLimit[];
  /** Left out where the lane is judged at one size of windows only. */
  readonly sizes?: WindowSizes;
}

/** A lane's windows are judged at several sizes side by side, each by an auditor of its own. */
export interface WindowSizes {
  /** Sizes, this one included: they share what the lane's features have of the page budget. */
  readonly count: number;
  /** The next larger size, as a person would say it; undefined for the largest. */
  readonly leavesTo: string | undefined;
  /** For windows merged from smaller ones: accepted windows before anything is alerted. Undefined for the lane's own. */
  readonly historyWindowsMin: number | undefined;
}
