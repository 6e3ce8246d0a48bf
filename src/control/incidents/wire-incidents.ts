/** What the API answers about incidents, as types only; see wire.ts for what holds of all of them. */
import type { ExplanationPart, Severity } from "../../../detectors/contract.ts";
import type { IncidentState } from "../../store/contract.ts";
import type { Maybe } from "../wire.ts";
import type { FeedbackAnswer } from "./wire-feedback.ts";

export interface IncidentAnswer {
  readonly id: string;
  readonly swimlane: string;
  readonly state: IncidentState;
  readonly severity: Severity;
  readonly title: string;
  /** Event time: start of the first anomalous window, end of the last. */
  readonly startMs: number;
  readonly endMs: number;
  readonly changedAtMs: number;
  readonly resolvedAtMs: Maybe;
  readonly members: readonly { readonly feature: string; readonly detector: string }[];
  readonly verdictCount: number;
  readonly acknowledgedBy: string;
  readonly story: StoryAnswer;
}

/** What the incident stage wrote for people, as far as it could be read. In lists only `what`, `cause`, `closing` are filled in. */
export interface StoryAnswer {
  readonly what: string;
  readonly sources: readonly string[];
  readonly howMuch: string;
  /** The likeliest cause. */
  readonly cause: string;
  /** Why it ended; "" while it has not. */
  readonly closing: string;
  /** The incident above it, or "". */
  readonly parentId: string;
  readonly children: readonly string[];
  readonly causes: readonly string[];
  readonly together: readonly TogetherAnswer[];
  readonly witnesses: readonly WitnessAnswer[];
  readonly sql: readonly string[];
}

export interface TogetherAnswer {
  readonly feature: string;
  readonly detectors: readonly string[];
  readonly windowCount: number;
  readonly firstMs: number;
}

/** An anomalous verdict that says most about the incident, with its parts before and after. */
export interface WitnessAnswer {
  /** The verdict's name for `lanewatch explain`; "" in rows of older versions. */
  readonly verdict: string;
  readonly source: string;
  readonly feature: string;
  readonly detector: string;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly severity: Severity;
  readonly statistic: Maybe;
  readonly threshold: Maybe;
  readonly effect: Maybe;
  readonly significance: Maybe;
  readonly summary: string;
  readonly expected: Maybe;
  readonly value: Maybe;
  readonly reference: string;
  readonly parts: readonly ExplanationPart[];
}

export interface IncidentsAnswer {
  readonly nowMs: number;
  readonly eventNowMs: number;
  readonly truncated: boolean;
  readonly incidents: readonly IncidentAnswer[];
}

export interface IncidentDetailAnswer extends IncidentAnswer {
  /** All that people said of it, the newest last. */
  readonly feedback: readonly FeedbackAnswer[];
  readonly notifications: readonly {
    readonly notifier: string;
    readonly state: IncidentState;
    readonly atMs: number;
    readonly outcome: "sent" | "failed";
    readonly detail: string;
  }[];
}
