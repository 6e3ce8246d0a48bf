/** What the API answers about baselines, as types only. */
import type { Severity } from "../../../detectors/contract.ts";
import type { Maybe } from "../wire.ts";

export interface BaselineAnswer {
  readonly swimlane: string;
  readonly source: string;
  readonly name: string;
  /** As it stands behind the "@" of a verdict's detector, and in its explanation. */
  readonly reference: string;
  readonly kind: "imported" | "promoted";
  readonly severity: Severity;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly reason: string;
  readonly origin: string;
  /** Event time of its data. */
  readonly sinceMs: Maybe;
  readonly untilMs: Maybe;
  readonly windowCount: Maybe;
  /** Event time of the windows that are held to it; `null` where it has no such end. */
  readonly heldFromMs: Maybe;
  readonly heldUntilMs: Maybe;
  /** Windows of the span left out because they were anomalous, for at least one feature. */
  readonly excludedCount: number;
  readonly featureCount: number;
  /** `null` while lanes are held to it. */
  readonly retiredAtMs: Maybe;
  readonly retiredBy: string;
  readonly retiredReason: string;
}

export interface BaselinesAnswer {
  /** Newest first. */
  readonly baselines: readonly BaselineAnswer[];
  /** Lanes that the asked one is compared with at the same time, by the configuration. */
  readonly lanes: readonly string[];
}

export interface PromotedAnswer extends BaselineAnswer {
  /** By feature, windows that were left out because they were anomalous. */
  readonly excluded: Readonly<Record<string, number>>;
}
