/**
 * What may each test of a lane cause in the window at hand? The owner's page budget, divided among the swimlane's sources,
 * the lane's series and features, the sizes of its windows and all that a feature is compared with.
 */
import type { DetectorContext, SeriesDetector, SeriesSubject } from "../../../detectors/contract.ts";
import { type AuditedLane, type AuditedWindow, subjectOf } from "../audited-lane.ts";
import { budgetShares, type Shares } from "./budget-shares.ts";
import { type AlertLimits, alertLimits } from "./page-budget.ts";

/** What features have of the page budget at least (budget-shares.ts): an auditor of larger windows sees no series. */
const FEATURES_SHARE_MIN = 1 / 3;

/** What the lane's features have. */
export interface FeaturesBudget {
  readonly limits: AlertLimits;
  readonly contextOf: (feature: string) => DetectorContext;
}

export class LaneBudget {
  readonly #lane: AuditedLane;
  readonly #shares: Shares;
  readonly #window: Pick<AuditedWindow, "references" | "knownEvents">;

  /** @param lane with the memory of before the window. */
  constructor(lane: AuditedLane, window: Pick<AuditedWindow, "references" | "knownEvents">) {
    this.#lane = lane;
    this.#shares = sharesOf(lane);
    this.#window = window;
  }

  /** For one detector of one series. @param series a metric's name, or "*" for the record count. */
  contextOf(series: string, subject: SeriesSubject, detector: SeriesDetector): DetectorContext {
    const share = subject === "records" ? this.#shares.ofRecords(detector) : this.#shares.metric;
    return this.#context(series, 1, share);
  }

  /** To be asked once for a window, after its new features were admitted: each of the lane's features is counted. */
  ofFeatures(): FeaturesBudget {
    const { memory, options, distributions } = this.#lane;
    const share = this.#featuresShare();
    // A feature is tested against the lane's own past and against every named reference; all share the budget.
    const comparisonCount = 1 + this.#window.references.length;
    const featureCount = Math.max(1, Object.keys(memory.features).length);
    const familySize = featureCount * Math.max(1, distributions.length) * comparisonCount;
    return {
      limits: alertLimits({
        pageBudgetPerWeek: share * this.#ownPerWeek(),
        windowSizeMs: options.windowSizeMs,
        featureCount: featureCount * comparisonCount,
      }),
      contextOf: (feature) => this.#context(feature, familySize, share),
    };
  }

  /** @param share of the lane's page budget that goes to what is judged in this context. */
  #context(feature: string, familySize: number, share: number): DetectorContext {
    const { swimlane, source, windowSizeMs, timeZone } = this.#lane.options;
    const { knownEvents } = this.#window;
    const pageBudgetPerWeek = share * this.#ownPerWeek();
    return { swimlane, source, feature, windowSizeMs, timeZone, pageBudgetPerWeek, familySize, knownEvents };
  }

  #ownPerWeek(): number {
    const { options, memory } = this.#lane;
    return options.pageBudgetPerWeek / (memory.sourceCount ?? 1);
  }

  /** Of it, for the lane's features in windows of this size. */
  #featuresShare(): number {
    const { sizes } = this.#lane.options;
    const share = sizes?.historyWindowsMin === undefined ? this.#shares.features : FEATURES_SHARE_MIN;
    return share / (sizes?.count ?? 1);
  }
}

function sharesOf({ options, memory, series }: AuditedLane): Shares {
  const metrics = new Map(Object.keys(memory.metrics).map((name) => [name, subjectOf(options, name)]));
  const hasFeatures = Object.keys(memory.features).length > 0;
  return budgetShares(memory.awake, memory.lastWindowStartMs, series, metrics, hasFeatures);
}
